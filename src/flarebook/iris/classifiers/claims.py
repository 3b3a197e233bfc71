"""The paper's claims about its classifiers, over splits, and about space and time, over flares, and their verdicts."""

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    assess_pairs,
    assess_parts,
)
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.splits import TEST, TRAIN

MARGIN = 0.02  # smallest gain of a score that would matter; the paper's splits scatter by five times as much
INPUT = "input"  # put into the simulator, so that no run can judge it
BEST = {other: f"1 (B above {other})" for other in ("A", "C", "D")}
LAYERS, DROPOUT, RANKING = "2 (no gain from more layers)", "3 (no gain from dropout)", "4 (triplet first)"
NO_GAIN = (LAYERS, DROPOUT)
FAR, NEAR = "5a (space: random guess far away)", "5b (space: perfect near by)"
TOWARDS, CHANCE = "5c (space: rises to the brightening)", "6a (time: above chance at 35 min)"
EARLY, LATE = "6b (time: as good at 35 min)", "6c (time: as good at onset)"
COURSE, CALM = "6d (time: rises to onset)", "7 (AR 1 not called pre-flare)"
KEYS = {BEST["A"]: "b_above_a", BEST["C"]: "b_above_c", BEST["D"]: "b_above_d", LAYERS: "layers", DROPOUT: "dropout"}
KEYS |= {
    FAR: "far",
    NEAR: "near",
    TOWARDS: "towards",
    CHANCE: "chance",
    EARLY: "early",
    LATE: "late",
    COURSE: "course",
    CALM: "calm",
}
ONE_MORE = 1.0  # as `overlap`: the variance 1/n of a mean becomes 1/n + 1, that of a further flare as the paper's one
PAPER = {  # start of the window, minutes to onset: {score: value}; abstract, TSS of section 7
    EARLY: ((-40.0, "auc", 0.86), (-40.0, "accuracy", 0.80), (-30.0, "tss", 0.50)),
    LATE: ((-10.0, "auc", 0.97), (-10.0, "accuracy", 0.90), (-10.0, "tss", 0.78)),
}


def split_overlap(splits):
    """Test observations of a split for each training one: the overlap of Nadeau & Bengio (2003)."""
    return float(((splits.role == TEST).sum(axis=1) / (splits.role == TRAIN).sum(axis=1)).mean())


def model_rows(scores, claim, model, reference, overlap, margin=MARGIN):
    """Rows of `assess_pairs` for one model against another, one for each of the six scores.

    scores: DataFrame model, split, metric, value, of one selection; overlap: of `split_overlap`.  A claim of NO_GAIN is
    supported by a gain below the margin and refuted by one above it; the others need a gain.  Raises InputError when a
    model is missing.
    """
    if missing := {model, reference} - set(scores["model"]):
        raise InputError(f"there are no scores of {' and '.join(sorted(missing))} to judge the claim {claim!r}")
    wide = scores.pivot(index="split", columns=["metric", "model"], values="value")
    judge = no_gain_row if claim in NO_GAIN else assess_pairs
    name = f"{model} against {reference}"
    return [
        judge(claim, name, metric, wide[metric, model], wide[metric, reference], margin, overlap=overlap)
        for metric in METRICS
    ]


def no_gain_row(claim, comparison, score, values, reference, margin=MARGIN, overlap=0.0):
    """A row of `assess_pairs` for a claim that `values` do not exceed `reference` by the margin or more.

    What the reference lacks of the margin must be above zero; the row gives the gain and its interval.
    """
    row = assess_pairs(claim, comparison, score, reference + margin, values, overlap=overlap)
    gain = {"difference": margin - row["difference"], "low": margin - row["high"], "high": margin - row["low"]}
    return row | gain | {"margin": margin}


def space_rows(scores, margin=MARGIN):
    """Rows of `assess_pairs` on the claims of section 6.4 about the slit: FAR, NEAR and TOWARDS.

    scores: of `space_time.family_scores` along the slit, window in arcsec from the brightening.  The paper has one
    flare, so that all intervals are those of one further flare; fewer than three flares decide nothing.
    """
    wide = scores.pivot(index="flare", columns=["metric", "window"], values="value")
    near, far = scores["window"].min(), scores["window"].max()
    rows = []
    for score in ("accuracy", "auc"):
        values, at = wide[score, far], f"{far:.0f} arcsec"
        rows.append(no_gain_row(FAR, f"{at}: above 0.50", score, values, 0.5, margin, ONE_MORE))
        rows.append(no_gain_row(FAR, f"{at}: below 0.50", score, 0.5, values, margin, ONE_MORE))
        values = wide[score, near]
        rows.append(no_gain_row(NEAR, f"{near:.0f} arcsec: below 1.00", score, 1, values, margin, ONE_MORE))
    for score in ("accuracy", "auc", "auc_against_ar"):
        name = f"{near:.0f} against {far:.0f} arcsec"
        rows.append(assess_pairs(TOWARDS, name, score, wide[score, near], wide[score, far], margin, overlap=ONE_MORE))
    return sorted(rows, key=lambda row: row["claim"])


def time_rows(scores, margin=MARGIN):
    """Rows of `assess_pairs` on the claims about the course: CHANCE, EARLY, LATE and COURSE; else as `space_rows`.

    scores: of `space_time.family_scores` in time, in windows of ten minutes.
    """
    wide = scores.pivot(index="flare", columns=["metric", "window"], values="value")
    rows = []
    for score, chance in (("auc", 0.5), ("accuracy", 0.5), ("tss", 0.0)):
        values = wide[score, -40.0]
        name = f"-40 min: above {chance:.2f}"
        rows.append(assess_pairs(CHANCE, name, score, values, chance, margin, overlap=ONE_MORE))
    for claim, numbers in PAPER.items():
        for window, score, paper in numbers:
            values, name = wide[score, window], f"{window:.0f} min: below {paper:.2f}"
            rows.append(no_gain_row(claim, name, score, paper, values, margin, ONE_MORE))
    for score in ("auc", "accuracy", "tss"):
        values, name = wide[score, -10.0], "-10 against -30 min"
        rows.append(assess_pairs(COURSE, name, score, values, wide[score, -30.0], margin, overlap=ONE_MORE))
    return rows


def calm_rows(scores, margin=MARGIN):
    """Rows of `assess_pairs` on the claim that a region without a flare stays below one half in every window: CALM.

    scores: of `space_time.family_scores` of draws of the region; each part is the highest value of a draw.
    """
    highest = scores.groupby(["metric", "flare"])["value"].max()
    return [
        assess_pairs(CALM, "highest below 0.50", score, 0.5, highest[score], margin, overlap=ONE_MORE)
        for score in ("accuracy", "auc")
    ]


def claim_summary(judged, inputs=()):
    """A row per claim, as `reports.claims` reads it: claim, n_supported, n_refuted, n_undecided and verdict.

    judged: of `evaluation.claims.correct_claims`; inputs: claims put into the simulator, whose verdict is INPUT
    whatever their rows say.
    """
    counts = {"n_supported": SUPPORTED, "n_refuted": REFUTED, "n_undecided": UNDECIDED}
    judged, rows = judged[~judged["claim"].isin(inputs)], []
    for claim, words in judged.groupby("claim", sort=False)["verdict"]:
        parts = {name: int((words == word).sum()) for name, word in counts.items()}
        rows.append({"claim": claim, **parts, "verdict": assess_parts(words)})
    rows += [{"claim": claim, **dict.fromkeys(counts, 0), "verdict": INPUT} for claim in inputs]
    return pd.DataFrame(rows)
