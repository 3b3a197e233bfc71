"""The paper's claims about its classifiers, judged on scores whose differences are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

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


def courses(values, scatter=0.02, n=14):
    """Scores of n flares, {metric: {window: mean}}, each flare off by a Gaussian of its own."""
    rng = np.random.default_rng(2)
    rows = [
        (flare, window, metric, mean + scatter * rng.normal())
        for flare in range(n)
        for metric, windows in values.items()
        for window, mean in windows.items()
    ]
    return pd.DataFrame(rows, columns=["flare", "window", "metric", "value"])


def words(rows):
    """Verdict on each claim of rows of `assess_pairs`."""
    return claims.claim_summary(correct_claims(rows)).set_index("claim")["verdict"].to_dict()


def along_slit(far, near, **options):
    return courses({name: {75.0: far, 5.0: near} for name in ("accuracy", "auc", "auc_against_ar")}, **options)


def test_a_slit_from_chance_to_certainty_supports_all_that_the_paper_states_about_it():
    found = words(claims.space_rows(along_slit(0.5, 1.0, scatter=0.002)))
    assert found == dict.fromkeys((claims.FAR, claims.NEAR, claims.TOWARDS), SUPPORTED)


def test_spectra_far_away_that_are_called_active_or_pre_flare_are_no_guess():
    for far in (0.1, 0.9):
        assert words(claims.space_rows(along_slit(far, 1.0)))[claims.FAR] == REFUTED


def test_a_score_that_falls_to_the_brightening_refutes_the_rise():
    found = words(claims.space_rows(along_slit(0.8, 0.3)))
    assert found[claims.TOWARDS] == REFUTED and found[claims.NEAR] == REFUTED


def test_flares_that_differ_more_than_the_mean_errs_decide_nothing_about_one_more():
    rows = claims.space_rows(along_slit(0.3, 0.7, scatter=0.25))  # the mean gain is 0.4 with an error of 0.1
    assert words(rows)[claims.TOWARDS] == UNDECIDED
    row = next(row for row in rows if row["claim"] == claims.TOWARDS and row["score"] == "auc")
    table = (
        along_slit(0.3, 0.7, scatter=0.25)
        .query("metric == 'auc'")
        .pivot(index="flare", columns="window", values="value")
    )
    half = stats.t(13).ppf(0.975) * (table[5.0] - table[75.0]).std() * np.sqrt(1 + 1 / 14)
    assert row["high"] - row["difference"] == pytest.approx(half)


def in_time(early, late, **options):
    """A course with one value of accuracy, AUC against time, and the TSS that goes with it."""
    scores = {"accuracy": {-40.0: early, -30.0: early, -10.0: late}, "auc": {-40.0: early, -30.0: early, -10.0: late}}
    return courses(scores | {"tss": {-40.0: 2 * early - 1, -30.0: 2 * early - 1, -10.0: 2 * late - 1}}, **options)


def test_a_course_above_the_papers_values_is_as_good_and_one_below_them_is_not():
    assert set(words(claims.time_rows(in_time(0.9, 0.99))).values()) == {SUPPORTED}
    low = words(claims.time_rows(in_time(0.6, 0.75, scatter=0.01)))
    assert low[claims.CHANCE] == SUPPORTED and low[claims.EARLY] == low[claims.LATE] == REFUTED
    assert words(claims.time_rows(in_time(0.4, 0.99)))[claims.CHANCE] == REFUTED
    assert words(claims.time_rows(in_time(0.9, 0.7, scatter=0.01)))[claims.COURSE] == REFUTED


def test_a_course_put_in_by_hand_is_no_result():
    parts = correct_claims(claims.time_rows(in_time(0.6, 0.9)))
    table = claims.claim_summary(parts, inputs=[claims.COURSE]).set_index("claim")
    assert table.loc[claims.COURSE, "verdict"] == "input" and table.loc[claims.COURSE, "n_supported"] == 0
    assert table.index.is_unique and table.loc[claims.CHANCE, "verdict"] == SUPPORTED


def test_one_window_above_one_half_in_most_draws_refutes_that_a_region_stays_calm():
    calm = {name: dict.fromkeys((0.0, 10.0, 20.0), 0.1) for name in ("accuracy", "auc")}
    assert words(claims.calm_rows(courses(calm))) == {claims.CALM: SUPPORTED}
    calm["accuracy"] = {0.0: 0.1, 10.0: 0.9, 20.0: 0.1}
    assert words(claims.calm_rows(courses(calm))) == {claims.CALM: REFUTED}


def test_a_single_real_flare_decides_nothing():
    rows = claims.space_rows(along_slit(0.5, 1.0, n=1)) + claims.time_rows(in_time(0.9, 0.99, n=1))
    assert set(words(rows).values()) == {UNDECIDED}
