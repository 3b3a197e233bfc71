"""Every method on every draw of labels: forecasts of the test days, their scores with uncertainty, paired verdicts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import block_weights, percentile_interval
from flarebook.evaluation.classification import best_threshold, check_classes
from flarebook.solarchip.flares.methods import CLIMATOLOGY, NO_VALIDATION, UPPER_BOUND, display_name, family
from flarebook.solarchip.flares.scores import (
    LEVEL,
    NAMES,
    SCORES,
    reliability_bins,
    resampled_scores,
    score_forecast,
)

PARTS = ("train", "validation", "test")
GATED = ("tss", "auc", "brier_skill")
KEY = ["method", "fraction"]
BOUNDED = ("tss", "auc", "brier", "brier_skill")  # scores that the true rate leads in expectation


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of the test days.

    rows: DataFrame method, fraction, draw, threshold, validation_loss; test: (n_rows, n_test) probabilities; label:
    (n_test,); base_rate: share of flaring days among all training days.
    """

    rows: pd.DataFrame
    test: np.ndarray
    label: np.ndarray
    base_rate: float

    def mean(self, method, fraction=1.0):
        """Mean forecast over the draws of a method, (n_test,)."""
        chosen = (self.rows["method"] == method) & (self.rows["fraction"] == fraction)
        return self.test[chosen.to_numpy()].mean(axis=0)


def split_positions(days, column="label_m", question="a flare of M1.0 or above within 24 h"):
    """Positions of the training, validation and test days: {part: (n,)}.

    days: table with split and the label's column; days without a label belong to no part.  Raises InputError when a
    part has days of one class only.
    """
    parts = {part: np.flatnonzero((days["split"] == part) & days[column].notna()) for part in PARTS}
    for part, rows in parts.items():
        check_classes(days[column].iloc[rows].to_numpy(int), f"the {part} days", question)
    return parts


def run_forecasts(forecasters, label, parts, draws, truth=None, seed=1):
    """Run every forecaster on every draw of labels, with thresholds from the validation days.

    forecasters: {method: function of (positions of known days, seed)}; label: (n,); draws: of `label_subsets`, of
    the training days; truth: (n,) true probabilities, the upper bound, forecast once: its threshold is their mean over
    the test days, which for true probabilities gives the largest TSS to be expected.  So does the share of flaring days
    for good ones, the threshold of a method to which no validation label is known.  Returns Forecasts.
    """
    rows, tests = [], []
    for method, forecaster in forecasters.items():
        for (fraction, draw), known in draws.items():
            probability = forecaster(parts["train"][known], seed + draw)
            validation = label[parts["validation"]], probability[parts["validation"]]
            loss = log_loss(validation[0], np.clip(validation[1], 1e-6, 1 - 1e-6), labels=[0, 1])
            base_rate = label[parts["train"][known]].mean()
            threshold = base_rate if family(method) == NO_VALIDATION else best_threshold(*validation)
            rows.append((method, fraction, draw, threshold, loss))
            tests.append(probability[parts["test"]])
    if truth is not None:
        tests.append(truth[parts["test"]])
        rows.append((UPPER_BOUND, 1.0, 0, tests[-1].mean(), np.nan))
    table = pd.DataFrame(rows, columns=["method", "fraction", "draw", "threshold", "validation_loss"])
    return Forecasts(table, np.array(tests), label[parts["test"]], float(label[parts["train"]].mean()))


def score_table(forecasts):
    """Scores of each forecast: the rows of `Forecasts` with a column per score."""
    scores = [
        score_forecast(forecasts.label, probability, threshold, forecasts.base_rate)
        for probability, threshold in zip(forecasts.test, forecasts.rows["threshold"], strict=True)
    ]
    return pd.concat([forecasts.rows, pd.DataFrame(scores)], axis=1).assign(n_days=len(forecasts.label))


def bootstrap_scores(forecasts, rng, n_draws=500, block=14):
    """Mean scores of each method and fraction when test days and draws of labels are drawn anew: paired samples.

    Test days are drawn in blocks, draws of labels with replacement; both are the same for all methods and fractions, so
    that differences pair.  Of k draws of labels, k - 1 are taken: taking k would make the error of their mean too small
    by (k - 1) / k in its square (Rao and Wu 1988).  Returns {(method, fraction): {score: (n_draws,)}}.
    """
    weights = block_weights(len(forecasts.label), n_draws, rng, block)
    k = int(forecasts.rows["draw"].max()) + 1
    subsets = rng.integers(k, size=(n_draws, max(1, k - 1)))
    samples = {}
    for key, rows in forecasts.rows.groupby(KEY, sort=False):
        each = [
            resampled_scores(forecasts.label, forecasts.test[i], row.threshold, forecasts.base_rate, weights)
            for i, row in zip(rows.index, rows.itertuples(), strict=True)
        ]
        values = {name: np.stack([scores[name] for scores in each], axis=1) for name in SCORES}  # (n_draws, subsets)
        picked = subsets % len(each)
        samples[key] = {name: np.take_along_axis(v, picked, axis=1).mean(axis=1) for name, v in values.items()}
    return samples


def summarize_scores(table, samples):
    """Mean and standard deviation over label subsets, and the interval over days and subsets, of every score.

    table: of `score_table`; samples: of `bootstrap_scores`.  Returns a DataFrame: method, fraction, score, mean, sd,
    low, high, n (subsets), n_days (test days); sd is missing for a single subset.  The upper bound has the scores of
    BOUNDED only, because its threshold is optimal for TSS and not for the other scores.
    """
    rows = []
    for (method, fraction), group in table.groupby(KEY, sort=False):
        for score in BOUNDED if method == UPPER_BOUND else SCORES:
            ends = percentile_interval(samples[method, fraction][score], LEVEL)
            sd = group[score].std(ddof=1) if len(group) > 1 else np.nan
            rows.append((method, fraction, score, group[score].mean(), sd, *ends, len(group), group["n_days"].iloc[0]))
    return pd.DataFrame(rows, columns=[*KEY, "score", "mean", "sd", "low", "high", "n", "n_days"])


def best_on_validation(rows, methods):
    """Method with the smallest mean log loss on the validation days when all labels are known."""
    full = rows[(rows["fraction"] == rows["fraction"].max()) & rows["method"].isin(methods)]
    if full.empty:
        raise InputError(f"none of {', '.join(methods)} has a forecast: run one of them")
    return full.groupby("method")["validation_loss"].mean().idxmin()


def mean_score(table, method, score):
    """Mean score of a method with all labels."""
    full = table[(table["fraction"] == table["fraction"].max()) & (table["method"] == method)]
    return float(full.set_index("score").loc[score, "mean"])


def overview_table(table):
    """Means of all scores with all labels, one row per method, best AUC on top."""
    full = table[table["fraction"] == table["fraction"].max()]
    wide = full.pivot(index="method", columns="score", values="mean")[list(SCORES)].sort_values("auc", ascending=False)
    return wide.rename(index=display_name, columns=NAMES).rename_axis(index=None, columns=None)


def gated_metrics(table, samples, few=0.1):
    """What a gate watches, yielded as (name, mean, standard error over test days and draws of labels).

    TSS, AUC and Brier skill of every method with all labels but climatology, whose scores are constant, and TSS and AUC
    with the share `few` of the labels.
    """
    for row in table[table["score"].isin(GATED)].itertuples():
        error = float(np.nanstd(samples[row.method, row.fraction][row.score]))
        if row.fraction == table["fraction"].max() and row.method != CLIMATOLOGY:
            yield f"{row.method}.{row.score}", row.mean, error
        elif row.fraction == few and row.method != CLIMATOLOGY and row.score != "brier_skill":
            yield f"{row.method}.few_labels.{row.score}", row.mean, error


def reliability_table(forecasts, methods, n_bins=5):
    """Observed frequency of flares against the forecast: DataFrame method, score, observed, n, low, high.

    Forecasts are means over draws with all labels; bins of fewer than FEWEST days join their neighbour; low, high:
    Wilson's interval of the observed share, 95 %.
    """
    tables = [
        reliability_bins(forecasts.label, np.clip(forecasts.mean(method), 0, 1), n_bins).assign(method=method)
        for method in methods
    ]
    return pd.concat(tables, ignore_index=True)
