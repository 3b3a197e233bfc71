"""Gradient accumulation that keeps the negatives of the whole batch: embeddings first, derivatives by micro-batch.

Plain accumulation contrasts each small batch within itself, so it has fewer negatives and another loss.  Here the
vectors of all micro-batches are computed without derivatives and contrasted once; each micro-batch is then run again
with the gradients of its own vectors.  The gradient is that of the one large batch, for a second forward pass
(Gao et al. 2021, arXiv 2101.06983).
"""

import torch


def accumulate(micro_batches, embed, contrast, own=None, backward=torch.Tensor.backward):
    """Add the gradients of one large batch to the parameters, with the memory of one micro-batch.

    micro_batches: tensors whose first axes together are the batch; embed(part): ((vectors with that first axis, ...),
    further input of `own`); contrast(*vectors): scalar loss of the whole batch; own(part, besides): scalar mean loss of
    a micro-batch by itself, such as its reconstruction; backward(loss): how to derive, such as Fabric's backward.
    embed must give the same twice: augment before, no dropout.  Returns (contrast, own), detached, of the whole batch.
    Use single precision or bfloat16: the scaled losses of float16 would be scaled twice.
    """
    with torch.no_grad():
        vectors = [torch.cat(parts) for parts in zip(*(embed(part)[0] for part in micro_batches), strict=True)]
    total, gradients = _gradients(vectors, contrast, backward)
    lengths = [len(part) for part in micro_batches]
    alone = torch.zeros_like(total)
    for part, gradient in zip(micro_batches, zip(*(one.split(lengths) for one in gradients), strict=True), strict=True):
        made, besides = embed(part)
        loss = sum((one * two).sum() for one, two in zip(made, gradient, strict=True))
        if own is not None:
            share = own(part, besides) * len(part) / sum(lengths)
            loss, alone = loss + share, alone + share.detach()
        backward(loss)
    return total, alone


def _gradients(vectors, contrast, backward):
    """Loss of the whole batch and its gradients by the vectors; temperatures get their gradients here."""
    vectors = [part.requires_grad_() for part in vectors]
    loss = contrast(*vectors)
    backward(loss)
    return loss.detach(), [torch.zeros_like(part) if part.grad is None else part.grad for part in vectors]
