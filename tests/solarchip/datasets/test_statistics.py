"""Statistics of the Sun's images and flares, on cases whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from flarebook.compendium.errors import InputError
from flarebook.goes.classes import class_to_flux, power_law_index
from flarebook.solarchip.datasets import statistics
from flarebook.solarchip.images.grid import Disk

DISK = Disk(64)
DAYS = pd.DataFrame({"time": pd.date_range("2012-01-01", periods=4).astype(str), "peak_flux": [0.0, 2e-5, 3e-4, 5e-6]})


def test_a_disk_darkened_towards_its_limb_gives_its_own_law_back():
    image = np.where(DISK.on, 800 * (1 - 0.6 * (1 - DISK.mu)), 0.0)
    edges = np.array([0, 0.2, 0.6, 0.8, 0.95])
    profile = statistics.limb_profile(image, DISK.radius, edges)
    mu = np.sqrt(1 - ((edges[1:] ** 2 + edges[:-1] ** 2) / 2))  # a ring's pixels lie evenly in radius squared
    law = (1 - 0.6 * (1 - mu)) / (1 - 0.6 * (1 - np.sqrt(1 - 0.5**2 / 2)))
    assert profile == pytest.approx(law, rel=0.02)


def test_pixels_that_are_no_numbers_do_not_count():
    image = np.where(DISK.on, 5.0, np.nan)
    profile = statistics.limb_profile(image, DISK.radius, np.array([0, 0.5, 1, 1.04, 1.08]))
    assert profile[:2] == pytest.approx(1) and np.isnan(profile[2:]).all()


def test_a_spot_stands_out_from_its_ring_whatever_the_limb_darkening():
    image = np.where(DISK.on, 1 - 0.6 * (1 - DISK.mu), np.nan)
    spot = (slice(30, 32), slice(45, 47))
    image[spot] *= 0.6
    contrast = statistics.ring_contrast(image, DISK.radius, np.arange(0, 0.96, 0.05))
    assert np.nanmedian(contrast) == pytest.approx(1, abs=0.01)
    assert contrast[spot] == pytest.approx(0.6, abs=0.03)
    assert np.isnan(contrast[DISK.radius > 1]).all()


def test_histograms_of_one_sample_sum_to_its_share_within_the_bins():
    table = statistics.histogram_table({("field", "real"): [-1, 1, 1, 9, np.nan]}, {"field": np.array([-2.0, 0, 2])})
    assert table["density"].tolist() == [1 / 8, 2 / 8]  # of four numbers, in bins two gauss wide


def test_power_law_is_recovered_from_its_own_draws():
    draws = class_to_flux("C1.0") * np.random.default_rng(3).random(20_000) ** (-1 / (2.1 - 1))
    index, error = power_law_index(draws)
    assert index == pytest.approx(2.1, abs=4 * error) and error == pytest.approx(1.1 / np.sqrt(20_000), rel=0.05)
    with pytest.raises(InputError, match="simulate more days"):
        power_law_index(draws[:5])


def test_rates_count_flares_by_day_and_dates_by_their_largest():
    flares = pd.DataFrame({"peak_flux": [1.5e-6, 2e-5, 1.2e-5, 3e-4, 5e-6]})
    rates = statistics.flare_rates(flares, DAYS)
    assert rates["flares a day"].tolist() == [5 / 4, 3 / 4, 1 / 4]
    assert rates["share of dates"].tolist() == [3 / 4, 2 / 4, 1 / 4]
    assert statistics.cumulative_table(flares, DAYS)["flares a day"].tolist() == [0.25, 0.5, 0.75, 1.0, 1.25]


def test_a_region_emerges_once_with_its_largest_flux():
    regions = pd.DataFrame(
        {
            "time": ["2012-01-02", "2012-01-01", "2012-01-02"],
            "region": [7, 7, 9],
            "latitude": [11.0, 10.0, -20.0],
            "longitude": [5.0, -8.0, 30.0],
            "flux": [3e21, 1e21, 2e21],
        }
    )
    table = statistics.emerged_regions(regions).set_index("region")
    assert table.loc[7, "longitude"] == -8 and table.loc[7, "flux"] == 3e21 and len(table) == 2


def test_share_of_flaring_dates_follows_the_inversion_line():
    rng = np.random.default_rng(2)
    r = np.where(rng.random(4000) < 0.2, 0, rng.uniform(2, 4, 4000))
    p = np.where(r > 0, (r - 2) / 4, 0)
    days = pd.DataFrame({"r_value": r, "p_m": p, "label_m": (rng.random(4000) < p).astype(int)})
    table = statistics.flare_fraction_by_r(days, n_bins=5)
    assert table["n"].sum() == 4000 and len(table) == 6 and table["r"][0] == 0 and table["share"][0] == 0
    assert table["share"][1:].to_numpy() == pytest.approx(table["probability"][1:].to_numpy(), abs=0.07)
    assert table["share"].is_monotonic_increasing


def test_nobody_exceeds_the_bayes_ceiling_and_the_truth_reaches_it():
    p = np.random.default_rng(5).beta(0.5, 2, 300)
    ceiling = statistics.tss_upper_bound(p)
    called = [p > threshold for threshold in np.linspace(0, 1, 101)]
    reached = [(p * c).sum() / p.sum() - ((1 - p) * c).sum() / (1 - p).sum() for c in called]
    assert max(reached) <= ceiling + 1e-12 and max(reached) == pytest.approx(ceiling, abs=0.01)
    outcomes = np.random.default_rng(6).random((4000, 300)) < p
    call = p > p.mean()
    hits = (outcomes & call).sum(1) / outcomes.sum(1) - (~outcomes & call).sum(1) / (~outcomes).sum(1)
    assert hits.mean() == pytest.approx(ceiling, abs=0.01)


def test_certain_events_can_be_forecast_perfectly_and_even_odds_not_at_all():
    assert statistics.tss_upper_bound([0, 0, 1, 1, 0]) == 1
    assert statistics.tss_upper_bound([0.3, 0.3, 0.3]) == pytest.approx(0)


def test_real_and_simulated_numbers_stand_side_by_side():
    measured = {"light.real": 150.0, "light.simulated": 300.0, "other": 1.0}
    row = statistics.compare_suns(measured, {"light": "median [DN/s]"}).iloc[0]
    assert row.tolist() == ["median [DN/s]", 150.0, 300.0, 2.0]


def test_grain_tells_white_noise_from_structures_of_five_pixels():
    rng = np.random.default_rng(0)
    white = rng.normal(size=(64, 64))
    smooth = gaussian_filter(rng.normal(size=(64, 64)), 3.5)
    noise = {"white": white, "smooth": smooth / smooth.std()}
    small, large = {}, {}
    for name, pattern in noise.items():
        small[name], large[name] = statistics.granularity(100 * 10 ** (0.05 * pattern), DISK.radius)
    assert small["white"] == pytest.approx(0.05, rel=0.15)
    assert small["white"] > 4 * small["smooth"] and large["smooth"] > 3 * large["white"]


def test_bright_share_counts_thousandths_above_three_times_the_median():
    light = np.log10(np.concatenate([np.full(950, 100.0), np.full(30, 250.0), np.full(20, 400.0)]))
    assert statistics.bright_fraction(light) == pytest.approx(20)
