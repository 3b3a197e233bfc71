"""InfoNCE losses between co-temporal images: full disk, same patch across dates, and patches within one disk."""

import math

import torch
from torch.nn.functional import cross_entropy

from flarebook.compendium.errors import InputError

TERMS = ("cls", "patch", "intra")
FIRST_SCALE = math.log(1 / 0.07)  # logarithm of the factor before a cosine before training, as in CLIP
LARGEST_SCALE = math.log(100)  # logarithm of the largest factor before a cosine, as in CLIP


def contrastive_terms(cls_a, cls_b, patch_a, patch_b, log_scales, terms=TERMS):
    """The contrastive losses between two modalities of the same dates, {term: scalar} in single precision.

    cls_a, cls_b: unit vectors (b, p) of whole images; patch_a, patch_b: unit vectors (b, L, p) of their patches;
    log_scales: {term: logarithm of the scale}, clamped to log 100; terms: those wanted.
    "cls": dates against dates; "patch": dates against dates at each position, mean over positions; "intra": positions
    against positions at each date, mean over dates.  Raises InputError for a batch of one, which has no negatives.
    """
    check_terms(terms, len(cls_a))
    pairs = {"cls": (cls_a, cls_b), "intra": (patch_a, patch_b)}
    pairs["patch"] = patch_a.transpose(0, 1), patch_b.transpose(0, 1)  # positions first, each with its own dates
    return {term: info_nce(*pairs[term], log_scales[term]) for term in terms}


def info_nce(a, b, log_scale):
    """Return the mean cross-entropy, over rows and columns, of scaled cosines against the matching pairs.

    a, b: unit vectors (..., n, p), a[..., i, :] matches b[..., i, :]; log_scale: logarithm of the factor before the
    cosines, clamped to log 100.  The mean is also over the leading axes.  Mixed precision is switched off: a cosine in
    bfloat16 is off by .004, times 100.
    """
    with torch.autocast(a.device.type, enabled=False):
        scale = log_scale.float().clamp(max=LARGEST_SCALE).exp()
        a, b = (part.float().reshape(-1, *part.shape[-2:]) for part in (a, b))
        logits = (scale * a) @ b.mT
    targets = torch.arange(logits.shape[-1], device=logits.device).expand(len(logits), -1)
    return (cross_entropy(logits, targets) + cross_entropy(logits.mT, targets)) / 2


def check_terms(terms, n_dates):
    """InputError for an unknown term, and for a batch of one where dates are told from dates."""
    unknown = [term for term in terms if term not in TERMS]
    if unknown:
        raise InputError(f"there is no contrastive term {unknown[0]!r}: known are {', '.join(TERMS)}")
    if n_dates < 2 and {"cls", "patch"} & set(terms):
        raise InputError(
            "a batch of one date has no other dates to be told from: take at least two, or the intra term alone"
        )
