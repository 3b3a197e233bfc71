"""What a trained model relies on and how far its probabilities can be trusted."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

from flarebook.iris.classifiers.inference import ensemble_scores, n_members
from flarebook.iris.classifiers.protocol import one_member
from flarebook.iris.classifiers.splits import TEST

FALSE_ALARM_RATE = np.linspace(0, 1, 101)
# Figure 13 marks three thresholds p, q, r without their values; the paper's decision threshold stands in the middle.
MARKED_THRESHOLDS = {"p": 0.25, "q": 0.5, "r": 0.75}


def pooled_scores(scores, spectra, splits):
    """Test scores of all splits in one table: split, observation, label, score."""
    parts = []
    for i, score in enumerate(scores):
        rows = splits.rows(i, TEST, spectra)
        names = np.array(spectra.names)[spectra.observation[rows]]
        parts.append(pd.DataFrame({"split": i, "observation": names, "label": spectra.label[rows], "score": score}))
    return pd.concat(parts, ignore_index=True)


def roc_table(pooled):
    """ROC curve of each split on a common axis: DataFrame split, false_alarm_rate, hit_rate (Equation 8)."""
    parts = []
    for split, group in pooled.groupby("split"):
        alarm, hit, _ = roc_curve(group["label"], group["score"])
        curve = np.interp(FALSE_ALARM_RATE, alarm, hit)
        parts.append(pd.DataFrame({"split": split, "false_alarm_rate": FALSE_ALARM_RATE, "hit_rate": curve}))
    return pd.concat(parts, ignore_index=True)


def threshold_rates(pooled, thresholds=MARKED_THRESHOLDS):
    """Hit rate and false-alarm rate at marked thresholds: DataFrame name, threshold, false_alarm_rate, hit_rate."""
    rows = []
    for name, threshold in thresholds.items():
        called = (pooled["score"] >= threshold).groupby(pooled["label"]).mean()
        rows.append((name, threshold, called[0.0], called[1.0]))
    return pd.DataFrame(rows, columns=["name", "threshold", "false_alarm_rate", "hit_rate"])


def permutation_importance(weights, spectra, splits, rng, most_members=None):
    """Loss of AUC when one feature is dealt out at random among a member's test spectra.

    Returns a DataFrame feature, split, loss.  Unlike the F-score it sees what the trained model uses, correlated
    features included.
    """
    rows = []
    for i in range(min(n_members(weights), most_members or n_members(weights))):
        test, one = splits.rows(i, TEST, spectra), one_member(weights, i)
        features, label = spectra.features[test], spectra.label[test]
        full = roc_auc_score(label, ensemble_scores(one, features)[0])
        for j, feature in enumerate(spectra.columns):
            shuffled = features.copy()
            shuffled[:, j] = rng.permutation(features[:, j])
            rows.append((feature, i, full - roc_auc_score(label, ensemble_scores(one, shuffled)[0])))
    return pd.DataFrame(rows, columns=["feature", "split", "loss"])
