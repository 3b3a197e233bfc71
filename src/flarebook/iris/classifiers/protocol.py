"""The paper's protocol: every model on every split, its scores with spread and confidence, and what it relies on."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

from flarebook.evaluation.bootstrap import percentile_interval, resample_rows
from flarebook.evaluation.classification import METRICS, THRESHOLD, ranking_probability, scores_of_rates, six_metrics
from flarebook.iris.classifiers.inference import ensemble_scores, n_members, one_member
from flarebook.iris.classifiers.splits import TEST

# Panos & Kleint 2020, conclusion 4; bars of the other models are drawn in Figure 12 without numbers.
PAPER_B = {"tss": 0.57, "precision": 0.78, "recall": 0.77, "f1": 0.77, "accuracy": 0.80, "auc": 0.86}
FALSE_ALARM_RATE = np.linspace(0, 1, 101)
# Figure 13 marks three thresholds p, q, r without their values; the paper's decision threshold stands in the middle.
MARKED_THRESHOLDS = {"p": 0.25, "q": 0.5, "r": 0.75}


def test_scores(weights, spectra, splits):
    """Scores that each member gives to the test spectra of its split, list of (n_test,) arrays."""
    return [
        ensemble_scores(one_member(weights, i), spectra.features[splits.rows(i, TEST, spectra)])[0]
        for i in range(n_members(weights))
    ]


test_scores.__test__ = False  # a step of the protocol, not a test for pytest to collect


def score_table(model, selection, scores, spectra, splits):
    """The six scores of each split: DataFrame model, split, selection, metric, value.

    scores: list of (n_test,), in the order of `splits.rows(i, TEST, spectra)`.
    """
    rows = [
        (model, i, selection, metric, value)
        for i, score in enumerate(scores)
        for metric, value in six_metrics(spectra.label[splits.rows(i, TEST, spectra)], score).items()
    ]
    return pd.DataFrame(rows, columns=["model", "split", "selection", "metric", "value"])


def summarise_splits(table, by=("model", "selection", "metric")):
    """Mean, standard deviation and number of values over splits, or over their networks, by groups of a table."""
    groups = table.groupby(list(by), sort=False)["value"]
    return groups.agg(mean="mean", sd=lambda values: values.std(ddof=0), n="size").reset_index()


def selection_gain(table, model="B"):
    """What choosing the epoch on the test set adds: paired difference test - validation, mean and sd by metric."""
    wide = table[table["model"] == model].pivot(index=["metric", "split"], columns="selection", values="value")
    groups = (wide["test"] - wide["validation"]).groupby("metric", sort=False)
    return groups.agg(["mean", "std"]).reindex(METRICS).reset_index()


def observation_rates(scores, spectra, splits):
    """How each observation fares when it is in the test set.

    Returns a DataFrame observation, positive, called (share of its spectra scored pre-flare), mean score, n_splits.
    """
    pooled = pooled_scores(scores, spectra, splits)
    pooled = pooled.assign(positive=pooled["label"] == 1, called=pooled["score"] >= THRESHOLD)
    units = ["observation", "positive"]
    means = pooled.groupby([*units, "split"])[["called", "score"]].mean().groupby(units)
    return means.mean().assign(n_splits=means.size()).reset_index()


def pair_aucs(scores, spectra, splits):
    """Mean AUC of each PF observation against each AR observation over the splits that test both.

    Returns (n_observations, n_observations), NaN where the two never met; row PF, column AR.
    """
    total, met = np.zeros((2, len(spectra.names), len(spectra.names)))
    for i, score in enumerate(scores):
        which = spectra.observation[splits.rows(i, TEST, spectra)]
        groups = {code: score[which == code] for code in np.unique(which)}
        for p in (code for code in groups if spectra.positive[code]):
            for a in (code for code in groups if not spectra.positive[code]):
                total[p, a] += ranking_probability(groups[p], groups[a])
                met[p, a] += 1
    return np.divide(total, met, out=np.full(total.shape, np.nan), where=met > 0)


def bootstrap_observations(rates, aucs, spectra, rng, n_draws=2000):
    """Scores of redrawn sets of observations: the splits share observations, so their spread is not a confidence range.

    rates: of `observation_rates`; aucs: of `pair_aucs`.  Returns the scores of each draw, (n_draws, 6).
    """
    called = rates.set_index("observation")["called"].reindex(spectra.names).to_numpy()
    positive, negative = np.flatnonzero(spectra.positive), np.flatnonzero(~spectra.positive)
    draws = []
    for hit, alarm in zip(*(resample_rows(len(side), n_draws, rng) for side in (positive, negative)), strict=True):
        hit, alarm = positive[hit], negative[alarm]
        draws.append((np.nanmean(called[hit]), np.nanmean(called[alarm]), np.nanmean(aucs[np.ix_(hit, alarm)])))
    hits, alarms, auc = np.transpose(draws)
    return pd.DataFrame(scores_of_rates(hits, alarms) | {"auc": auc})[list(METRICS)]


def confidence_ranges(draws):
    """Central range that holds 68 % of the draws: DataFrame metric, low, high."""
    low, high = percentile_interval(draws)
    return pd.DataFrame({"metric": draws.columns, "low": low, "high": high})


def pooled_scores(scores, spectra, splits):
    """Test scores of all splits in one table: split, observation, label, score."""
    rows = [splits.rows(i, TEST, spectra) for i in range(len(scores))]
    tested = np.concatenate(rows)
    columns = {"split": np.repeat(np.arange(len(rows)), [len(one) for one in rows])}
    columns |= {"observation": np.array(spectra.names)[spectra.observation[tested]], "label": spectra.label[tested]}
    return pd.DataFrame({**columns, "score": np.concatenate(scores)})


def roc_table(pooled):
    """ROC curve of each split on a common axis: DataFrame split, false_alarm_rate, hit_rate (Equation 8)."""
    parts = []
    for split, group in pooled.groupby("split"):
        alarm, hit, _ = roc_curve(group["label"], group["score"])
        curve = np.interp(FALSE_ALARM_RATE, alarm, hit)
        parts.append(pd.DataFrame({"split": split, "false_alarm_rate": FALSE_ALARM_RATE, "hit_rate": curve}))
    return pd.concat(parts, ignore_index=True)


def threshold_rates(pooled):
    """Hit rate and false-alarm rate at the marked thresholds: DataFrame name, threshold, false_alarm_rate, hit_rate."""
    rows = []
    for name, threshold in MARKED_THRESHOLDS.items():
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
