"""The claims on flares as differences: better than every baseline, and most so with few labels."""

from itertools import product

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import percentile_interval
from flarebook.evaluation.claims import COLUMNS, UNDECIDED, assess
from flarebook.solarchip.flares.comparison import KEY, LEVEL, mean_score
from flarebook.solarchip.flares.methods import FROZEN, TUNED, UNTRAINED, WITH_AIA, display_name

FEW = 0.1  # share of the labels up to which they are few
MARGIN = 0.02  # smallest gain of a score that would matter to a forecaster
SKILL = "3 (classification)"  # claims of the abstract, as numbered in the book
FEW_LABELS = {TUNED: "4 (fine-tuned)", FROZEN: "4 (frozen)"}
FEWEST = 3  # draws of labels for a word: fewer do not tell how much the draws matter


def score_difference(table, samples, score, weights):
    """Weighted sum of mean scores and its interval over test days and draws of labels: (difference, low, high).

    table: of `summarize_scores`; samples: of `bootstrap_scores`; weights: {(method, fraction):
    weight}, such as 1 and -1.
    """
    means = table[table["score"] == score].set_index(KEY)["mean"]
    difference = float(sum(weight * means[key] for key, weight in weights.items()))
    low, high = percentile_interval(sum(weight * samples[key][score] for key, weight in weights.items()), LEVEL)
    return difference, float(min(low, difference)), float(max(high, difference))


def _claim_row(table, samples, score, margin, weights, **texts):
    """Row of the verdict table: name, the columns of evaluation.claims, and draws.

    table, samples, score, weights: as for `score_difference`, the method of the claim first; texts: name, claim,
    comparison.  Fewer than FEWEST draws decide nothing, nor does an interval without width, which is what forecasts
    that differ nowhere give.
    """
    difference = score_difference(table, samples, score, weights)
    n_days, draws = table.loc[table["method"] == next(iter(weights))[0], ["n_days", "n"]].max().astype(int)
    undecided = draws < FEWEST or difference[1] == difference[2]
    verdict = UNDECIDED if undecided else assess(*difference, margin)
    values = (texts["claim"], texts["comparison"], score, *difference, int(n_days), margin, verdict)
    return {"name": f"{texts['name']}.{score}"} | dict(zip(COLUMNS, values, strict=True)) | {"draws": int(draws)}


def skill_rows(table, samples, chosen, references, score="auc", margin=MARGIN):
    """Is the chosen method better than each reference, all labels known?  A list of verdict rows.

    table, samples: as for `score_difference`; margin: smallest gain of the score that would matter.
    """
    full, rows = table["fraction"].max(), []
    for reference in references:
        name = f"chosen_less.{reference.rpartition('.')[2]}"
        comparison = f"{display_name(chosen)} against {display_name(reference)}"
        weights = {(chosen, full): 1, (reference, full): -1}
        rows.append(_claim_row(table, samples, score, margin, weights, claim=SKILL, name=name, comparison=comparison))
    return rows


def few_label_rows(table, samples, backbones, score="auc", margin=MARGIN, few=FEW):
    """Does pretraining gain with few labels, and more than with all?  A list of verdict rows, two per way and backbone.

    The gain is the score of the fine-tuned, or frozen, pretrained network less that of the same network used the same
    way with random weights (UNTRAINED); its mean over the shares up to `few` must be above zero, and above the gain at
    all labels: losing less with few is no gain.  Raises InputError when no share is that small.
    """
    fractions = sorted(table["fraction"].unique())
    small, full = [fraction for fraction in fractions if fraction <= few], fractions[-1]
    if not small:
        raise InputError(f"no share of the labels is {few:.0%} or less: add one to the fractions")
    rows = []
    for (way, claim), backbone in product(FEW_LABELS.items(), backbones):
        pretrained, random = f"{backbone}.{way}", f"{backbone}.{UNTRAINED[way]}"
        gain = {(pretrained, f): 1 / len(small) for f in small} | {(random, f): -1 / len(small) for f in small}
        more = gain | {(pretrained, full): -1, (random, full): 1}
        suffix = "" if way == TUNED else f".{way}"
        for weights, name, text in (
            (gain, f"few_gain.{way}.{backbone}", "gain at few labels"),
            (more, f"few_less_all.{backbone}{suffix}", "that gain less gain at all"),
        ):
            texts = {"claim": claim, "name": name, "comparison": f"{display_name(pretrained)}: {text}"}
            rows.append(_claim_row(table, samples, score, margin, weights, **texts))
    return rows


def pretraining_gains(table, samples, backbones, scores=("tss", "auc")):
    """Gain of pretrained over random weights, used the same way, at every share of labels.

    Returns a DataFrame backbone, way (fine-tuned or frozen), fraction, score, gain, low, high: the latter two are the
    95 % interval over test days and draws of labels.
    """
    rows = []
    for name, way, score in product(backbones, FEW_LABELS, scores):
        for fraction in sorted(table["fraction"].unique()):
            pair = {(f"{name}.{way}", fraction): 1, (f"{name}.{UNTRAINED[way]}", fraction): -1}
            rows.append((name, way, fraction, score, *score_difference(table, samples, score, pair)))
    return pd.DataFrame(rows, columns=["backbone", "way", "fraction", "score", "gain", "low", "high"])


def coronal_gains(table, samples, backbones, scores=("auc", "brier_skill", "tss")):
    """What coronal channels add to the magnetogram with all labels: frozen features of both less those of one.

    table, samples: as for `score_difference`, of the days with images of all channels.  Returns a DataFrame backbone,
    score, hmi, with_aia, gain, low, high, n_days; low, high: 95 % interval over test days and draws, paired.
    """
    full, rows = table["fraction"].max(), []
    for name, score in product(backbones, scores):
        more, less = f"{name}.{WITH_AIA}", f"{name}.{FROZEN}"
        gain = score_difference(table, samples, score, {(more, full): 1, (less, full): -1})
        means = mean_score(table, less, score), mean_score(table, more, score)
        rows.append((name, score, *means, *gain, int(table["n_days"].max())))
    return pd.DataFrame(rows, columns=["backbone", "score", "hmi", "with_aia", "gain", "low", "high", "n_days"])
