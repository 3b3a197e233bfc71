"""The six scores of a binary classification, pre-flare (1) against active region (0), as the paper defines them."""

import numpy as np
import pandas as pd
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
    """Confusion matrix elements TP, FP, TN, FN; a score at the threshold counts as pre-flare.

    label, score: (n,); weight: (n,), default one each.  Panos & Kleint 2020, section 4.2.
    """
    label, called = np.asarray(label).astype(bool), np.asarray(score) >= threshold
    weight = np.ones(len(label)) if weight is None else weight
    cells = {"TP": label & called, "FP": ~label & called, "TN": ~label & ~called, "FN": label & ~called}
    return {name: float(weight[cell].sum()) for name, cell in cells.items()}


def ratio(part, whole):
    """part / whole, and 0 where nothing was called, as scikit-learn does."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=np.asarray(whole) > 0)[()]


def precision(TP, FP, **_):
    """Share of the spectra called pre-flare that are (Equation 3)."""
    return ratio(TP, np.add(TP, FP))


def recall(TP, FN, **_):
    """Share of the pre-flare spectra that are called so (Equation 4)."""
    return ratio(TP, np.add(TP, FN))


def f1(TP, FP, FN, **_):
    """Harmonic mean of precision and recall (Equation 5)."""
    return ratio(np.multiply(2, TP), np.multiply(2, TP) + FP + FN)


def accuracy(TP, FP, TN, FN):
    """Share of correct calls (Equation 6)."""
    return ratio(np.add(TP, TN), np.add(TP, FP) + TN + FN)


def true_skill_statistic(TP, FP, TN, FN):
    """Recall less false-alarm rate: 1 perfect, 0 a random guess, -1 always wrong (Equation 7)."""
    return recall(TP, FN) - ratio(FP, np.add(FP, TN))


def scores_of_counts(counts):
    """The five scores that follow from a confusion matrix, {name: value}; counts may be arrays."""
    functions = {"tss": true_skill_statistic, "precision": precision, "recall": recall, "f1": f1, "accuracy": accuracy}
    return {name: function(**counts) for name, function in functions.items()}


def scores_of_rates(true_positive_rate, false_positive_rate):
    """The five scores at equal class weights from the two rates, vectorised: {name: array like the rates}."""
    hit, alarm = np.asarray(true_positive_rate), np.asarray(false_positive_rate)
    return scores_of_counts({"TP": hit, "FP": alarm, "TN": 1 - alarm, "FN": 1 - hit})


def ranking_probability(positive, negative):
    """Probability that a score of the first sample exceeds one of the second, ties counting half: the AUC.

    The same as scikit-learn's AUC (a test says so) without its labels and checks, for thousands of small samples.
    """
    negative = np.sort(negative)
    below = [np.searchsorted(negative, positive, side=side).mean() for side in ("left", "right")]
    return float(np.mean(below) / len(negative))


def six_metrics(label, score, threshold=THRESHOLD):
    """All six scores at equal class weights, {name: value}.

    label: (n,) of 0 and 1; score: (n,).  The paper holds the classes at equal numbers of spectra; the weights keep
    a small remaining difference from entering precision, F1 and accuracy.  AUC, TSS and recall do not depend on it.
    """
    counts = confusion(label, score, threshold, equal_class_weights(label))
    return scores_of_counts(counts) | {"auc": float(roc_auc_score(label, score))}


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
