"""Simulated observations."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris import observations
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.features.extract import extract
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.read import read_raster
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.simulation import observation


def raster(name, seed=0, n_exposures=16, **options):
    rng = np.random.default_rng(seed)
    return observation.simulate_observation(observations.entry(name), load_library(), rng, n_exposures, **options)


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
            features, good = extract(*arguments(simulated))
            values.append(features[good & (truth["quiet_fraction"] < 0.5), FEATURES.index("triplet")])
        medians[name] = np.median(np.concatenate(values))
    assert medians["PF"] > medians["AR"] + 0.2


def arguments(simulated):
    """What `extract` takes, from a raster."""
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
