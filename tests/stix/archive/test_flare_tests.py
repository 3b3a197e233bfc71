"""Rank tests find differences that are there, at the rate that they claim, and months do not pass for clusters."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from flarebook.stix.archive import flare_tests


def test_two_groups_give_mann_and_whitney_s_probability():
    rng = np.random.default_rng(1)
    values, other = rng.normal(0.4, 1, 60), rng.normal(0, 1, 200)
    effect, low, high, p = flare_tests.compare_two(values, other, rng)
    found = stats.mannwhitneyu(values, other, use_continuity=False, method="asymptotic")
    assert effect == pytest.approx(2 * found.statistic / (60 * 200) - 1)
    assert p == pytest.approx(found.pvalue, rel=1e-6)
    assert low < effect < high


def test_a_difference_that_the_months_explain_is_gone_within_months():
    rng = np.random.default_rng(2)
    own, rest = rng.integers(0, 6, 300), rng.integers(3, 9, 900)  # the group is older
    values, other = own + rng.normal(0, 0.5, 300), rest + rng.normal(0, 0.5, 900)
    effect, _, high, p = flare_tests.compare_two(values, other, rng)
    assert effect < high < -0.5 and p < 1e-6
    effect, low, high, p = flare_tests.compare_two(values, other, rng, (own, rest))
    assert low < 0 < high and abs(effect) < 0.1 and p > 0.01


def test_clusters_that_explain_everything_have_the_effect_one_and_those_of_chance_none():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(6), 20)
    apart = flare_tests.compare_clusters(clusters + 1e-3 * rng.random(120), clusters, rng, n=999)
    assert apart[0] > 0.9 and apart[3] == pytest.approx(0.001)
    alike = flare_tests.compare_clusters(rng.random(120), clusters, rng, n=999)
    assert alike[1] < 0 < alike[2] and alike[3] > 0.05


def test_chance_is_called_significant_in_five_of_a_hundred_cases():
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(4), 10)
    p = [flare_tests.compare_clusters(rng.random(40), clusters, rng, n=199)[3] for _ in range(200)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.045)


def test_kruskal_and_wallis_rank_the_clusters_alike():
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(5), 30)
    values = rng.normal(0.4 * clusters, 1)
    h = stats.kruskal(*[values[clusters == number] for number in range(5)]).statistic
    assert flare_tests.compare_clusters(values, clusters, rng, n=99)[0] == pytest.approx((h - 4) / 145)


def test_a_share_of_none_keeps_an_interval():
    value, low, high = flare_tests.typical(np.zeros(10), "attenuator", np.random.default_rng(1))
    assert value == 0 and low == pytest.approx(0, abs=1e-12) and high == pytest.approx(0.2775, abs=1e-3)  # Wilson 1927


def test_the_median_lies_in_its_interval():
    values = np.random.default_rng(6).lognormal(size=200)
    value, low, high = flare_tests.typical(values, "excess", np.random.default_rng(1))
    assert low < value == np.median(values) < high


def test_a_feature_that_follows_the_rows_is_found():
    rows = np.arange(100)
    found = flare_tests.compare_rows(rows**2, rows, np.random.default_rng(1))
    assert found[0] == pytest.approx(1) and found[3] < 1e-9


def test_small_clusters_are_not_compared():
    printed = pd.DataFrame({"cluster": [1] * 6 + [2] * 3, **{name: np.arange(9.0) for name in flare_tests.FEATURES}})
    printed[list(flare_tests.SHARES)] = 0.0
    table = flare_tests.compare_each_cluster(printed, np.random.default_rng(1))
    assert set(table["comparison"]) == {"cluster 1"}


def test_the_jackknife_s_interval_holds_the_true_effect():
    rng, clusters = np.random.default_rng(7), np.repeat(np.arange(4), 40)
    many = np.repeat(np.arange(4), 20_000)
    truth = flare_tests.compare_clusters(rng.normal(0.5 * many, 1), many, rng, n=1)[0]
    found = [flare_tests.compare_clusters(rng.normal(0.5 * clusters, 1), clusters, rng, n=1) for _ in range(200)]
    assert np.mean([low < truth < high for _, low, high, _ in found]) == pytest.approx(0.95, abs=0.06)
    assert np.mean([high - low for _, low, high, _ in found]) < 0.5


def test_the_jackknife_leaves_out_one_flare_at_a_time():
    rng, clusters = np.random.default_rng(8), np.repeat(np.arange(3), 8)
    values = rng.normal(clusters, 1)
    effect, _, high, _ = flare_tests.compare_clusters(values, clusters, rng, n=1)
    rank, one_hot = flare_tests.within(values, None), np.eye(3)[clusters]
    left_out = []
    for row in range(24):
        own, groups = np.delete(rank, row), np.delete(one_hot, row, axis=0)
        left_out.append(flare_tests.spread_between(own @ groups, groups.sum(0), own @ own))
    error = np.sqrt(23 * np.var(left_out))
    assert (high - effect) / stats.norm.ppf(0.975) == pytest.approx(error)


def test_a_feature_that_all_flares_share_differs_nowhere():
    rng, same = np.random.default_rng(9), np.ones(30)
    clusters = np.repeat(np.arange(3), 10)
    assert flare_tests.compare_clusters(same, clusters, rng, n=99) == (0, 0, 0, 1)
    assert flare_tests.compare_clusters(same, clusters, rng, np.arange(30) % 2, n=99) == (0, 0, 0, 1)
    assert flare_tests.compare_rows(same, np.arange(30), rng) == (0, 0, 0, 1)
    assert flare_tests.compare_two(same, same, rng) == (0, 0, 0, 1)


def test_months_that_explain_the_clusters_leave_them_nothing():
    rng, months = np.random.default_rng(10), np.repeat(np.arange(6), 30)
    clusters = (months + rng.integers(0, 2, 180)) // 2
    values = months + rng.normal(0, 0.3, 180)
    effect, low, _, p = flare_tests.compare_clusters(values, clusters, rng, n=499)
    assert effect > low > 0.5 and p == pytest.approx(0.002)
    effect, low, high, p = flare_tests.compare_clusters(values, clusters, rng, months, n=499)
    assert low < 0 < high and abs(effect) < 0.1 and p > 0.01


def test_the_bootstrap_of_rows_is_spearman_s():
    rng, rows = np.random.default_rng(11), np.arange(60) // 3
    values = np.round(rows + rng.normal(0, 8, 60))  # with ties
    effect, low, high, _ = flare_tests.compare_rows(values, rows, np.random.default_rng(12))
    drawn = np.random.default_rng(12).integers(60, size=(flare_tests.N_DRAWS, 60))
    draws = [stats.spearmanr(rows[own], values[own]).statistic for own in drawn]
    assert (low, high) == pytest.approx(tuple(np.percentile(draws, [2.5, 97.5]))) and low < effect < high


@pytest.fixture
def printed():
    """Five flares of each of two clusters and one alone; later rows and higher values go together."""
    table = pd.DataFrame({"uid": np.arange(11), "cluster": [1] * 5 + [2] * 5 + [3], "row": np.arange(11), "month": "a"})
    return table.assign(**{name: np.arange(11.0) + 100 for name in flare_tests.FEATURES})


def test_printed_flares_above_the_list_have_a_positive_effect(printed):
    rest = printed.assign(**{name: np.arange(11.0) for name in flare_tests.FEATURES})
    for name in flare_tests.SHARES:
        printed[name], rest[name] = 1.0, 0.0
    table = flare_tests.compare_features(printed, rest, np.random.default_rng(1)).set_index(["comparison", "feature"])
    assert table.loc["printed against the list", "effect"].to_numpy() == pytest.approx(1)
    own = [name for name in flare_tests.FEATURES if name not in flare_tests.SHARES]
    assert table.loc["row of the mosaic"].loc[own, "effect"].to_numpy() == pytest.approx(1)
    assert set(table.loc["between clusters", "n"]) == {10}  # a cluster of one flare does not enter
    assert (table["p_holm"] >= table["p"]).all() and table["p_holm"].max() <= 1


def test_a_rise_over_the_months_is_no_difference_within_them():
    rng = np.random.default_rng(14)
    months, later = rng.integers(0, 6, 72), rng.integers(3, 9, 300)
    own = pd.DataFrame({"uid": np.arange(72), "cluster": (months + rng.integers(0, 2, 72)) // 2, "row": np.arange(72)})
    own, rest = own.assign(month=months), pd.DataFrame({"month": later})
    for name in flare_tests.FEATURES:
        own[name], rest[name] = months + rng.normal(0, 0.3, 72), later + rng.normal(0, 0.3, 300)
    table = flare_tests.compare_features(own, rest, rng).groupby("comparison")["effect"]
    assert table.max()["printed against the list"] < -0.5 and table.min()["between clusters"] > 0.5
    for comparison in ("printed against the list, within months", "between clusters, within months"):
        assert table.mean()[comparison] == pytest.approx(0, abs=0.1)


def test_clusters_of_five_flares_are_compared(printed):
    table = flare_tests.compare_each_cluster(printed, np.random.default_rng(1))
    assert set(table["comparison"]) == {"cluster 1", "cluster 2"}
    assert table.loc[table["comparison"] == "cluster 1", "effect"].to_numpy() == pytest.approx(-1)


def test_flares_are_exchanged_within_their_month_alone():
    """Four months of two flares, the higher always of one cluster: 2 of 2**4 exchanges reach it, not 2 of 70."""
    months, clusters = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    p = flare_tests.compare_clusters(clusters, clusters, np.random.default_rng(13), months, n=1999)[3]
    assert p == pytest.approx(2 / 16, abs=0.03)
