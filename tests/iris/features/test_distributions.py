"""Densities, F-scores and their uncertainty behave as the formulas of the paper say."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde
from sklearn.feature_selection import f_classif

from flarebook.compendium.errors import InputError
from flarebook.iris.features import distributions
from flarebook.iris.mg2 import FEATURE_RANKING, FEATURES


def spectra_table(n_observations=6, n_spectra=40, offset=0.0, observation_spread=0.0, seed=5):
    """Ten normal features of PF and AR observations: PF is offset, each observation has its own mean."""
    rng = np.random.default_rng(seed)
    parts = []
    for region, shift in (("PF", offset), ("AR", 0.0)):
        for number in range(n_observations):
            own = rng.normal(0, observation_spread, len(FEATURES))
            values = shift + own + rng.normal(size=(n_spectra, len(FEATURES)))
            part = pd.DataFrame(values, columns=list(FEATURES))
            parts.append(part.assign(region=region, observation=f"{region} {number}"))
    return pd.concat(parts, ignore_index=True)


def test_standardised_features_have_zero_mean_and_unit_variance():
    values = np.random.default_rng(1).normal([300.0, 1.2], [90.0, 0.1], (500, 2))
    standard = distributions.standardise_features(values)
    assert standard.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert standard.std(axis=0) == pytest.approx([1, 1])


@pytest.mark.parametrize("unit", [1e-3, 1.0, 40.0])
def test_density_integrates_to_one_in_any_unit(unit):
    rng = np.random.default_rng(2)
    sample = unit * np.concatenate([rng.normal(0, 1, 3000), rng.normal(8, 0.5, 800), np.full(900, 4.0)])
    points = unit * np.linspace(-10, 20, 4000)
    density = distributions.density(sample, points)
    assert np.trapezoid(density, points) == pytest.approx(1, abs=1e-3)
    assert (density >= 0).all()


@pytest.mark.parametrize("n", [2, 30, 5000])
def test_density_by_convolution_equals_the_direct_sum_over_kernels(n):
    sample = np.random.default_rng(3).gamma(2.0, 3.0, n)
    points = np.linspace(-5, 40, 300)
    width = distributions.bandwidth(sample)
    kernels = np.exp(-0.5 * ((points[:, None] - sample) / width) ** 2) / np.sqrt(2 * np.pi)
    direct = kernels.sum(axis=1) / (n * width)
    assert distributions.density(sample, points) == pytest.approx(direct, abs=1.5e-3 * direct.max())
    assert gaussian_kde(sample)(points) == pytest.approx(direct)  # the paper's bandwidth is Scott's rule


def test_a_wider_kernel_bridges_the_steps_of_a_feature_counted_in_grid_points():
    counts = np.random.default_rng(6).normal(9, 1.2, 20000).round()
    whole, half = np.array([8.0, 9.0, 10.0]), np.array([8.5, 9.5])
    dips = {}
    for least in (0.0, 0.5):
        on, between = distributions.density(counts, whole, least), distributions.density(counts, half, least)
        dips[least] = between / (0.5 * (on[:-1] + on[1:]))
    assert (dips[0.0] < 0.1).all()  # a comb
    assert dips[0.5] == pytest.approx([1, 1], abs=0.1)


def test_bandwidth_follows_the_fifth_root_and_the_unit():
    sample = np.random.default_rng(4).normal(0, 2.0, 32000)
    assert distributions.bandwidth(sample) == pytest.approx(2.0 * 32000**-0.2, rel=0.01)
    assert distributions.bandwidth(1000 * sample) == pytest.approx(1000 * distributions.bandwidth(sample))


@pytest.mark.parametrize("sample", [[1.0], [2.0, 2.0, 2.0], [1.0, np.nan, 2.0]])
def test_density_refuses_what_has_no_density(sample):
    with pytest.raises(InputError):
        distributions.density(np.array(sample), np.linspace(0, 3, 10))


def test_f_score_is_variance_between_over_variance_within():
    table = spectra_table(offset=0.3)
    scores = distributions.f_scores(table)
    x, y = (table.loc[table["region"] == region, "triplet"].to_numpy() for region in ("PF", "AR"))
    between = len(x) * len(y) / (len(x) + len(y)) * (x.mean() - y.mean()) ** 2
    within = (((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum()) / (len(x) + len(y) - 2)
    assert scores["triplet"] == pytest.approx(between / within)
    expected = f_classif(table[list(FEATURES)].to_numpy(), table["region"] == "PF")[0]
    assert scores.to_numpy() == pytest.approx(expected)


def test_a_redraw_that_takes_each_observation_once_gives_the_f_score_itself():
    table = spectra_table(offset=0.4, observation_spread=0.5)
    values = distributions.standardise_features(table[list(FEATURES)])
    sums = [distributions._unit_sums(values, table, region, "observation").sum(axis=0)[None] for region in ("PF", "AR")]
    assert distributions._f_from_sums(*sums)[0] == pytest.approx(distributions.f_scores(table).to_numpy())


def test_uncertainty_is_wider_over_observations_than_over_spectra_when_observations_differ():
    table = spectra_table(offset=1.0, observation_spread=0.6).reset_index(names="spectrum")
    over = {
        unit: distributions.bootstrap_f_scores(table, np.random.default_rng(0), 300, unit).std().mean()
        for unit in ("observation", "spectrum")
    }
    assert over["observation"] > 2 * over["spectrum"]


def test_uncertainty_is_the_same_when_observations_are_alike():
    table = spectra_table(n_observations=30, n_spectra=20, offset=0.5).reset_index(names="spectrum")
    over = {
        unit: distributions.bootstrap_f_scores(table, np.random.default_rng(0), 300, unit).std().mean()
        for unit in ("observation", "spectrum")
    }
    assert over["observation"] == pytest.approx(over["spectrum"], rel=0.4)


def test_the_feature_that_differs_ranks_first_with_its_range():
    table = spectra_table(observation_spread=0.2)
    table.loc[table["region"] == "PF", "triplet"] += 2.0
    draws = distributions.bootstrap_f_scores(table, np.random.default_rng(0), 200)
    result = distributions.f_score_table(table, draws)
    first = result.iloc[0]
    assert (first["feature"], first["rank"], first["paper_rank"]) == ("triplet", 1, 1)
    assert first["low"] < first["f_score"] < first["high"]
    assert sorted(result["rank"]) == sorted(result["paper_rank"]) == list(range(1, 11))
    assert result["first_share"].sum() == pytest.approx(1)


def test_rank_agreement_runs_from_one_to_minus_one():
    in_order = np.array([10.0 - FEATURE_RANKING.index(feature) for feature in FEATURES])
    assert distributions.rank_agreement([in_order, -in_order]) == pytest.approx([1, -1])


def test_statements_of_the_paper_are_judged_by_the_medians():
    table = pd.DataFrame(1.0, index=range(4), columns=list(FEATURES)).assign(region=["QS", "SS", "AR", "PF"])
    table["triplet"] = [-1.0, 0.0, 0.5, 2.0]
    result = distributions.check_statements(table).set_index(["region", "feature"])
    assert result.loc[("QS", "triplet"), ["paper", "median", "next", "holds"]].tolist() == ["lowest", -1.0, 0.0, True]
    assert result.loc[("PF", "triplet"), ["paper", "median", "next", "holds"]].tolist() == ["highest", 2.0, 0.5, True]
    assert not result.loc[("QS", "kh_ratio"), "holds"]  # equal to the others, so not the lowest


def test_density_table_holds_ten_features_of_each_region():
    table = spectra_table()
    result = distributions.density_table(table, regions=("PF", "AR"), n_points=50)
    assert result.groupby(["feature", "region"]).size().eq(50).all()
    assert set(result["feature"]) == set(FEATURES)


def test_draw_keeps_regions_equal_and_takes_no_spectrum_twice():
    table = spectra_table().reset_index(names="spectrum")
    drawn = distributions.sample_spectra(table, ("PF", "AR"), 100, np.random.default_rng(0))
    assert drawn["region"].tolist() == ["PF"] * 100 + ["AR"] * 100
    assert drawn["spectrum"].is_unique


def test_draw_names_the_region_that_has_too_few_spectra():
    with pytest.raises(InputError, match="240 spectra of region 'PF' where 500"):
        distributions.sample_spectra(spectra_table(), ("PF",), 500, np.random.default_rng(0))


def test_a_region_without_spectra_is_named():
    with pytest.raises(InputError, match="holds no spectra of QS, SS"):
        distributions.density_table(spectra_table())
