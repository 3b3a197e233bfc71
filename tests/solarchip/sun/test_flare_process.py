"""Flares of the simulated Sun: as many as the rates say, sizes of a power law, seen on the near side alone."""

import numpy as np
import pandas as pd
import pytest

from flarebook.solarchip.datasets.day_tables import simulation_truth
from flarebook.solarchip.sun.flare_process import (
    INDEX,
    R_POWER,
    Rates,
    expected_visible,
    flare_rate,
    fraction_above,
    glowing_flares,
    list_flares,
    sample_flares,
    xray_background,
)
from flarebook.solarchip.sun.regions import rotation_rate


def steady(rate, longitude=0.0, n_days=2000):
    """Rates of one region that flares equally on every day from the same place."""
    table = pd.DataFrame({"step": np.arange(n_days), "region": 0, "latitude": 10.0, "longitude": longitude})
    return Rates(table.assign(flux=1e22, r_value=1e5, rate=rate), np.arange(float(n_days)), 1.0)


@pytest.fixture(scope="module")
def flares():
    """Flares of a region that makes one M flare every second day."""
    return sample_flares(steady(0.5), np.random.default_rng(3))


def test_number_of_m_flares_is_the_rate_times_the_days(flares):
    assert (flares["peak_flux"] >= 1e-5).sum() == pytest.approx(1000, abs=4 * 1000**0.5)


def test_sizes_follow_the_power_law_of_the_index(flares):
    flux = flares["peak_flux"].to_numpy()
    index = 1 + len(flux) / np.log(flux / flux.min()).sum()
    assert index == pytest.approx(INDEX, abs=0.05)
    assert fraction_above(1e-5) == pytest.approx(10 ** (1 - INDEX), abs=0.001)
    assert fraction_above(1e-6) == 1 and fraction_above(1.0) == 0


def test_flare_begins_before_its_peak_and_ends_after_it_with_a_class_that_fits(flares):
    assert ((flares["start"] < flares["peak"]) & (flares["peak"] < flares["end"])).all()
    assert flares["peak"].is_monotonic_increasing
    assert (flares["goes_class"].str[0] == "M").sum() == (
        (flares["peak_flux"] >= 1e-5) & (flares["peak_flux"] < 1e-4)
    ).sum()


@pytest.mark.parametrize(
    ("longitude", "seen"),
    [(0.0, 1.0), (120.0, 0.0), (90 - rotation_rate(10.0) / 2, 0.5), (-90 - rotation_rate(10.0) / 4, 0.75)],
)
def test_region_that_crosses_the_limb_counts_for_its_time_on_the_near_side(longitude, seen):
    rates = steady(0.5, longitude)
    np.testing.assert_allclose(expected_visible(rates), 0.5 * seen, atol=1e-9)
    visible = sample_flares(rates, np.random.default_rng(1))["visible"]
    assert visible.mean() == pytest.approx(seen, abs=0.02)


LISTED = pd.DataFrame({"peak": 5.0, "start": 4.995, "end": 5.02, "peak_flux": 1e-5, "visible": True}, index=[0])
STEADY = steady(0.0, n_days=10)  # a region of 1e22 Mx: a background of 1.4e-7 W/m^2


def among(*others):
    """What is listed of a flare of M1 at day 5 and others, {column: value} each: their peak fluxes in order of peak."""
    rows = [LISTED, *(LISTED.assign(**other) for other in others)]
    table = pd.concat(rows).sort_values("peak", ignore_index=True)
    return list(list_flares(table, STEADY)["peak_flux"])


def test_of_flares_that_overlap_the_largest_is_listed():
    assert among() == [1e-5]
    assert among({"peak": 5.01, "peak_flux": 9e-6}) == [1e-5]
    assert among({"peak": 5.01, "peak_flux": 2e-5, "start": 4.99}) == [2e-5]
    assert among({"peak": 5.5, "start": 5.49, "end": 5.51, "peak_flux": 2e-6}) == [1e-5, 2e-6]
    middle = {"peak": 5.015, "start": 5.01, "end": 5.06, "peak_flux": 9e-6}  # not listed, so it hides none
    assert among(middle, {"peak": 5.05, "start": 5.045, "end": 5.06, "peak_flux": 5e-6}) == [1e-5, 5e-6]


def test_flare_that_hardly_raises_the_flux_of_the_sun_is_not_listed():
    later = {"peak": 5.04, "start": 5.03, "end": 5.06}  # 4.6e-5 W/m^2 are left of the X1
    assert among({**later, "peak_flux": 1.7e-5}, {"peak_flux": 1e-4, "start": 4.99}) == [1e-4]
    assert among({**later, "peak_flux": 2e-5}, {"peak_flux": 1e-4, "start": 4.99}) == [1e-4, 2e-5]


def test_flares_behind_the_limb_stay_and_hide_none():
    assert among({"peak": 5.01, "peak_flux": 2e-5, "visible": False}) == [1e-5, 2e-5]


def test_bright_regions_hide_the_small_flares_of_a_day_and_its_probability_says_so():
    bright = steady(0.05, n_days=10)
    bright.table["flux"] = 2e23  # 4.4e-6 W/m^2 of background
    assert xray_background(np.array([2e23])) == pytest.approx(4.4e-6, rel=0.02)
    assert expected_visible(bright, 1e-6)[5] == pytest.approx(
        0.05 * fraction_above(1.76e-6) / fraction_above(1e-5), rel=0.02
    )
    assert expected_visible(bright)[5] == pytest.approx(0.05)


def test_rate_grows_with_r_and_with_twist_of_either_hand():
    assert flare_rate(1e5, 0.5) == pytest.approx(10**R_POWER * flare_rate(1e4, 0.5))
    assert flare_rate(1e5, -1.5) == flare_rate(1e5, 1.5) > flare_rate(1e5, 0.0)


def test_large_flare_glows_for_hours_and_never_before_it():
    one = pd.DataFrame({"peak": [10.0], "peak_flux": [2e-4], "region": [4], "visible": [True]})
    assert len(glowing_flares(one, 9.99)[0]) == 0
    (region,), (early,), _ = glowing_flares(one, 10.01)
    (late,) = glowing_flares(one, 10.05)[1]
    assert region == 4 and 2e-4 > early > 2 * late > 0
    assert len(glowing_flares(one, 10.9)[0]) == 0


def test_truth_of_a_day_is_the_rate_of_the_24_hours_after_it():
    rates = steady(np.arange(10) == 5, n_days=10)
    truths = simulation_truth(rates, np.array([4.0, 5.0, 6.0]))
    np.testing.assert_allclose(truths["rate_m"], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(truths["p_m"], [0, 1 - np.exp(-1), 0], atol=1e-12)
    assert truths["p_c"][1] > truths["p_m"][1]
