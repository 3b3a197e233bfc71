"""The paper's claims about its classifiers, judged on scores whose differences are known."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import REFUTED, SUPPORTED, UNDECIDED, correct_claims
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers import claims
from flarebook.iris.classifiers.splits import Splits


def scores(gain, scatter=0.002, n=20):
    """Scores of models B and C on n splits; C is better by `gain`, with a scatter of the difference."""
    rng = np.random.default_rng(1)
    rows = []
    for metric in METRICS:
        base = 0.7 + 0.1 * rng.normal(size=n)
        for model, values in (("B", base), ("C", base + gain + scatter * rng.normal(size=n))):
            rows += [(model, split, metric, value) for split, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["model", "split", "metric", "value"])


def verdict(claim, gain, model="C", reference="B", **options):
    parts = correct_claims(claims.model_rows(scores(gain, **options), claim, model, reference, overlap=0.3))
    return claims.claim_summary(parts)["verdict"].iloc[0]


def test_more_layers_that_gain_nothing_support_the_claim_and_a_gain_refutes_it():
    assert verdict(claims.LAYERS, 0.0) == SUPPORTED
    assert verdict(claims.LAYERS, 0.01) == SUPPORTED  # smaller than what matters
    assert verdict(claims.LAYERS, 0.05) == REFUTED
    assert verdict(claims.LAYERS, 0.02, scatter=0.05) == UNDECIDED
    row = claims.model_rows(scores(0.05), claims.LAYERS, "C", "B", 0.3)[0]
    assert row["low"] < row["difference"] < row["high"] and row["difference"] == pytest.approx(0.05, abs=0.005)


def test_b_above_c_needs_a_lead_in_all_scores():
    best = claims.BEST["C"]
    assert verdict(best, -0.05, "B", "C") == SUPPORTED
    assert verdict(best, 0.0, "B", "C") == REFUTED
    assert verdict(best, -0.02, "B", "C", scatter=0.1) == UNDECIDED


def test_splits_that_share_observations_decide_less_than_their_number_suggests():
    table, best = scores(-0.02, scatter=0.03), claims.BEST["C"]
    alone = claims.model_rows(table, best, "B", "C", overlap=0.0)[0]
    shared = claims.model_rows(table, best, "B", "C", overlap=0.32)[0]
    widths = [row["high"] - row["low"] for row in (alone, shared)]
    assert widths[1] / widths[0] == pytest.approx(np.sqrt(1 + 20 * 0.32))


def test_the_overlap_counts_test_for_each_training_observation():
    assert claims.split_overlap(Splits(np.array([[0, 0, 0, 0, 2, 2, 1]]))) == 0.5


def test_an_input_of_the_simulator_is_no_result_and_a_missing_model_is_told():
    parts = correct_claims(claims.model_rows(scores(0.0), claims.LAYERS, "C", "B", 0.3))
    table = claims.claim_summary(parts, inputs=[claims.RANKING]).set_index("claim")
    assert table.loc[claims.RANKING, "verdict"] == "input" and table.loc[claims.RANKING, "n_supported"] == 0
    with pytest.raises(InputError, match="no scores of D to judge the claim '1"):
        claims.model_rows(scores(0.0), claims.BEST["D"], "B", "D", 0.3)
