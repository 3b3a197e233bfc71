"""The claims on flares as differences: better than every baseline, and most so with few labels."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.flare_comparison import KEY, TAIL
from flarebook.solarchip.flare_methods import SCRATCH, TUNED, words
from flarebook.solarchip.verdicts import COLUMNS, verdict

FEW = 0.1  # share of the labels up to which they are few
MARGIN = 0.02  # smallest gain of a score that would matter to a forecaster
SKILL, FEW_LABELS = "3 (classification)", "4"  # claims of the abstract, as numbered in the book


def contrast(table, samples, score, weights):
    """Weighted sum of mean scores and its interval over test days and draws of labels: (difference, low, high).

    table: of `flare_comparison.summary`; samples: of `flare_comparison.bootstrap`; weights: {(method, fraction):
    weight}, such as 1 and -1.
    """
    means = table[table["score"] == score].set_index(KEY)["mean"]
    difference = float(sum(weight * means[key] for key, weight in weights.items()))
    drawn = sum(weight * samples[key][score] for key, weight in weights.items())
    low, high = np.nanquantile(drawn, [TAIL, 1 - TAIL])
    return difference, float(min(low, difference)), float(max(high, difference))


def judged(claim, name, comparison, score, found, n, margin):
    """Row of the verdict table: name, and {column: value} of verdicts.COLUMNS; found: (difference, low, high)."""
    values = (claim, comparison, score, *found, n, margin, verdict(*found, margin))
    return {"name": f"{name}.{score}"} | dict(zip(COLUMNS, values, strict=True))


def skill_rows(table, samples, chosen, references, score="tss", margin=MARGIN):
    """Is the chosen method better than each reference, all labels known?  A list of verdict rows.

    table, samples: as for `contrast`; margin: smallest gain of the score that would matter.
    """
    full = table["fraction"].max()
    rows = []
    for reference in references:
        found = contrast(table, samples, score, {(chosen, full): 1, (reference, full): -1})
        comparison = f"{words(chosen)} against {words(reference)}"
        name = f"chosen_less.{reference.rpartition('.')[2]}"
        rows.append(judged(SKILL, name, comparison, score, found, _number(table, chosen), margin))
    return rows


def few_label_rows(table, samples, backbones, score="tss", margin=MARGIN, few=FEW):
    """Is the gain of pretraining larger with few labels than with all?  A list of verdict rows.

    The gain is the score of the fine-tuned network less that of the same network from scratch; its mean over the shares
    up to `few` is compared with the gain at all labels.  Raises InputError when no share is that small.
    """
    fractions = sorted(table["fraction"].unique())
    small, full = [fraction for fraction in fractions if fraction <= few], fractions[-1]
    if not small:
        raise InputError(f"no share of the labels is {few:.0%} or less: add one to the fractions")
    rows = []
    for name in backbones:
        tuned, scratch = f"{name}.{TUNED}", f"{name}.{SCRATCH}"
        weights = {(tuned, full): -1, (scratch, full): 1}
        weights |= {(tuned, f): 1 / len(small) for f in small} | {(scratch, f): -1 / len(small) for f in small}
        found = contrast(table, samples, score, weights)
        comparison = f"{name}: gain at few labels less gain at all"
        name = f"few_less_all.{name}"
        rows.append(judged(FEW_LABELS, name, comparison, score, found, _number(table, tuned), margin))
    return rows


def gains(table, samples, backbones, scores=("tss", "auc")):
    """Gain of pretrained over random weights at every share of labels: DataFrame backbone, fraction, score, gain, ends.

    The columns low and high are the 95 % interval over test days and draws of labels.
    """
    rows = []
    for name in backbones:
        for fraction in sorted(table["fraction"].unique()):
            for score in scores:
                pair = {(f"{name}.{TUNED}", fraction): 1, (f"{name}.{SCRATCH}", fraction): -1}
                rows.append((name, fraction, score, *contrast(table, samples, score, pair)))
    return pd.DataFrame(rows, columns=["backbone", "fraction", "score", "gain", "low", "high"])


def _number(table, method):
    """How many draws of labels stand behind a method."""
    return int(table.loc[table["method"] == method, "n"].max())
