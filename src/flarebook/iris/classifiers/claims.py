"""The paper's claims about its classifiers as paired differences over splits, and the verdicts on them."""

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
KEYS = {BEST["A"]: "b_above_a", BEST["C"]: "b_above_c", BEST["D"]: "b_above_d", LAYERS: "layers", DROPOUT: "dropout"}


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
    rows = []
    for metric in METRICS:
        values, other, name = wide[metric, model], wide[metric, reference], f"{model} against {reference}"
        if claim in NO_GAIN:  # what the reference lacks of the margin must be above zero
            row = assess_pairs(claim, name, metric, other + margin, values, overlap=overlap)
            gain = {"difference": margin - row["difference"], "low": margin - row["high"], "high": margin - row["low"]}
            rows.append(row | gain | {"margin": margin})
        else:
            rows.append(assess_pairs(claim, name, metric, values, other, margin, overlap=overlap))
    return rows


def claim_summary(judged, inputs=()):
    """A row per claim, as `reports.claims` reads it: claim, n_supported, n_refuted, n_undecided and verdict.

    judged: of `evaluation.claims.correct_claims`; inputs: claims put into the simulator, with INPUT as verdict.
    """
    counts = {"n_supported": SUPPORTED, "n_refuted": REFUTED, "n_undecided": UNDECIDED}
    rows = []
    for claim, words in judged.groupby("claim", sort=False)["verdict"]:
        parts = {name: int((words == word).sum()) for name, word in counts.items()}
        rows.append({"claim": claim, **parts, "verdict": assess_parts(words)})
    rows += [{"claim": claim, **dict.fromkeys(counts, 0), "verdict": INPUT} for claim in inputs]
    return pd.DataFrame(rows)
