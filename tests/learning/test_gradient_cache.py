"""Accumulation with cached embeddings: the gradients are those of one large batch, plain accumulation's are not."""

import copy

import pytest
import torch

from flarebook.learning.gradient_cache import accumulate
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.losses import contrastive_terms


def vectors(model, dates):
    """Unit vectors of HMI and AIA 171 of dates (b, 2, h, w), and the tokens that they come from."""
    tokens = [model.encode(dates[:, [i]], channel) for i, channel in enumerate(("hmi", "171"))]
    return [part for one in tokens for part in model.project(one)], tokens


def contrast(model, cls_a, patch_a, cls_b, patch_b):
    """All three terms of a batch."""
    return sum(contrastive_terms(cls_a, cls_b, patch_a, patch_b, model.log_scales).values())


def redraw(model, dates, tokens):
    """Mean squared error of the drawn magnetograms."""
    return (model.decode(tokens[0], "hmi") - dates[:, [0]]).square().mean()


def gradients(model):
    """All gradients of a model in a row."""
    return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


@pytest.fixture(params=["vit-mini", "cnn-mini"])
def case(request):
    """A model, the same once more, and seven dates."""
    model = create_autoencoder(request.param)
    return model, copy.deepcopy(model), torch.randn(7, 2, 32, 32, generator=torch.Generator().manual_seed(1))


def test_pieces_give_the_gradients_of_one_large_batch(case):
    model, whole, dates = case
    embed, own = lambda piece: vectors(model, piece), lambda piece, tokens: redraw(model, piece, tokens)
    found = accumulate(dates.split(3), embed, lambda *parts: contrast(model, *parts), own)
    made, tokens = vectors(whole, dates)
    expected = contrast(whole, *made), redraw(whole, dates, tokens)
    sum(expected).backward()
    torch.testing.assert_close(torch.stack(found), torch.stack(expected).detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradients(model), gradients(whole), rtol=1e-3, atol=1e-5)
    assert all(scale.grad.abs() > 0 for scale in model.log_scales.values())


def test_plain_accumulation_has_another_gradient(case):
    model, whole, dates = case
    for piece in dates[:6].split(3):
        (contrast(model, *vectors(model, piece)[0]) / 2).backward()
    contrast(whole, *vectors(whole, dates[:6])[0]).backward()
    off = (gradients(model) - gradients(whole)).norm() / gradients(whole).norm()
    assert off > 0.1


def test_pieces_learn_in_mixed_precision_too(case):
    model, whole, dates = case
    with torch.autocast("cpu", torch.bfloat16):
        accumulate(dates.split(3), lambda piece: vectors(model, piece), lambda *parts: contrast(model, *parts))
        loss = contrast(whole, *vectors(whole, dates)[0])
    loss.backward()
    off = (gradients(model) - gradients(whole)).norm() / gradients(whole).norm()
    assert off < 0.1
