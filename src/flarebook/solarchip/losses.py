"""Contrast between co-temporal pictures at three granularities: whole disk, same place, places of one disk."""

import math

import torch

from flarebook.compendium.errors import InputError

TERMS = ("cls", "patch", "intra")
FIRST_SCALE, LARGEST_SCALE = math.log(1 / 0.07), math.log(100)  # of the learned temperatures, as in CLIP


def info_nce(logits):
    """Mean cross-entropy of the rows and of the columns of square matrices (..., n, n) against their diagonals."""
    right = logits.diagonal(dim1=-2, dim2=-1)
    return ((logits.logsumexp(-1) + logits.logsumexp(-2)) / 2 - right).mean()


def contrastive_terms(cls_a, cls_b, patch_a, patch_b, log_scales, terms=TERMS):
    """The contrastive losses between two modalities of the same dates, {term: scalar} in single precision.

    cls_a, cls_b: unit vectors (b, p) of whole pictures; patch_a, patch_b: unit vectors (b, L, p) of their patches;
    log_scales: {term: logarithm of the scale}, clamped to log 100; terms: those wanted.
    "cls": dates against dates; "patch": dates against dates at each position, mean over positions; "intra": positions
    against positions at each date, mean over dates.  Raises InputError for a batch of one, which has no negatives.
    """
    if len(cls_a) < 2 and {"cls", "patch"} & set(terms):
        raise InputError(
            "a batch of one date has no other dates to be told from: take at least two, or the intra term alone"
        )
    pairs = {"cls": ("ic,jc->ij", cls_a, cls_b), "patch": ("ilc,jlc->lij", patch_a, patch_b)}
    pairs["intra"] = ("blc,bmc->blm", patch_a, patch_b)
    with torch.autocast(cls_a.device.type, enabled=False):  # a cosine in bfloat16 is off by .004, times a scale of 100
        return {
            term: info_nce(scale(log_scales[term]) * torch.einsum(equation, a.float(), b.float()))
            for term, (equation, a, b) in pairs.items()
            if term in terms
        }


def scale(log_scale):
    """Factor before the cosines, at most 100."""
    return log_scale.float().clamp(max=LARGEST_SCALE).exp()
