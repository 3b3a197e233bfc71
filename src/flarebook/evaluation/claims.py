"""Tests of claims: supported, not supported, or undecided at this size, from differences with their uncertainty."""

import numpy as np
import pandas as pd
from scipy import stats

from flarebook.compendium.errors import InputError

SUPPORTED, REFUTED, UNDECIDED = "supported", "not supported", "undecided at this size"
COLUMNS = ("claim", "comparison", "score", "difference", "low", "high", "n", "margin", "verdict")
AGAINST = "p_against"  # probability of so small a difference, or a smaller one, if the claim's gain were just real
CORRECTED = "p_corrected"  # the same after Holm's method
LEVEL = 0.95
ROUNDING = 1e-9  # of the largest value: differences that vary by less are equal, whatever the processor rounds
CHANCE_FACTOR = 1.5  # times the chance level of its own question, from which a model has begun to learn
FEWEST = 3  # pairs for a word: with two, one lucky draw fills or empties the interval


def assess(difference, low, high, margin=0.0):
    """Assess the claim that something is better, from the difference to its reference and the interval of it.

    difference, low, high: floats in the unit of the score.  Returns SUPPORTED, REFUTED or UNDECIDED.
    margin: smallest difference that would matter.  Supported: the whole interval lies above zero and reaches the
    margin.  Not supported: it lies below the margin, or below zero.  Undecided: it leaves both open, is unknown, or has
    no width, which is what scores that did not vary at all give.
    Raises InputError when the difference lies outside its interval, or for a negative margin.
    """
    if margin < 0:
        raise InputError(f"`margin` must be >= 0 (the smallest relevant gain); got {margin}")
    if not np.isfinite([difference, low, high]).all() or low == high == difference:
        return UNDECIDED
    if not low <= difference <= high:
        raise InputError(f"the difference {difference:.3g} lies outside its interval [{low:.3g}, {high:.3g}]")
    if high < margin or high <= 0:
        return REFUTED
    return SUPPORTED if low > 0 else UNDECIDED


def above_chance(score, chance):
    """Whether a model answers its own question clearly better than chance; one that does not decides no claim.

    score, chance: of the same question, such as the share of dates found; floats, or arrays of which all have to.
    """
    return bool((np.asarray(score) >= CHANCE_FACTOR * np.asarray(chance)).all())


def paired_interval(values, reference, level=LEVEL, overlap=0.0):
    """Compute the mean of the paired differences and its interval by Student's t: (difference, low, high).

    values, reference: (n,) of the same seeds or blocks of dates in the same order; either may be one number for all n.
    overlap: of random splits of the same data, which are not independent, the number of test units for each training
    one; the variance 1/n of the mean then becomes 1/n + overlap (Nadeau & Bengio 2003).  With fewer than two pairs the
    interval is not a number; differences that are equal but for rounding give one without width.  Raises InputError for
    different lengths.
    """
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    if 0 in (values.ndim, reference.ndim):
        values, reference = np.broadcast_arrays(values, reference)
    if values.shape != reference.shape or values.ndim != 1:
        raise InputError(f"{values.size} values cannot be paired with {reference.size}: run both with the same seeds")
    change = values - reference
    mean = float(change.mean()) if change.size else np.nan
    scale = np.abs([values, reference]).max(initial=0)
    if change.size < 2 or np.ptp(change) <= ROUNDING * scale:  # ttest_rel divides by the standard error
        return (mean, *[np.nan if change.size < 2 else mean] * 2)
    low, high = stats.ttest_rel(values, reference).confidence_interval(level)
    widened = np.sqrt(1 + change.size * overlap)
    return mean, float(mean + (low - mean) * widened), float(mean + (high - mean) * widened)


def equality_p(difference, high, n, level=LEVEL):
    """Two-sided p of no difference, from the mean and the upper end of a `paired_interval` of n pairs; equal values: 1.

    Student's t with n - 1 degrees of freedom.
    """
    error = (high - difference) / stats.t(n - 1).ppf(0.5 + level / 2)
    if not error > 0:
        return 1.0 if abs(difference) <= ROUNDING else np.nan
    return float(2 * stats.t(n - 1).sf(abs(difference) / error))


def assess_pairs(claim, comparison, score, values, reference, margin=0.0, level=LEVEL, overlap=0.0):
    """Assess one comparison: a dictionary of COLUMNS and AGAINST; fewer than FEWEST pairs decide nothing.

    claim: such as "2"; comparison: such as "+ CLS against reconstruction"; values, reference, overlap: as of
    `paired_interval`.
    """
    difference, low, high = paired_interval(values, reference, level, overlap)
    n = np.broadcast(values, reference).size
    word = assess(difference, low, high, margin) if n >= FEWEST else UNDECIDED
    row = dict(zip(COLUMNS, (claim, comparison, score, difference, low, high, n, margin, word), strict=True))
    return row | {AGAINST: _against(difference, high, margin, stats.t(max(n - 1, 1)), level)}


def _against(difference, high, margin, shape, level=LEVEL):
    """One-sided p of the gain `margin` from the upper end of an interval: below (1 - level) / 2 where it lies above."""
    error = (high - difference) / shape.ppf(0.5 + level / 2)
    return float(shape.sf((margin - difference) / error)) if error > 0 else np.nan


def holm(probabilities):
    """Adjust p values for being several by Holm's step-down method (Holm 1979): (n,); missing ones stay so.

    statsmodels gives the same, but collects all garbage of the process at each call, 60 ms and more.
    """
    adjusted = np.array(probabilities, float)
    order = np.argsort(adjusted)[: np.isfinite(adjusted).sum()]  # NaN are sorted last
    steps = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted[order] * steps), 1)
    return adjusted


def correct_claims(rows):
    """Correct rows of `assess_pairs` for their number: a table in which "not supported" holds for all parts together.

    One refuted part refutes a claim, so among many parts one may do so by luck: Holm's method guards the parts of each
    claim.  Support needs every part, which luck does not give, and is not corrected.  Rows without AGAINST, such as
    those from a bootstrap, are read as normal.  Further columns are kept; CORRECTED joins them.
    """
    table = pd.DataFrame(rows)
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, *COLUMNS, AGAINST])))
    own = [_against(row.difference, row.high, row.margin, stats.norm) for row in table.itertuples()]
    table[AGAINST] = pd.to_numeric(table[AGAINST]).fillna(pd.Series(own, index=table.index, dtype=float))
    adjusted = table.groupby("claim", sort=False)[AGAINST].transform(holm)
    lucky = (table["verdict"] == REFUTED) & (adjusted >= (1 - LEVEL) / 2)
    return table.assign(**{"verdict": table["verdict"].mask(lucky, UNDECIDED), CORRECTED: adjusted})


def assess_parts(words):
    """Assess a claim that needs all its parts: one refuted part refutes it, one undecided part leaves it undecided."""
    words = list(words)
    if REFUTED in words:
        return REFUTED
    return SUPPORTED if words and all(word == SUPPORTED for word in words) else UNDECIDED


def summarize_claims(rows):
    """Summarise rows of `assess_pairs`, a row per claim: claim, n_supported, n_refuted, n_undecided, verdict."""
    groups = correct_claims(rows).groupby("claim", sort=False)["verdict"]
    counts = {"n_supported": SUPPORTED, "n_refuted": REFUTED, "n_undecided": UNDECIDED}
    table = pd.DataFrame({name: groups.agg(lambda g, w=word: int((g == w).sum())) for name, word in counts.items()})
    return table.assign(verdict=groups.agg(assess_parts)).reset_index()
