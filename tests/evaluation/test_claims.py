"""A verdict follows from the difference and its interval, never from the difference alone."""

import functools

import numpy as np
import pytest
from scipy import stats

from flarebook.compendium.errors import InputError
from flarebook.evaluation import claims


def test_a_score_has_begun_to_learn_from_one_and_a_half_times_chance():
    assert claims.above_chance(0.31, 0.2) and not claims.above_chance(0.29, 0.2)
    assert not claims.above_chance([0.9, 0.2], [0.2, 0.2]), "each has to"


def test_an_interval_above_zero_supports_and_one_that_holds_zero_leaves_open():
    assert claims.assess(0.2, 0.1, 0.3) == "supported"
    assert claims.assess(0.2, -0.1, 0.5) == "undecided at this size"
    assert claims.assess(-0.2, -0.3, -0.1) == "not supported"
    assert claims.assess(0.2, np.nan, np.nan) == "undecided at this size"


def test_a_gain_too_small_to_matter_does_not_support():
    assert claims.assess(0.01, 0.005, 0.015, margin=0.05) == "not supported"
    assert claims.assess(0.0, -0.01, 0.01, margin=0.05) == "not supported"
    assert claims.assess(0.04, 0.01, 0.07, margin=0.05) == "supported"
    assert claims.assess(0.0, -0.1, 0.1, margin=0.05) == "undecided at this size"


def test_pairing_by_seed_removes_what_the_seeds_share():
    luck = np.random.default_rng(1).normal(0, 1, 5)
    low, high = claims.paired_interval(luck + 0.1 + 0.001 * np.arange(5), luck)[1:]
    assert 0.09 < low < 0.102 < high < 0.11


def test_interval_covers_the_true_difference_as_often_as_it_says():
    draws = np.random.default_rng(2).normal(0.3, 1, (2000, 4))
    intervals = [claims.paired_interval(row, np.zeros(4), level=0.9) for row in draws]
    covered = np.mean([low < 0.3 < high for _, low, high in intervals])
    assert covered == pytest.approx(0.9, abs=0.025)


@pytest.mark.parametrize("n", [1, 2])
def test_one_seed_or_two_decide_nothing(n):
    ours, theirs = [0.9, 0.901][:n], [0.1, 0.1][:n]
    assert claims.assess_pairs("2", "a against b", "recall", ours, theirs)["verdict"] == "undecided at this size"


def test_differences_that_are_equal_but_for_rounding_decide_nothing_and_warn_of_nothing(recwarn):
    reference = np.array([0.1, 0.2, 0.3, 0.4])
    shifted = reference + 0.1
    assert np.ptp(shifted - reference) > 0  # rounding alone
    row = claims.assess_pairs("2", "a against b", "recall", shifted, reference)
    assert row["verdict"] == "undecided at this size"
    assert row["low"] == row["high"] == row["difference"] == pytest.approx(0.1)
    assert not recwarn


def test_scores_that_never_vary_decide_nothing():
    assert claims.assess(0.0, 0.0, 0.0, margin=0.02) == "undecided at this size"
    assert claims.assess_pairs("2", "a", "tss", [0, 0, 0], [0, 0, 0])["verdict"] == "undecided at this size"


def test_holm_is_the_worked_example_and_leaves_gaps():
    assert claims.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert np.isnan(claims.holm([0.01, np.nan])[1]) and claims.holm([0.01, np.nan])[0] == 0.01


def test_the_probability_says_the_same_as_the_interval():
    for shift in (0.0, 0.02, 0.04, 0.06):
        row = claims.assess_pairs("1", "x", "recall", np.array([0.1, 0.13, 0.11, 0.12]) - shift, [0.1] * 4, margin=0.02)
        assert (row["p_against"] < 0.025) == (row["verdict"] == "not supported")


def test_among_many_parts_without_a_loss_few_claims_are_refuted_by_luck():
    rng = np.random.default_rng(3)
    rows = [
        claims.assess_pairs(str(claim), str(part), "recall", *rng.normal(size=(2, 5)))
        for claim in range(100)
        for part in range(12)
    ]
    by_luck = (claims.summarize_claims(rows)["verdict"] == "not supported").mean()
    uncorrected = np.mean(
        [any(row["verdict"] == "not supported" for row in rows[i : i + 12]) for i in range(0, 1200, 12)]
    )
    assert by_luck < 0.08 < 0.15 < uncorrected


def test_intervals_of_a_bootstrap_are_corrected_too():
    clear = dict(zip(claims.COLUMNS, ("4", "x", "auc", -0.3, -0.4, -0.2, 2, 0.02, "not supported"), strict=True))
    close = clear | {"difference": -0.1, "low": -0.199, "high": -0.001, "margin": 0.0}
    assert claims.summarize_claims([clear, close])["n_refuted"].tolist() == [2]
    luck = close | {"verdict": "supported", "difference": 0.1, "low": 0.01, "high": 0.2}
    assert claims.summarize_claims([close, luck])["verdict"].tolist() == ["undecided at this size"]


def test_a_corrected_table_keeps_its_columns_tells_both_probabilities_and_stays_when_corrected_again():
    ours = np.random.default_rng(4).normal(0, 0.1, (3, 5))
    rows = [claims.assess_pairs("1", str(n), "recall", values, np.zeros(5)) for n, values in enumerate(ours)]
    rows.append(rows[0] | {"difference": -0.02, "low": -0.04, "high": -1e-3, "p_against": 0.02, "name": "x"})
    rows[3]["verdict"] = "not supported"
    table = claims.correct_claims(rows)
    assert table["name"].iloc[3] == "x" and list(table)[-1] == "p_corrected"
    assert table["p_corrected"].tolist() == claims.holm(table["p_against"]).tolist()
    assert table["p_against"][3] < 0.025 < table["p_corrected"][3] and table["verdict"][3] == claims.UNDECIDED
    assert claims.correct_claims(table).equals(table)
    assert claims.summarize_claims(table).equals(claims.summarize_claims(rows))


def test_a_claim_needs_all_its_parts():
    up, down = ([0.5, 0.52, 0.51], [0.1, 0.11, 0.1]), ([0.1, 0.12, 0.1], [0.5, 0.51, 0.52])
    noise = [0.5, 0.1, 0.3], [0.1, 0.4, 0.2]
    rows = [claims.assess_pairs("1", "x", "recall", *up), claims.assess_pairs("1", "y", "recall", *noise)]
    rows += [claims.assess_pairs("2", "x", "recall", *up), claims.assess_pairs("2", "y", "recall", *down)]
    rows += [claims.assess_pairs("5", "x", "recall", *up)]
    table = claims.summarize_claims(rows).set_index("claim")
    words = ["undecided at this size", "not supported", "supported"]
    assert table["verdict"].tolist() == words
    assert table.loc["2", ["n_supported", "n_refuted", "n_undecided"]].tolist() == [1, 1, 0]


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_a_number_is_the_reference_of_every_unit_on_either_side(n):
    values = np.random.default_rng(5).normal(0.5, 0.1, n)
    judge = functools.partial(claims.assess_pairs, "5a", "against 0.60", "auc", margin=0.02, overlap=1.0)
    np.testing.assert_equal(judge(values, 0.6), judge(values, np.full(n, 0.6)))  # NaN equal themselves
    np.testing.assert_equal(judge(0.6, values), judge(np.full(n, 0.6), values))
    assert judge(0.6, values)["n"] == n


def test_what_cannot_be_judged_is_told():
    with pytest.raises(InputError, match="3 values cannot be paired with 2"):
        claims.paired_interval([1, 2, 3], [1, 2])
    with pytest.raises(InputError, match="outside its interval"):
        claims.assess(1.0, 0.0, 0.5)
    with pytest.raises(InputError, match="smallest relevant gain"):
        claims.assess(1.0, 0.0, 2.0, margin=-1)


def test_p_of_equality_is_that_of_the_paired_t_test():
    values, reference = np.random.default_rng(1).normal([[0.2], [0.0]], 0.3, (2, 12))
    difference, _, high = claims.paired_interval(values, reference)
    assert claims.equality_p(difference, high, 12) == pytest.approx(stats.ttest_rel(values, reference).pvalue)


def test_overlapping_splits_are_weaker_evidence():
    values, reference = np.random.default_rng(1).normal([[0.2], [0.0]], 0.3, (2, 12))
    found = [claims.paired_interval(values, reference, overlap=overlap) for overlap in (0, 8 / 25)]
    alone, together = (claims.equality_p(difference, high, 12) for difference, _, high in found)
    assert together > alone


def test_equal_models_are_no_evidence_and_a_constant_difference_has_no_p():
    assert claims.equality_p(0.0, 0.0, 5) == 1
    assert np.isnan(claims.equality_p(0.1, 0.1, 5))
