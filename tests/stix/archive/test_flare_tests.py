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
    assert flare_tests.compare_two(values, other, rng)[3] < 1e-6
    assert flare_tests.compare_two(values, other, rng, (own, rest))[3] > 0.01


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
    assert flare_tests.compare_clusters(values, clusters, rng, n=99)[0] == pytest.approx((h - 4) / 145, abs=0.01)


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
