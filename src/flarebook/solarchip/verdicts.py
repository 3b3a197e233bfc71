"""A claim's verdict from numbers with their uncertainty: supported, not supported, or undecided at this size."""

import numpy as np
import pandas as pd
from scipy import stats

from flarebook.compendium.errors import InputError

SUPPORTED, REFUTED, OPEN = "supported", "not supported", "undecided at this size"
COLUMNS = ("claim", "comparison", "score", "difference", "low", "high", "n", "margin", "verdict")


def verdict(difference, low, high, margin=0.0):
    """Word for the claim that something is better, from the difference to its reference and the interval of it.

    margin: smallest difference that would matter.  Supported: the whole interval lies above zero and reaches the
    margin.  Not supported: it lies below the margin, or below zero.  Undecided: it leaves both open, or is unknown.
    Raises InputError when the difference lies outside its interval, or for a negative margin.
    """
    if margin < 0:
        raise InputError(f"a margin of {margin} has no meaning: give the smallest gain that would matter, 0 or more")
    if not np.isfinite([difference, low, high]).all():
        return OPEN
    if not low <= difference <= high:
        raise InputError(f"the difference {difference:.3g} lies outside its interval [{low:.3g}, {high:.3g}]")
    if high < margin or high <= 0:
        return REFUTED
    return SUPPORTED if low > 0 else OPEN


def paired_interval(values, reference, level=0.95):
    """Mean of the paired differences and its interval by Student's t: (difference, low, high).

    values, reference: (n,) of the same seeds or blocks of dates in the same order.  With fewer than two pairs the
    interval is not a number.  Raises InputError for different lengths.
    """
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    if values.shape != reference.shape or values.ndim != 1:
        raise InputError(f"{values.size} values cannot be paired with {reference.size}: run both with the same seeds")
    change = values - reference
    mean = float(change.mean()) if change.size else np.nan
    if change.size < 2:
        return mean, np.nan, np.nan
    half = stats.t.ppf(0.5 + level / 2, change.size - 1) * change.std(ddof=1) / np.sqrt(change.size)
    return mean, float(mean - half), float(mean + half)


def judge(claim, comparison, score, values, reference, margin=0.0, level=0.95):
    """Row of the verdict table, as a dictionary of COLUMNS.

    claim: such as "2"; comparison: such as "+ CLS against reconstruction"; values, reference: (n,), paired.
    """
    difference, low, high = paired_interval(values, reference, level)
    word = verdict(difference, low, high, margin)
    row = (claim, comparison, score, difference, low, high, len(values), margin, word)
    return dict(zip(COLUMNS, row, strict=True))


def overall(words):
    """Verdict on a claim that needs all its parts: one refuted part refutes it, one open part leaves it open."""
    words = list(words)
    if REFUTED in words:
        return REFUTED
    return SUPPORTED if words and all(word == SUPPORTED for word in words) else OPEN


def claims(rows):
    """One row per claim from the rows of `judge`: claim, n_supported, n_refuted, n_open, verdict (of `overall`)."""
    groups = pd.DataFrame(rows, columns=list(COLUMNS)).groupby("claim", sort=False)["verdict"]
    counts = {"n_supported": SUPPORTED, "n_refuted": REFUTED, "n_open": OPEN}
    table = pd.DataFrame({name: groups.agg(lambda g, w=word: int((g == w).sum())) for name, word in counts.items()})
    return table.assign(verdict=groups.agg(overall)).reset_index()
