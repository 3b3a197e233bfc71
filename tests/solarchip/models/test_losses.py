"""The contrastive terms are those of a plain double loop, in single precision and in bfloat16."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from flarebook.compendium.errors import InputError
from flarebook.solarchip.models.losses import FIRST_SCALE, contrastive_terms

SCALES = {"cls": torch.tensor(FIRST_SCALE), "patch": torch.tensor(2.0), "intra": torch.tensor(3.0)}


def unit_vectors(*shape, seed=1, dtype=torch.float32):
    """Random vectors of unit length that want gradients."""
    made = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return normalize(made, dim=-1).to(dtype).requires_grad_()


def two_modalities(b=5, places=7, p=12, dtype=torch.float32):
    """cls_a, cls_b, patch_a, patch_b of a batch."""
    shapes = ((b, p), (b, p), (b, places, p), (b, places, p))
    return [unit_vectors(*shape, seed=seed, dtype=dtype) for seed, shape in enumerate(shapes)]


def one_by_one(a, b, log_scale):
    """Contrast of two sets of n vectors, cosine by cosine, in double precision."""
    cosines = [[(x.double() * y.double()).sum() for y in b] for x in a]
    logits = torch.stack([torch.stack(row) for row in cosines]) * log_scale.double().exp()
    right = torch.arange(len(logits))
    return (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2


def looped(cls_a, cls_b, patch_a, patch_b, log_scales):
    """The three terms by loops over positions and dates."""
    places, dates = range(patch_a.shape[1]), range(len(patch_a))
    patch = [one_by_one(patch_a[:, place], patch_b[:, place], log_scales["patch"]) for place in places]
    intra = [one_by_one(patch_a[date], patch_b[date], log_scales["intra"]) for date in dates]
    cls = one_by_one(cls_a, cls_b, log_scales["cls"])
    return {"cls": cls, "patch": torch.stack(patch).mean(), "intra": torch.stack(intra).mean()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_terms_and_their_slopes_are_those_of_a_plain_loop(dtype):
    vectors = two_modalities(dtype=dtype)
    found, expected = contrastive_terms(*vectors, SCALES), looped(*vectors, SCALES)
    for term in expected:
        assert found[term].item() == pytest.approx(expected[term].item(), rel=1e-5)
    slopes = torch.autograd.grad(sum(found.values()), vectors)
    rounding = 2e-2 if dtype == torch.bfloat16 else 1e-4  # a derivative by a bfloat16 number is one itself
    for one, two in zip(slopes, torch.autograd.grad(sum(expected.values()), vectors), strict=True):
        torch.testing.assert_close(one, two, rtol=rounding, atol=rounding * two.abs().max().item())


def test_temperatures_learn_as_in_a_plain_loop():
    scales = [{term: value.clone().requires_grad_() for term, value in SCALES.items()} for _ in range(2)]
    for learned, terms in zip(scales, (contrastive_terms, looped), strict=True):
        sum(terms(*two_modalities(), learned).values()).backward()
    for term in SCALES:
        torch.testing.assert_close(scales[0][term].grad, scales[1][term].grad, rtol=1e-4, atol=1e-6)


def test_large_matrices_have_the_same_slopes():
    vectors = [part.detach().requires_grad_() for part in two_modalities(b=2, places=130, p=70)]
    loss = contrastive_terms(*vectors, SCALES, terms=("intra",))["intra"]
    logits = SCALES["intra"].exp() * vectors[2] @ vectors[3].mT
    right = torch.arange(130).expand(2, -1)
    expected = (cross_entropy(logits, right) + cross_entropy(logits.mT, right)) / 2
    torch.testing.assert_close(loss, expected)
    for one, two in zip(*(torch.autograd.grad(value, vectors[2:]) for value in (loss, expected)), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-7)


def test_mixed_precision_does_not_round_the_cosines():
    vectors = two_modalities()
    hot = dict.fromkeys(SCALES, torch.tensor(math.log(100)))
    expected = contrastive_terms(*vectors, hot)
    with torch.autocast("cpu", torch.bfloat16):
        found = contrastive_terms(*vectors, hot)
    for term in expected:
        assert found[term].item() == pytest.approx(expected[term].item(), rel=1e-6)


def test_equal_vectors_of_unlike_dates_leave_no_loss_and_shuffled_ones_a_large_one():
    cls, patches = torch.eye(6), torch.eye(24).reshape(6, 4, 24)
    paired = contrastive_terms(cls, cls, patches, patches, SCALES)
    assert all(value < 1e-2 for term, value in paired.items() if term != "patch")
    shuffled = contrastive_terms(cls, cls.roll(1, 0), patches, patches.roll(1, 0), SCALES)
    assert shuffled["cls"] > 10 and shuffled["patch"] > 5


def test_vectors_that_say_nothing_cost_the_logarithm_of_the_number_of_choices():
    same = torch.ones(8, 1), torch.ones(8, 1), torch.ones(8, 16, 1), torch.ones(8, 16, 1)
    found = contrastive_terms(*same, SCALES)
    for term, choices in (("cls", 8), ("patch", 8), ("intra", 16)):
        assert found[term].item() == pytest.approx(math.log(choices), rel=1e-5)


def test_scale_stops_at_one_hundred():
    vectors = two_modalities()
    limit, beyond = (dict.fromkeys(SCALES, torch.tensor(value)) for value in (math.log(100), 9.0))
    assert contrastive_terms(*vectors, beyond) == contrastive_terms(*vectors, limit)


def test_each_term_looks_only_at_its_own_granularity():
    cls_a, cls_b, patch_a, patch_b = two_modalities()
    before = contrastive_terms(cls_a, cls_b, patch_a, patch_b, SCALES)
    dates = torch.tensor([1, 0, 2, 3, 4])  # two dates change places in both modalities: nothing to notice
    moved = contrastive_terms(cls_a, cls_b, patch_a[dates], patch_b[dates], SCALES)
    torch.testing.assert_close(moved, before)
    other = contrastive_terms(cls_b, cls_b, patch_a, patch_b, SCALES)
    assert other["cls"] < before["cls"] and other["patch"] == before["patch"] and other["intra"] == before["intra"]


def test_only_the_wanted_terms_are_made():
    assert list(contrastive_terms(*two_modalities(), SCALES, terms=("patch",))) == ["patch"]


def test_batch_of_one_has_no_negatives():
    alone = two_modalities(b=1)
    with pytest.raises(InputError, match="batch of one date has no other dates.*at least two"):
        contrastive_terms(*alone, SCALES)
    assert contrastive_terms(*alone, SCALES, terms=("intra",))["intra"] > 0


def test_terms_of_another_name_are_refused():
    with pytest.raises(InputError, match="no contrastive term 'cross'.*cls, patch, intra"):
        contrastive_terms(*two_modalities(), SCALES, terms=("cross",))
