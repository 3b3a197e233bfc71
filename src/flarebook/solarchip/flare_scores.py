"""Scores of flare forecasts, the threshold that turns a probability into a call, and their uncertainty over days."""

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from flarebook.compendium.errors import InputError
from flarebook.iris.metrics import confusion, f1, precision, ratio, recall, true_skill_statistic

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
BLOCK = 14  # days of a block: half a rotation, after which other regions face the Earth


def check_classes(label, part, question="a flare"):
    """Refuse labels of one class only, and days without one, which are neither quiet nor flaring.

    label: (n,) of 0 and 1; part: such as "the test days"; question: what label 1 says.  Raises InputError.
    """
    if unknown := int(pd.isna(np.asarray(label)).sum()):
        raise InputError(f"{unknown} of {part}, {len(label)}, have no label: leave them out (flare_baselines)")
    label = np.asarray(label).astype(bool)
    if not label.any() or label.all():
        kind = "none" if not label.any() else "every one"
        raise InputError(
            f"of {part}, {len(label)}, {kind} is followed by {question}, so that there is nothing to tell apart: "
            "take more days, another split or another class of flare"
        )


def heidke_skill_score(TP, FP, TN, FN):
    """Share of calls right beyond what chance gets right, 1 perfect, 0 a random guess: HSS of Bloomfield et al. 2012.

    Counts may be arrays; 0 where all days are of one class and called so.
    """
    TP, FP, TN, FN = (np.asarray(count, float) for count in (TP, FP, TN, FN))
    return ratio(2 * (TP * TN - FP * FN), (TP + FN) * (FN + TN) + (TP + FP) * (FP + TN))


def best_threshold(label, probability):
    """Probability from which a flare is called such that TSS is largest; of equally good ones the middle.

    label, probability: (n,), of the validation days and never of the test days.  It lies half way between two
    forecasts, or at the only one there is.  Raises InputError for one class only.
    """
    check_classes(label, "the days on which the threshold is chosen")
    alarm, hit, values = roc_curve(label, probability, drop_intermediate=False)
    tss, middle = (hit - alarm)[1:-1], (values[1:-1] + values[2:]) / 2  # neither nothing nor everything called
    if not len(tss):
        return float(values[-1])
    best = np.flatnonzero(tss >= tss.max() - 1e-12)
    return float(middle[best[len(best) // 2]])


def scores(label, probability, threshold, base_rate):
    """All scores of one forecast, {name: value}, from scikit-learn and the counts of calls.

    label, probability: (n,); threshold: of `best_threshold`; base_rate: share of flaring days in the training part,
    whose constant forecast has a Brier skill of 0.  Raises InputError for one class only.
    """
    check_classes(label, "the scored days")
    counts = confusion(label, probability, threshold)
    brier = brier_score_loss(label, probability)
    return _of_counts(counts) | {
        "auc": float(roc_auc_score(label, probability)),
        "brier": float(brier),
        "brier_skill": float(1 - brier / np.mean((base_rate - np.asarray(label)) ** 2)),
        "log_loss": float(log_loss(label, np.clip(probability, 1e-6, 1 - 1e-6))),
    }


def _of_counts(counts):
    """Scores that follow from the confusion matrix; counts may be arrays."""
    functions = {"tss": true_skill_statistic, "hss": heidke_skill_score, "f1": f1}
    return {name: score(**counts) for name, score in (functions | {"precision": precision, "recall": recall}).items()}


def block_weights(n_days, n_draws, rng, block=BLOCK):
    """How often each day counts in each draw of a moving-block bootstrap: (n_draws, n_days) whole numbers.

    Blocks of neighbouring days, since the same regions are in view for a fortnight; they go round the end, so that
    every day has the same chance.  Each draw has n_days days.  Kuensch 1989.
    """
    block = min(block, max(1, n_days // 3))
    starts = rng.integers(n_days, size=(n_draws, -(-n_days // block)))
    days = (starts[..., None] + np.arange(block)).reshape(n_draws, -1)[:, :n_days] % n_days
    weights = np.zeros((n_draws, n_days))
    np.add.at(weights, (np.arange(n_draws)[:, None], days), 1)
    return weights


def drawn_scores(label, probability, threshold, base_rate, weights):
    """Scores of one forecast in every draw of days: {name: (n_draws,)}, NaN where a draw has one class only.

    weights: of `block_weights`; with ones for weights the values are those of `scores`.
    """
    label = np.asarray(label).astype(bool)
    called = np.asarray(probability) >= threshold
    cells = {"TP": label & called, "FP": ~label & called, "TN": ~label & ~called, "FN": label & ~called}
    counts = {name: weights @ cell for name, cell in cells.items()}
    brier = weights @ (probability - label) ** 2
    found = _of_counts(counts) | {
        "auc": _drawn_auc(label, np.asarray(probability), weights),
        "brier": brier / weights.sum(axis=1),
        "brier_skill": 1 - brier / (weights @ (base_rate - label) ** 2),
    }
    both = (weights[:, label].sum(axis=1) > 0) & (weights[:, ~label].sum(axis=1) > 0)
    return {name: np.where(both, values, np.nan) for name, values in found.items()}


def _drawn_auc(label, probability, weights):
    """Probability that a flaring day has the higher forecast, ties counting half, in every draw: (n_draws,)."""
    flaring, quiet = weights[:, label], weights[:, ~label]
    difference = probability[label][:, None] - probability[~label][None]
    won = (difference > 0) + 0.5 * (difference == 0)
    with np.errstate(invalid="ignore"):  # draws of one class only
        return np.einsum("dp,pq,dq->d", flaring, won, quiet, optimize=True) / (flaring.sum(1) * quiet.sum(1))
