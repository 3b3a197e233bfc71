"""Tables of the ablation: mean and spread of each row, paired differences, and the claims they decide."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import UNDECIDED, above_chance, assess_pairs, correct_claims, summarize_claims
from flarebook.solarchip.models.autoencoder import backbone_kind
from flarebook.solarchip.representation.ablation import ALL_TERMS, COLUMNS, TERMS, loss_score
from flarebook.solarchip.representation.scores import HEADLINE, MEAN_PROBE, STRENGTH

MARGIN = 0.02  # smallest gain in recall or in a probe's skill that would matter to a user
INVARIANCE = ("recall@1, neighbouring days", HEADLINE, "crossed probe, mean")
CONSISTENCY = ("place by content", "patch date, neighbouring days")
CAPACITY = (MEAN_PROBE, HEADLINE)
ADDED = {"CLS": ("+ CLS", "reconstruction"), "patch": ("+ CLS + patch", "+ CLS"), "intra": (ALL_TERMS, "+ CLS + patch")}
ALONE = ("CLS alone", "patch alone", "intra alone")
OWN_SCORES = {"cls": "recall@1, all dates", "patch": "patch date, neighbouring days", "intra": "place, same date"}
SHORT_ROWS = {
    "random": "random",
    "reconstruction": "reconstruction",
    "+ CLS": "plus_cls",
    "+ CLS + patch": "plus_patch",
    ALL_TERMS: "all",
}
SHORT_SCORES = {
    "recall@1, neighbouring days": "recall",
    HEADLINE: "mapped_recall",
    "place by content": "place",
    "patch date, neighbouring days": "patch_date",
    MEAN_PROBE: "probe",
    "crossed probe, mean": "crossed",
}
GATED = {(row, score): f"{SHORT_ROWS[row]}.{SHORT_SCORES[score]}" for row in SHORT_ROWS for score in SHORT_SCORES}
GATED |= {(row, score): f"{row.lower().replace(' ', '_')}.{SHORT_SCORES[score]}" for row in ALONE for score in CAPACITY}
GATED |= {(ALL_TERMS, loss_score(term)): f"all.loss.{term}" for term in TERMS[ALL_TERMS]}
FOLDER = files("flarebook.solarchip") / "data"
FILES = "ablation.csv", "ablation.json"
SCRIPT = "python -m scripts.solarchip.run_ablation"
THIS, SHIPPED = "this run", "shipped table"
WITHOUT_BLOCKS = "1 without |B| blocks"  # claim 1 against what the paper has alone


def summarize_ablation(table):
    """Mean, standard deviation over seeds, number of seeds and chance of every score and row.

    table: of `run_ablation`.  Returns a DataFrame: backbone, sharing, row, score, mean, sd, n, chance.
    """
    numbers = {"mean": ("value", "mean"), "sd": ("value", "std"), "n": ("value", "count"), "chance": ("chance", "mean")}
    return table.groupby(["backbone", "sharing", "row", "score"], sort=False).agg(**numbers).reset_index()


def claim_rows(table, claim, backbone, rows, scores, margin=MARGIN):
    """Rows of verdicts for one comparison: the first of `rows` against the second, one verdict per score.

    Nothing is decided when a contrast of the first, fuller row still guesses: that says something of the plateau, not
    of the term.
    """
    own = table[(table["backbone"] == backbone) & (table["sharing"] == "two")]
    learnt = contrasts_above_chance(own[own["row"] == rows[0]], TERMS[rows[0]])
    values = own.pivot(index="seed", columns=["row", "score"], values="value")
    for score in scores:
        if all((row, score) in values for row in rows):
            pair = [values[row, score].to_numpy() for row in rows]
            row = assess_pairs(claim, f"{backbone}: {rows[0]} against {rows[1]}", score, *pair, margin)
            yield row if learnt else row | {"verdict": UNDECIDED}


def contrasts_above_chance(table, terms):
    """Whether each term's own score, the mean over seeds, exceeds chance clearly; table: of one row of the ablation."""
    means = table.groupby("score")[["value", "chance"]].mean()
    means = means[means.index.isin([OWN_SCORES.get(term) for term in terms])]
    return above_chance(means["value"], means["chance"])


def count_above_chance(table):
    """Rows of each backbone, with two encoders, whose contrasts all exceed chance: {backbone: count}."""
    counts = {backbone: 0 for backbone in table["backbone"].unique()}
    for (backbone, name), rows in table[table["sharing"] == "two"].groupby(["backbone", "row"]):
        contrasts = [term for term in TERMS[name] if term in OWN_SCORES]
        counts[backbone] += bool(contrasts) and contrasts_above_chance(rows, contrasts)
    return counts


def with_reference(table, scores, name):
    """Table of the ablation with one more row for each backbone: scores that need no training, for every seed.

    scores: {score: value}; name: of the row.
    """
    seeds = table[["backbone", "seed"]].drop_duplicates().assign(sharing="two", row=name)
    known = pd.DataFrame({"score": list(scores), "value": list(scores.values()), "chance": np.nan})
    return pd.concat([table, seeds.merge(known, how="cross")[list(table.columns)]], ignore_index=True)


def claim_table(table, margin=MARGIN, untrained_features=None):
    """Claims 1, 2 and 5 from paired differences over seeds: one row per comparison and score, of `correct_claims`.

    1, modality-invariant and spatially consistent: all terms against reconstruction alone, and against blocks of |B|
    and brightness where they are given (`untrained_features`, {score: value}).  2, each term adds: every term against
    the row without it; what a term does alone, against random weights, is told as "2 alone".  5, both backbones work:
    all terms against random weights.
    """
    table = with_reference(table, untrained_features, STRENGTH) if untrained_features else table
    rows = []
    for backbone in table["backbone"].unique():
        for reference in ("reconstruction", STRENGTH):
            rows += claim_rows(table, "1", backbone, (ALL_TERMS, reference), INVARIANCE + CONSISTENCY, margin)
        for pair in ADDED.values():
            rows += claim_rows(table, "2", backbone, pair, CAPACITY, margin)
        for row in ALONE:
            rows += claim_rows(table, "2 alone", backbone, (row, "random"), CAPACITY, margin)
        rows += claim_rows(table, "5", backbone, (ALL_TERMS, "random"), CAPACITY + INVARIANCE[:1], margin)
    return correct_claims(rows)


def assess_trainings(trained, margin=MARGIN):
    """Claims of every training, claim 1 with and without |B| blocks, which the paper does not compare with.

    trained: {training: (table, untrained_features)}, of `claim_table`.  Returns the rows of `claim_table` and those of
    `summarize_claims` with mean_difference, of a claim's parts; both with a column training.  The parts of
    WITHOUT_BLOCKS are corrected for their own number.
    """
    parts = []
    for name, (table, untrained_features) in trained.items():
        alone = claim_table(table, margin)
        alone = alone[alone["claim"] == "1"].assign(claim=WITHOUT_BLOCKS)
        parts.append(pd.concat([claim_table(table, margin, untrained_features), alone]).assign(training=name))
    claims = []
    for rows in parts:
        means = rows.groupby("claim")["difference"].mean().rename("mean_difference")
        claims.append(summarize_claims(rows).join(means, on="claim").assign(training=rows["training"].iloc[0]))
    return pd.concat(parts, ignore_index=True), pd.concat(claims, ignore_index=True)


def gated_metrics(summary):
    """The scores that a gate can watch, of the rows with two encoders: (short name, mean, sd, n)."""
    for row in summary[summary["sharing"] == "two"].itertuples():
        if (row.row, row.score) in GATED:
            yield f"ablation.{backbone_kind(row.backbone)}.{GATED[row.row, row.score]}", row.mean, row.sd, row.n


def overview_table(summary):
    """The table of the ablation as a reader wants it: a row per training, mean ± standard deviation per score."""
    own = summary[summary["score"].isin(SHORT_SCORES)]
    cells = own["mean"].map("{:.2f}".format) + " ± " + own["sd"].map("{:.2f}".format)
    wide = own.assign(cell=cells).pivot_table(
        index=["backbone", "row", "sharing"], columns="score", values="cell", aggfunc="first", sort=False
    )
    return wide[[score for score in SHORT_SCORES if score in wide]]


def longer_table(folder=FOLDER):
    """Scores of the longer trainings, a DataFrame of COLUMNS, and what they were made with; else None, None.

    The second is a dictionary: "settings" of each training, sizes, "origin" of the images, and
    the scores of "untrained_features".  Raises InputError when one of the files is missing or is something else.
    """
    paths = [Path(folder) / name for name in FILES]
    missing = [path for path in paths if not path.is_file()]
    if len(missing) == len(paths):
        return None, None
    if missing:
        raise InputError(f"{missing[0]} is missing: make both files with `{SCRIPT}`")
    table, about = pd.read_csv(paths[0]), json.loads(paths[1].read_text(encoding="utf-8"))
    if list(table.columns) != list(COLUMNS) or not {"settings", "origin", "untrained_features"} <= about.keys():
        raise InputError(f"{paths[0]} is no table of an ablation: make it anew with `{SCRIPT}`")
    return table, about


def select_training(n_steps, origin, about):
    """Which training the verdicts are taken from, THIS or SHIPPED: the one of more steps, on images of the same origin.

    n_steps: of this run; origin: of its images, "real" or "simulated"; about: of `longer_table`, or None.
    """
    return SHIPPED if about and about["origin"] == origin and about["settings"]["n_steps"] > n_steps else THIS
