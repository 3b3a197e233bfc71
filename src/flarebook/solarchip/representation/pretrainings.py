"""Several pretrainings of each backbone: the shipped table of their scores, its spread, and the fingerprint control."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import UNDECIDED, above_chance
from flarebook.solarchip.datasets.hidden_parts import OUTLINE, QUIET_MASKED, REGIONS_MASKED, WHOLE, measure_mask
from flarebook.solarchip.representation.scores import HEADLINE, MEAN_PROBE, score_model

FILE = files("flarebook.solarchip") / "data" / "pretraining_seeds.csv"
SCRIPT = "python -m scripts.solarchip.score_pretrainings"
COLUMNS = ("backbone", "hidden", "seed", "images", "score", "value", "chance")
RECALL = "recall@1, neighbouring days"
SCORES = {  # name in the table of scores: in a metric
    RECALL: "recall",
    HEADLINE: "mapped_recall",
    "patch date, neighbouring days": "patch_date",
    "place by content": "place",
    MEAN_PROBE: "probe",
    "crossed probe, mean": "crossed",
}
PARTS = (WHOLE, QUIET_MASKED, REGIONS_MASKED, OUTLINE)
HIDDEN = {"nothing": "whole Sun", "quiet": "without the quiet Sun", "content": "outlines alone"}  # what a training saw
SHARED = 2  # line above the table that holds the settings of all its trainings
HALF = 0.5  # of the recall above chance: what a cue must give to be called enough, or to be called needed


def score_parts(model, dates, channels, device="cpu"):
    """Scores of one network where parts of the Sun are hidden: DataFrame images, score, value, chance.

    model: SolarChip; dates: EvaluationSet, whose training dates give the mean images; channels: AIA channels set
    against HMI.
    """
    tables = []
    for part in PARTS:
        mask = measure_mask(dates.images[dates.train], part)
        table = score_model(model, replace(dates, images=mask.apply(dates.images)), channels, device=device)
        tables.append(table[table["score"].isin(SCORES)].assign(images=part))
    return pd.concat(tables, ignore_index=True)[["images", "score", "value", "chance"]]


def pretraining_table(path=FILE):
    """Scores of the pretrainings, a DataFrame of COLUMNS, or None when no table ships.

    Raises InputError for a file that is something else.
    """
    path = Path(str(path))
    if not path.is_file():
        return None
    table = pd.read_csv(path, comment="#")
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path} is not a table of pretrainings: make it anew with `{SCRIPT}`")
    return table


def pretraining_conditions(path=FILE):
    """What all trainings of the table share, from the lines above it: {name: words}, "image" and "steps" among them."""
    with open(str(path), encoding="utf-8") as file:
        shared = [line for line in file if line.startswith("# ")][SHARED]
    return dict(part.split(" ", 1) for part in shared.removeprefix("# ").strip().split("; "))


def summarize_pretrainings(table):
    """Mean, standard deviation and number of pretrainings of every score: DataFrame.

    table: of `pretraining_table`.  One training has no deviation.
    """
    numbers = {"mean": ("value", "mean"), "sd": ("value", "std"), "n": ("value", "count"), "chance": ("chance", "mean")}
    return table.groupby(["backbone", "hidden", "images", "score"], sort=False).agg(**numbers).reset_index()


def gated_metrics(summary):
    """Yield the gated numbers, (name, mean, standard deviation, number of pretrainings).

    They are all scores of the whole disk for the networks that saw it, and the recall of every network and part.
    """
    for row in summary.itertuples():
        if row.score == RECALL:
            part = row.images.replace(" ", "_").lower()
            yield f"{row.backbone}.hidden_{row.hidden}.{part}", row.mean, row.sd, row.n
        elif row.hidden == "nothing" and row.images == WHOLE:
            yield f"{row.backbone}.{SCORES[row.score]}", row.mean, row.sd, row.n


def overview_table(summary):
    """Whole-disk scores of the networks that saw the whole Sun, mean ± deviation: a row per backbone."""
    return _cells(summary.query("hidden == 'nothing' and images == @WHOLE"), ["backbone"], "score", SCORES)


def fingerprint_table(summary):
    """Recall of the date, mean ± deviation: a row per backbone and what its training saw, a column per hidden part."""
    own = summary[summary["score"] == RECALL]
    return _cells(own.assign(hidden=own["hidden"].replace(HIDDEN)), ["backbone", "hidden"], "images", PARTS)


def _cells(rows, index, column, order):
    """Table of "mean ± sd" in the given order of columns; a mean of one training stands alone."""
    cells = rows["mean"].map("{:.2f}".format) + rows["sd"].map(lambda sd: "" if np.isnan(sd) else f" ± {sd:.2f}")
    wide = rows.assign(cell=cells).pivot_table(index=index, columns=column, values="cell", aggfunc="first", sort=False)
    return wide[[name for name in order if name in wide]]


def judge_fingerprint(table, backbone):
    """Is the quiet network what pairs the images of a date?  One of the verdicts below, as words of a sentence.

    table: of `pretraining_table`.  It compares, above chance, the recall of the trainings that saw the whole Sun
    with those that never saw the quiet Sun, each on images as in its training, and with the outline alone.
    """
    found = table[(table["backbone"] == backbone) & (table["score"] == RECALL)]
    rows = found.groupby(["hidden", "images"])[["value", "chance"]].mean()
    if ("quiet", QUIET_MASKED) not in rows.index or ("nothing", WHOLE) not in rows.index:
        return UNDECIDED
    whole, hidden, outline = (
        rows.loc[key] for key in (("nothing", WHOLE), ("quiet", QUIET_MASKED), ("quiet", OUTLINE))
    )
    if not above_chance(whole["value"], whole["chance"]):
        return UNDECIDED
    gain, without, edge = (row["value"] - row["chance"] for row in (whole, hidden, outline))
    if without < HALF * gain:
        return "needed: without it most of the recall is lost"
    if edge >= HALF * without:
        return "not needed, but the outline of the mask alone gives most of the recall"
    return "not needed: most of the recall remains, and the outline alone does not give it to these networks"
