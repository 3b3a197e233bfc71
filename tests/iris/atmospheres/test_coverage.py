"""Nearest library shapes of real profiles."""

import numpy as np
import pytest

from flarebook.iris.atmospheres import coverage
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.atmospheres.mixture import blanketing
from flarebook.iris.mg2 import GRID


@pytest.fixture(scope="module")
def profiles():
    return load_library()


def test_nearest_profile_of_a_library_profile_is_itself_however_bright(profiles):
    index, distance = coverage.nearest_profiles(3 * profiles.profiles[10:20], profiles.profiles)
    assert list(index) == list(range(10, 20))
    assert distance.max() < 1e-3


def test_a_shifted_and_broadened_library_profile_is_covered_and_recognised(profiles):
    candidates, origin = coverage.candidates(profiles, GRID, [])
    chosen = 1234
    _, rows = coverage.compare(candidates[[chosen]], GRID, profiles, [])
    assert rows.loc[0, ["profile", "macroturbulence", "shift"]].tolist() == origin.loc[chosen].tolist()
    assert rows.loc[0, "covered"]


def test_an_emission_line_four_times_too_broad_is_not_covered(profiles):
    broad = np.exp(-0.5 * ((GRID - 2796.35) / 1.2) ** 2) + np.exp(-0.5 * ((GRID - 2803.53) / 1.2) ** 2)
    _, rows = coverage.compare(broad[None], GRID, profiles, [])
    assert not rows.loc[0, "covered"]


def test_uncovered_shapes_are_sorted_into_their_groups(profiles):
    offsets = np.repeat([0.0, 1.5], [6, 3])
    spectra = np.stack([np.exp(-0.5 * ((GRID - 2796.35 - offset) / 1.2) ** 2) for offset in offsets])
    _, rows = coverage.compare(spectra, GRID, profiles, [])
    means, groups = coverage.uncovered_groups(spectra, rows, 2)
    assert [len(group) for group in groups] == [6, 3]
    assert GRID[means[1].argmax()] - GRID[means[0].argmax()] == pytest.approx(1.5, abs=0.05)


def test_the_real_raster_has_the_narrow_lines_of_the_calibration():
    """The fitted lines make the library's quiet spectrum more like the real one than without them."""
    from flarebook.iris.rasters import samples
    from flarebook.iris.simulation.observation import load_calibration

    raster = samples.real_raster()
    kept = (raster.wavelength > 2794) & (raster.wavelength < 2805)  # the outermost wavelengths are missing
    spectra, wavelength = raster.spectra[..., kept].reshape(-1, kept.sum()), raster.wavelength[kept]
    quiet = spectra[spectra.max(axis=1) < 320].mean(axis=0)
    near = (np.abs(wavelength - 2801.9) < 0.3) | (np.abs(wavelength - 2799.47) < 0.2)
    lines = blanketing(wavelength, load_calibration()["blanketing"])[near]
    assert np.corrcoef(quiet[near], lines)[0, 1] > 0.9
