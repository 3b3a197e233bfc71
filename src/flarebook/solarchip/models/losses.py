"""Contrast between co-temporal pictures at three granularities: whole disk, same place, places of one disk."""

import math

from flarebook.compendium.errors import InputError
from flarebook.learning.infonce import info_nce

TERMS = ("cls", "patch", "intra")
FIRST_SCALE = math.log(1 / 0.07)  # logarithm of the factor before a cosine before training, as in CLIP


def contrastive_terms(cls_a, cls_b, patch_a, patch_b, log_scales, terms=TERMS):
    """The contrastive losses between two modalities of the same dates, {term: scalar} in single precision.

    cls_a, cls_b: unit vectors (b, p) of whole pictures; patch_a, patch_b: unit vectors (b, L, p) of their patches;
    log_scales: {term: logarithm of the scale}, clamped to log 100; terms: those wanted.
    "cls": dates against dates; "patch": dates against dates at each position, mean over positions; "intra": positions
    against positions at each date, mean over dates.  Raises InputError for a batch of one, which has no negatives.
    """
    check(terms, len(cls_a))
    pairs = {"cls": (cls_a, cls_b), "intra": (patch_a, patch_b)}
    pairs["patch"] = patch_a.transpose(0, 1), patch_b.transpose(0, 1)  # positions first, each with its own dates
    return {term: info_nce(*pairs[term], log_scales[term]) for term in terms}


def check(terms, n_dates):
    """InputError for an unknown term, and for a batch of one where dates are told from dates."""
    unknown = [term for term in terms if term not in TERMS]
    if unknown:
        raise InputError(f"there is no contrastive term {unknown[0]!r}: known are {', '.join(TERMS)}")
    if n_dates < 2 and {"cls", "patch"} & set(terms):
        raise InputError(
            "a batch of one date has no other dates to be told from: take at least two, or the intra term alone"
        )
