"""Simulated observations."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris import observations
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.read import read_raster
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.simulation import observation
from flarebook.iris.simulation.observation import load_calibration


def raster(name, seed=0, n_exposures=16, **options):
    rng = np.random.default_rng(seed)
    return observation.simulate_observation(
        observations.find_observation(name), load_library(), rng, n_exposures, **options
    )


def test_the_same_seed_gives_the_same_raster_and_another_seed_another():
    first, again, other = (raster("QS 5", seed)[0].spectra for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other, equal_nan=True)


def test_a_simulated_raster_survives_level_2(tmp_path):
    simulated, _ = raster("PF 15", n_slit=200)
    back = read_raster(write_raster(simulated, tmp_path / "simulated_raster.fits"))
    assert np.nanmax(np.abs(back.spectra - simulated.spectra)) <= 0.125  # the format's steps are .25 DN
    np.testing.assert_allclose(back.wavelength, simulated.wavelength, atol=1e-6)
    np.testing.assert_allclose(back.x, simulated.x, atol=1e-3)
    np.testing.assert_array_equal(back.quality, simulated.quality)


def test_steps_of_a_coarse_raster_are_two_arcsec_apart():
    simulated, _ = raster("PF 15", n_slit=20)
    np.testing.assert_allclose(np.diff(simulated.x[:8]), 2.0)
    assert simulated.x[8] == simulated.x[0]


def test_quiet_sun_is_all_quiet_and_only_pre_flare_knows_its_onset():
    _, quiet = raster("QS 5")
    _, preflare = raster("PF 15", n_slit=50)
    assert (quiet["quiet_fraction"] == 1).all() and quiet["minutes_to_onset"].isna().all()
    assert preflare["minutes_to_onset"].between(-26, -1).all()


def test_pre_flare_cores_have_more_triplet_emission_than_active_ones():
    medians = {}
    for name in ("AR", "PF"):
        values = []
        for number in (7, 8, 9):
            simulated, truth = raster(f"{name} {number}")
            features, good = extract_features(*arguments(simulated))
            values.append(features[good & (truth["quiet_fraction"] < 0.5), FEATURES.index("triplet")])
        medians[name] = np.median(np.concatenate(values))
    assert medians["PF"] > medians["AR"] + 0.2


def arguments(simulated):
    """What `extract_features` takes, from a raster."""
    spectra, exposure_time = simulated.flat()
    return spectra, simulated.wavelength, exposure_time


def test_missing_exposures_are_missing_whole():
    simulated, _ = raster("QS 6", n_exposures=300, n_slit=5)
    missing = np.isnan(simulated.spectra)
    assert missing.any()
    assert (missing.all(axis=(1, 2)) == missing.any(axis=(1, 2))).all()


def test_a_broken_calibration_is_one_clear_sentence(tmp_path):
    path = tmp_path / "calibration.yaml"
    path.write_text("quiet: [unclosed")
    with pytest.raises(InputError, match="calibration"):
        observation.load_calibration(path)


SETTINGS = load_calibration()["instrument"]


def test_counts_have_the_mean_and_the_photon_noise_of_the_detector():
    intensity = np.full((20_000, 4), 4e-9, np.float32)
    counts = observation.expose_spectra(intensity, 8.0, np.random.default_rng(0), SETTINGS)
    mean = 4e-9 * SETTINGS["dn_per_unit"] * 8
    assert counts.mean() == pytest.approx(mean, rel=1e-3)
    assert counts.var() == pytest.approx(mean / SETTINGS["electrons_per_dn"] + SETTINGS["read_noise"] ** 2, rel=0.02)


def test_twice_the_exposure_time_gives_twice_the_counts():
    intensity = np.full((2, 50_000), 4e-9, np.float32)
    once, twice = observation.expose_spectra(intensity, np.array([2.0, 4.0]), np.random.default_rng(0), SETTINGS).mean(
        axis=1
    )
    assert twice / once == pytest.approx(2, rel=1e-2)


def test_cosmic_rays_only_add_counts():
    counts = np.zeros((5_000, 30), np.float32)
    hits = observation.add_cosmic_rays(counts, np.random.default_rng(0), SETTINGS)
    assert hits == pytest.approx(SETTINGS["cosmic_rays"] * 5_000, abs=12)
    assert counts.min() == 0 < counts.max()


def test_dust_darkens_the_pixels_asked_for():
    along = observation.dust_transmission(500, np.random.default_rng(0), {"dust": [3, 0.25]})
    assert sorted(along)[:4] == [0.25, 0.25, 0.25, 1.0]


def test_share_of_missing_exposures():
    missing = observation.missing_exposures(20_000, np.random.default_rng(0), {"missing_exposures": 0.1})
    assert missing.mean() == pytest.approx(0.1, abs=0.01)
