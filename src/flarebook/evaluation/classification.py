"""Scores of a binary classification: from probabilities, from calls, and from counts of all draws of a bootstrap."""

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score, roc_curve

from flarebook.compendium.errors import InputError

METRICS = ("tss", "precision", "recall", "f1", "accuracy", "auc")
THRESHOLD = 0.5  # Panos & Kleint 2020, section 4.2


def equal_class_weights(label):
    """Weight of each spectrum such that both classes weigh one half, whatever their numbers.

    label: (n,) of 0 and 1.  Returns (n,), sum 1.  Raises InputError when a class is empty.
    """
    label = np.asarray(label).astype(bool)
    positive = label.sum()
    if not 0 < positive < len(label):
        raise InputError("The scores need pre-flare and active-region spectra, but one class is empty: draw both.")
    return np.where(label, 0.5 / positive, 0.5 / (len(label) - positive))


def confusion(label, score, threshold=THRESHOLD, weight=None):
    """Count the confusion matrix TP, FP, TN, FN: {name: float, or (n_draws,)}; a score at the threshold is positive.

    label, score: (n,); weight: (n,) or, for all draws of a bootstrap at once, (n_draws, n); default one each.
    scikit-learn's confusion_matrix takes one draw at a time: 500 draws of 200 days last seconds there, 1 ms here.
    """
    label, called = np.asarray(label).astype(bool), np.asarray(score) >= threshold
    weight = np.ones(len(label)) if weight is None else weight
    cells = {"TP": label & called, "FP": ~label & called, "TN": ~label & ~called, "FN": label & ~called}
    return {name: weight @ cell for name, cell in cells.items()}


def ratio(part, whole, undefined=0.0):
    """part / whole element by element, and `undefined` where whole is 0 (scikit-learn's zero_division)."""
    out = np.full(np.broadcast(part, whole).shape, float(undefined))
    return np.divide(part, whole, out=out, where=np.asarray(whole) > 0)[()]


def count_scores(TP, FP, TN, FN, undefined=0.0):
    """Compute the scores of a confusion matrix: {tss, hss, precision, recall, f1, accuracy}, shaped like the counts.

    TP, FP, TN, FN: numbers or arrays (n_draws,); undefined: value of a ratio of nothing, such as the precision when
    nothing is called positive.  tss, the true skill statistic, is recall less false-alarm rate: 1 perfect, 0 a random
    guess, -1 always wrong.  hss, the Heidke skill score, is the share of right calls beyond what chance gets right.
    Panos & Kleint 2020, equations 3 to 7; Bloomfield et al. 2012.  A test sets them against scikit-learn.
    """
    TP, FP, TN, FN = (np.asarray(count, float) for count in (TP, FP, TN, FN))
    recall = ratio(TP, TP + FN, undefined)
    chance = (TP + FN) * (FN + TN) + (TP + FP) * (FP + TN)
    return {
        "tss": recall - ratio(FP, FP + TN, undefined),
        "hss": ratio(2 * (TP * TN - FP * FN), chance, undefined),
        "precision": ratio(TP, TP + FP, undefined),
        "recall": recall,
        "f1": ratio(2 * TP, 2 * TP + FP + FN, undefined),
        "accuracy": ratio(TP + TN, TP + FP + TN + FN, undefined),
    }


def scores_of_rates(true_positive_rate, false_positive_rate):
    """Compute `count_scores` at equal class weights from the two rates: {name: array like the rates}."""
    hit, alarm = np.asarray(true_positive_rate), np.asarray(false_positive_rate)
    return count_scores(hit, alarm, 1 - alarm, 1 - hit)


def ranking_probability(positive, negative):
    """Compute the probability that a positive's score exceeds a negative's, ties counting half: the AUC, a float.

    positive: (n,); negative: (m,).  The same as roc_auc_score and mannwhitneyu (a test sets them side by side), which
    take 40 times as long for the thousands of small samples here.  Mann & Whitney 1947.
    """
    return float(share_below(positive, negative).mean())


def share_below(values, others):
    """Compute the share of the others below each value, ties counting half: (n,).  values: (n,); others: (m,)."""
    others = np.sort(others)
    return (np.searchsorted(others, values, "left") + np.searchsorted(others, values, "right")) / (2 * len(others))


def six_metrics(label, score, threshold=THRESHOLD):
    """All six scores at equal class weights, {name: value}.

    label: (n,) of 0 and 1; score: (n,).  The paper holds the classes at equal numbers of spectra; the weights keep
    a small remaining difference from entering precision, F1 and accuracy.  AUC, TSS and recall do not depend on it.
    """
    values = count_scores(**confusion(label, score, threshold, equal_class_weights(label)))
    return {name: float(values[name]) for name in METRICS[:-1]} | {"auc": float(roc_auc_score(label, score))}


def reliability(label, score, n_bins=10):
    """Share of pre-flare spectra among those of similar score: DataFrame score, observed, n.

    A calibrated model lies on the diagonal.  Empty bins are left out.
    """
    observed, mean = calibration_curve(label, score, n_bins=n_bins)
    inner = np.linspace(0, 1, n_bins + 1)[1:-1]
    numbers = np.bincount(np.searchsorted(inner, score), minlength=n_bins)  # an edge as scikit-learn takes it
    return pd.DataFrame({"score": mean, "observed": observed, "n": numbers[numbers > 0]})


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
