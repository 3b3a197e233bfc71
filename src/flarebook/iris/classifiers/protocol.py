"""The paper's protocol: every model on every split, as tables of scores with spread and confidence."""

import numpy as np
import pandas as pd

from flarebook.evaluation.bootstrap import percentile_interval, resample_rows
from flarebook.evaluation.classification import METRICS, THRESHOLD, ranking_probability, scores_of_rates, six_metrics
from flarebook.iris.classifiers.inference import ensemble_scores, n_members
from flarebook.iris.classifiers.splits import TEST

# Panos & Kleint 2020, conclusion 4; bars of the other models are drawn in Figure 12 without numbers.
PAPER_B = {"tss": 0.57, "precision": 0.78, "recall": 0.77, "f1": 0.77, "accuracy": 0.80, "auc": 0.86}


def one_member(weights, index):
    """Weights of one member, still with the members' axis: {name: (1, ...)}."""
    return {name: value[index : index + 1] for name, value in weights.items()}


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
    rows = []
    for i, score in enumerate(scores):
        values = six_metrics(spectra.label[splits.rows(i, TEST, spectra)], score)
        rows += [(model, i, selection, metric, values[metric]) for metric in METRICS]
    return pd.DataFrame(rows, columns=["model", "split", "selection", "metric", "value"])


def summarise_splits(table):
    """Mean, standard deviation and number of splits by model, selection and metric."""
    groups = table.groupby(["model", "selection", "metric"], sort=False)["value"]
    return groups.agg(mean="mean", sd=lambda values: values.std(ddof=0), n="size").reset_index()


def selection_gain(table, model="B"):
    """What choosing the epoch on the test set adds: paired difference test - validation, mean and sd by metric."""
    wide = table[table["model"] == model].pivot(index=["metric", "split"], columns="selection", values="value")
    groups = (wide["test"] - wide["validation"]).groupby("metric", sort=False)
    return groups.agg(["mean", "std"]).reindex(METRICS).reset_index()


def observation_rates(scores, spectra, splits):
    """How each observation fares when it is in the test set.

    Returns a DataFrame observation, positive, n_splits, called (share of its spectra scored pre-flare), mean score.
    """
    parts = []
    for i, score in enumerate(scores):
        which = spectra.observation[splits.rows(i, TEST, spectra)]
        parts.append(pd.DataFrame({"code": which, "called": score >= THRESHOLD, "score": score, "split": i}))
    means = pd.concat(parts).groupby(["code", "split"]).mean().groupby("code")
    table = means.mean().assign(n_splits=means.size()).reset_index()
    table.insert(0, "observation", np.array(spectra.names)[table["code"]])
    table.insert(1, "positive", spectra.positive[table["code"]])
    return table.drop(columns="code")


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


def confidence_ranges(draws, level=0.68):
    """Central range that holds `level` of the draws: DataFrame metric, low, high."""
    low, high = percentile_interval(draws, level)
    return pd.DataFrame({"metric": draws.columns, "low": low, "high": high})
