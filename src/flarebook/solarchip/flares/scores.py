"""Scores of flare forecasts, simulated, real or a user's own, and their uncertainty over days."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from flarebook.evaluation.bootstrap import BLOCK, block_weights, percentile_interval
from flarebook.evaluation.classification import check_classes, confusion, count_scores, ratio, reliability

COUNTED = ("tss", "hss", "f1", "precision", "recall")  # follow from the confusion matrix
SCORES = ("tss", "hss", "f1", "auc", "brier", "brier_skill")
NAMES = {
    "tss": "TSS",
    "hss": "HSS",
    "f1": "F1",
    "auc": "AUC",
    "brier": "Brier score",
    "brier_skill": "Brier skill",
    "precision": "precision",
    "recall": "recall",
}
VERIFIED = {  # score of `verify_forecast`: its name in tables
    "base_rate": "share of days with a flare",
    "brier": "Brier score",
    "brier_skill": "Brier skill",
    "auc": "AUC",
    "tss": "TSS at the base rate",
    "hss": "HSS at the base rate",
    "tss_best": "TSS at its best threshold",
    "hss_best": "HSS at its best threshold",
    "first_auc": "first flare after quiet: AUC",
    "first_hit": "first flare after quiet: share called",
    "first_alarm": "first flare after quiet: false alarms",
    "clear_given": "all-clear: share of quiet days",
    "clear_broken": "all-clear: share followed by a flare",
}
LEVEL = 0.95  # of the intervals
FEWEST = 5  # days behind a point of a reliability curve
QUIET = 7  # days without a flare, after which the next one is a first flare
DRAWS_AT_ONCE = 64  # of a bootstrap, so that 10,000 days take some 10 MB


def score_forecast(label: np.ndarray, probability: np.ndarray, threshold: float, base_rate: float) -> dict[str, float]:
    """Score a probabilistic flare forecast.

    Parameters
    ----------
    label : array_like of int, shape (n,)
        1 for days followed by a flare, else 0.
    probability : array_like, shape (n,)
        Forecast probability of a flare.
    threshold : float
        Probability from which a flare is called.
    base_rate : float
        Fraction of flaring training days, whose constant forecast has a Brier skill of 0.

    Returns
    -------
    dict of str to float
        tss (true skill statistic), hss (Heidke skill score), f1, precision, recall, auc, brier, brier_skill, log_loss.

    Raises
    ------
    InputError
        If the labels are of one class only.

    References
    ----------
    Bloomfield et al. 2012, ApJL 747, L41.

    Examples
    --------
    >>> from flarebook.solarchip import score_forecast
    >>> score_forecast([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9], threshold=0.5, base_rate=0.5)["auc"]
    1.0
    """
    check_classes(label, "the scored days")
    found = count_scores(**confusion(label, probability, threshold))
    brier = brier_score_loss(label, probability)
    return {name: float(found[name]) for name in COUNTED} | {
        "auc": float(roc_auc_score(label, probability)),
        "brier": float(brier),
        "brier_skill": float(1 - brier / np.mean((base_rate - np.asarray(label)) ** 2)),
        "log_loss": float(log_loss(label, np.clip(probability, 1e-6, 1 - 1e-6))),
    }


def resampled_scores(label, probability, threshold, base_rate, weights):
    """Scores of one forecast in every draw of days: {name: (n_draws,)}, NaN where a draw has one class only.

    weights: of `block_weights`; with ones for weights the values are those of `score_forecast`.  base_rate: None for
    the share of flaring days in each draw.
    """
    label = np.asarray(label).astype(bool)
    brier = weights @ (probability - label) ** 2
    if base_rate is None:
        share = (weights @ label / weights.sum(axis=1))[:, None]
        reference = (weights * (share - label) ** 2).sum(axis=1)
    else:
        reference = weights @ (base_rate - label) ** 2
    found = count_scores(**confusion(label, probability, threshold, weights))
    found = {name: found[name] for name in COUNTED} | {
        "auc": _resampled_auc(label, np.asarray(probability), weights),
        "brier": brier / weights.sum(axis=1),
        "brier_skill": 1 - ratio(brier, reference, np.nan),
    }
    both = (weights[:, label].sum(axis=1) > 0) & (weights[:, ~label].sum(axis=1) > 0)
    return {name: np.where(both, values, np.nan) for name, values in found.items()}


def _resampled_auc(label, probability, weights):
    """Probability that a flaring day has the higher forecast, ties counting half, in every draw: (n_draws,)."""
    order = np.argsort(probability, kind="stable")
    starts = np.flatnonzero(np.diff(probability[order], prepend=np.nan) != 0)  # of days with the same forecast
    found = []
    for rows in np.array_split(weights, -(-len(weights) // DRAWS_AT_ONCE)):
        flaring, quiet = (np.add.reduceat(rows[:, order] * kind[order], starts, axis=1) for kind in (label, ~label))
        won = (flaring * (np.cumsum(quiet, axis=1) - quiet / 2)).sum(axis=1)
        found.append(ratio(won, flaring.sum(axis=1) * quiet.sum(axis=1), np.nan))
    return np.concatenate(found)


def best_thresholds(label, probability):
    """Forecasts from which a call gives the largest TSS and the largest HSS on these very days: {score: threshold}."""
    label = np.asarray(label).astype(bool)
    alarm, hit, values = roc_curve(label, probability, drop_intermediate=False)
    alarm, hit, values = alarm[1:], hit[1:], values[1:]  # without calling nothing
    flaring, quiet = label.sum(), (~label).sum()
    found = count_scores(hit * flaring, alarm * quiet, (1 - alarm) * quiet, (1 - hit) * flaring)
    return {name: float(values[np.argmax(found[name])]) for name in ("tss", "hss")}


def days_after_quiet(times, label, quiet=QUIET):
    """Whether each day follows at least so many days in a row without a flare, all of them known: (n,) bool.

    times: (n,) days in order; label: (n,) of 0 and 1.
    """
    days = pd.DatetimeIndex(times).floor("D")
    flares = pd.Series(np.asarray(label, float), days).reindex(pd.date_range(days[0], days[-1]))
    return (flares.rolling(quiet).max().shift(1) == 0).reindex(days).to_numpy(bool)


def _verified(label, probability, first, thresholds, base_rate, weights):
    """Every score of VERIFIED in each draw of days: {score: (n_draws,)}.  first: (n,) bool, after a quiet stretch."""
    at_rate = resampled_scores(label, probability, thresholds["rate"], base_rate, weights)
    best = {
        f"{name}_best": count_scores(**confusion(label, probability, thresholds[name], weights))[name]
        for name in ("tss", "hss")
    }
    called, total = probability >= thresholds["rate"], weights.sum(axis=1)
    after = weights[:, first]
    onset, alarm = label[first], called[first]
    return {
        "base_rate": weights @ label / total,
        **{name: at_rate[name] for name in ("brier", "brier_skill", "auc", "tss", "hss")},
        **best,
        "first_auc": _resampled_auc(onset, probability[first], after) if first.any() else np.full(len(total), np.nan),
        "first_hit": ratio(after @ (onset & alarm), after @ onset, np.nan),
        "first_alarm": ratio(after @ (~onset & alarm), after @ ~onset, np.nan),
        "clear_given": ratio(weights @ (~label & ~called), weights @ ~label, np.nan),
        "clear_broken": ratio(weights @ (label & ~called), weights @ ~called, np.nan),
    }


def verify_forecast(times, label, probability, base_rate=None, quiet=QUIET, n_draws=1000, seed=1, block=BLOCK):
    """Score a record of daily forecasts, with intervals over blocks of days.

    Parameters
    ----------
    times : array_like of datetime, shape (n,)
        Starts of the forecasts' 24 hours, in order, one a day.
    label : array_like of int, shape (n,)
        1 for days with a flare, else 0.
    probability : array_like, shape (n,)
        Forecast probability, 0 to 1.
    base_rate : float, optional
        Share of flaring days that the forecaster knew: the reference of the Brier skill, and the threshold at which a
        flare is called.  Default, the share in the record itself.
    quiet : int
        Days without a flare before a first flare.
    n_draws, seed, block : int
        Draws, seed and days of a block of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns score, name, value, low, high (95 % interval), n (days that entered) and events (flares among these).
        The best thresholds are chosen on the scored days, so that their scores are upper limits.  An all-clear is a
        forecast below the base rate.

    Raises
    ------
    InputError
        If the labels are of one class only.

    References
    ----------
    Bloomfield et al. 2012, ApJL 747, L41; Kuensch 1989 (blocks).  First flares and all-clears after Camporeale and
    Berger 2025, arXiv 2508.01114; their definition here is ours.
    """
    check_classes(label, "the forecast days")
    label, probability = np.asarray(label).astype(bool), np.asarray(probability, float)
    first = days_after_quiet(times, label, quiet)
    rate = label.mean() if base_rate is None else base_rate
    thresholds = {"rate": rate} | best_thresholds(label, probability)
    weights = block_weights(len(label), n_draws, np.random.default_rng(seed), block)
    weights = np.vstack([np.ones(len(label)), weights])  # the record itself, then its draws
    samples = _verified(label, probability, first, thresholds, base_rate, weights)
    rows = []
    for score, name in VERIFIED.items():
        value, draws = float(samples[score][0]), samples[score][1:]
        ends = percentile_interval(draws, LEVEL) if np.isfinite(value) and np.isfinite(draws).any() else (np.nan,) * 2
        kept = first if score.startswith("first") else np.ones_like(first)
        rows.append((score, name, value, *ends, int(kept.sum()), int(label[kept].sum())))
    return pd.DataFrame(rows, columns=["score", "name", "value", "low", "high", "n", "events"])


def reliability_bins(label, probability, n_bins=10):
    """Observed share of flares against the forecast: DataFrame score, observed, n, low, high.

    Bins of fewer than FEWEST days join their neighbour; low, high: Wilson's interval of the observed share, 95 %.
    """
    table = merge_bins(reliability(label, probability, n_bins))
    hits = (table["observed"] * table["n"]).round().astype(int)
    ends = [binomtest(k, n).proportion_ci(LEVEL, "wilson") for k, n in zip(hits, table["n"], strict=True)]
    return table.assign(low=[end.low for end in ends], high=[end.high for end in ends])


def merge_bins(bins, fewest=FEWEST):
    """Bins in order, DataFrame score, observed, n: small ones join the next, a small last one the one before."""
    groups, group, n_days = [], 0, 0
    for n in bins["n"]:
        groups.append(group)
        n_days += n
        if n_days >= fewest:
            group, n_days = group + 1, 0
    groups = np.minimum(groups, max(group - 1, 0))  # an unfinished last group joins the one before
    means = bins[["score", "observed"]].mul(bins["n"], axis=0).groupby(groups).sum()
    n = bins["n"].groupby(groups).sum()
    return means.div(n, axis=0).assign(n=n)
