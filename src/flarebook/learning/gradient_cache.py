"""Gradient accumulation that keeps the negatives of the whole batch: embeddings first, derivatives piece by piece.

Plain accumulation contrasts each small batch within itself, so it has fewer negatives and another loss.  Here the
vectors of all pieces are made without derivatives, contrasted once, and each piece is then run again with the slopes of
its own vectors.  The gradient is that of the one large batch, for a second forward pass (Gao et al. 2021, arXiv
2101.06983).
"""

import torch


def accumulate(pieces, embed, contrast, own=None, backward=torch.Tensor.backward):
    """Add the gradients of one large batch to the parameters, with the memory of one piece.

    pieces: tensors whose first axes together are the batch; embed(piece): ((vectors with that first axis, ...), what
    `own` wants besides); contrast(*vectors): scalar loss of the whole batch; own(piece, besides): scalar mean loss of a
    piece by itself, such as its reconstruction; backward(loss): how to derive, Lightning's manual_backward in a module.
    embed must give the same twice: augment before, no dropout.  Returns (contrast, own), detached, of the whole batch.
    Use single precision or bfloat16: the scaled losses of float16 would be scaled twice.
    """
    with torch.no_grad():
        vectors = [torch.cat(parts) for parts in zip(*(embed(piece)[0] for piece in pieces), strict=True)]
    total, slopes = _slopes(vectors, contrast, backward)
    lengths = [len(piece) for piece in pieces]
    alone = torch.zeros_like(total)
    for piece, slope in zip(pieces, zip(*(part.split(lengths) for part in slopes), strict=True), strict=True):
        made, besides = embed(piece)
        loss = sum((one * two).sum() for one, two in zip(made, slope, strict=True))
        if own is not None:
            share = own(piece, besides) * len(piece) / sum(lengths)
            loss, alone = loss + share, alone + share.detach()
        backward(loss)
    return total, alone


def _slopes(vectors, contrast, backward):
    """Loss of the whole batch and its derivatives by the vectors; temperatures get their gradients here."""
    vectors = [part.requires_grad_() for part in vectors]
    loss = contrast(*vectors)
    backward(loss)
    return loss.detach(), [torch.zeros_like(part) if part.grad is None else part.grad for part in vectors]
