"""Scores of flare forecasts, the threshold that turns a probability into a call, and their uncertainty over days."""

import numpy as np
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from flarebook.evaluation.classification import check_classes, confusion, count_scores

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


def score_forecast(label, probability, threshold, base_rate):
    """All scores of one forecast, {name: value}, from scikit-learn and the counts of calls.

    label, probability: (n,); threshold: of `best_threshold`; base_rate: share of flaring days in the training part,
    whose constant forecast has a Brier skill of 0.  Raises InputError for one class only.
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

    weights: of `block_weights`; with ones for weights the values are those of `score_forecast`.
    """
    label = np.asarray(label).astype(bool)
    brier = weights @ (probability - label) ** 2
    found = count_scores(**confusion(label, probability, threshold, weights))
    found = {name: found[name] for name in COUNTED} | {
        "auc": _resampled_auc(label, np.asarray(probability), weights),
        "brier": brier / weights.sum(axis=1),
        "brier_skill": 1 - brier / (weights @ (base_rate - label) ** 2),
    }
    both = (weights[:, label].sum(axis=1) > 0) & (weights[:, ~label].sum(axis=1) > 0)
    return {name: np.where(both, values, np.nan) for name, values in found.items()}


def _resampled_auc(label, probability, weights):
    """Probability that a flaring day has the higher forecast, ties counting half, in every draw: (n_draws,)."""
    flaring, quiet = weights[:, label], weights[:, ~label]
    difference = probability[label][:, None] - probability[~label][None]
    won = (difference > 0) + 0.5 * (difference == 0)
    with np.errstate(invalid="ignore"):  # draws of one class only
        return np.einsum("dp,pq,dq->d", flaring, won, quiet, optimize=True) / (flaring.sum(1) * quiet.sum(1))
