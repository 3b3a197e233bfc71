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
