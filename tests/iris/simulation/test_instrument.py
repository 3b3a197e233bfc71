"""Counts, noise and blemishes."""

import numpy as np
import pytest

from flarebook.iris.simulation import instrument
from flarebook.iris.simulation.observation import load_calibration

SETTINGS = load_calibration()["instrument"]


def test_counts_have_the_mean_and_the_photon_noise_of_the_detector():
    intensity = np.full((20_000, 4), 4e-9, np.float32)
    counts = instrument.expose(intensity, 8.0, np.random.default_rng(0), SETTINGS)
    mean = 4e-9 * SETTINGS["dn_per_unit"] * 8
    assert counts.mean() == pytest.approx(mean, rel=1e-3)
    assert counts.var() == pytest.approx(mean / SETTINGS["electrons_per_dn"] + SETTINGS["read_noise"] ** 2, rel=0.02)


def test_twice_the_exposure_time_gives_twice_the_counts():
    intensity = np.full((2, 50_000), 4e-9, np.float32)
    once, twice = instrument.expose(intensity, np.array([2.0, 4.0]), np.random.default_rng(0), SETTINGS).mean(axis=1)
    assert twice / once == pytest.approx(2, rel=1e-2)


def test_cosmic_rays_only_add_counts():
    counts = np.zeros((5_000, 30), np.float32)
    hits = instrument.add_cosmic_rays(counts, np.random.default_rng(0), SETTINGS)
    assert hits == pytest.approx(SETTINGS["cosmic_rays"] * 5_000, abs=12)
    assert counts.min() == 0 < counts.max()


def test_dust_darkens_the_pixels_asked_for():
    along = instrument.dust_transmission(500, np.random.default_rng(0), {"dust": [3, 0.25]})
    assert sorted(along)[:4] == [0.25, 0.25, 0.25, 1.0]


def test_share_of_missing_exposures():
    missing = instrument.missing_exposures(20_000, np.random.default_rng(0), {"missing_exposures": 0.1})
    assert missing.mean() == pytest.approx(0.1, abs=0.01)
