"""The shipped profile library and what is done to its profiles."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres import library
from flarebook.iris.atmospheres.library import blanketing, load_library
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES, GRID, LIGHT_SPEED
from scripts.iris import synthesise_library


@pytest.fixture(scope="module")
def shipped():
    return library.load_library()


def feature(shipped, name, speed=7.0):
    """One feature of every library profile, at a macroturbulence of `speed` km/s."""
    values, good = extract_features(library.broaden(shipped.profiles, speed), shipped.wavelength, 1.0)
    assert good.all()
    return values[:, FEATURES.index(name)]


def test_library_is_small_whole_and_positive(shipped):
    assert library.LIBRARY.stat().st_size < 2e6
    assert len(shipped.profiles) == len(shipped.parameters) > 100
    assert np.isfinite(shipped.profiles).all() and (shipped.profiles > 0).all()


def test_first_profile_is_unperturbed_fal_c(shipped):
    assert shipped.parameters.index[0] == 0
    assert shipped.parameters.loc[0, ["transition_region_shift", "low_heating", "velocity", "photosphere"]].eq(0).all()


def test_fal_c_has_two_almost_equal_k2_peaks_around_a_central_reversal(shipped):
    near = np.abs(shipped.wavelength - 2796.35) < 0.4
    core = shipped.profiles[0, near]
    middle = len(core) // 2
    violet, red = core[:middle].max(), core[middle:].max()
    assert violet / red == pytest.approx(1, abs=0.05)
    assert core[middle - 3 : middle + 3].min() < 0.6 * red


def test_low_heating_turns_the_triplet_towards_emission(shipped):
    heating, triplet = shipped.parameters["low_heating"], feature(shipped, "triplet")
    assert triplet[heating > 2500].mean() > triplet[heating < 500].mean() + 0.5


def test_upflows_weaken_the_violet_peak(shipped):
    """Section 2.1, feature 9: peak ratios below one belong to upflows above the peak formation height."""
    speed, ratio = shipped.parameters["velocity"], feature(shipped, "peak_ratio")
    assert np.median(ratio[speed > 4000]) < 1 < np.median(ratio[speed < -4000])


def test_spots_have_less_continuum_than_the_quiet_photosphere(shipped):
    continuum = shipped.profiles[:, np.abs(shipped.wavelength - 2800.2) < 0.1].mean(axis=1)
    cool = shipped.parameters["photosphere"] < -600
    assert continuum[cool].max() < 0.6 * np.median(continuum[~cool & (shipped.parameters["photosphere"] > -150)])


def test_broadening_keeps_the_light_and_lowers_the_peak(shipped):
    broad = library.broaden(shipped.profiles[:5], 10.0)
    np.testing.assert_allclose(broad.sum(axis=1), shipped.profiles[:5].sum(axis=1), rtol=0.01)
    assert (broad.max(axis=1) < shipped.profiles[:5].max(axis=1)).all()


def test_downflow_moves_a_line_to_the_red_by_its_doppler_shift():
    wavelength = library.WAVELENGTH
    line = np.exp(-0.5 * ((wavelength - 2796.35) / 0.1) ** 2)[None]
    moved = library.doppler_shift(line, wavelength, 30.0)
    centre = (moved[0] * wavelength).sum() / moved[0].sum()
    assert centre - 2796.35 == pytest.approx(30 / LIGHT_SPEED * 2796.35, abs=1e-3)


def test_a_file_that_is_no_library_is_one_clear_sentence(tmp_path):
    path = tmp_path / "library.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(InputError, match="not a profile library"):
        library.load_library(path)


def test_packing_an_empty_folder_is_one_clear_sentence(tmp_path):
    with pytest.raises(InputError, match="synthesise_library"):
        synthesise_library.pack_library(tmp_path, tmp_path / "library.npz")


@pytest.mark.slow
@pytest.mark.peers
def test_lightweaver_gives_the_shipped_fal_c_profile_again(shipped):
    pytest.importorskip("lightweaver")
    again = synthesise_library.instrument_sampling(
        synthesise_library.synthesise(shipped.parameters.loc[0].to_numpy()), synthesise_library.FINE_WAVELENGTH
    )
    np.testing.assert_allclose(again, shipped.profiles[0], rtol=2e-3)


@pytest.fixture(scope="module")
def profiles():
    return load_library()


def test_nearest_profile_of_a_library_profile_is_itself_however_bright(profiles):
    index, distance = library.nearest_profiles(3 * profiles.profiles[10:20], profiles.profiles)
    assert list(index) == list(range(10, 20))
    assert distance.max() < 1e-3


def test_a_shifted_and_broadened_library_profile_is_covered_and_recognised(profiles):
    candidates, origin = library.candidates(profiles, GRID, [])
    chosen = 1234
    _, rows = library.compare_with_library(candidates[[chosen]], GRID, profiles, [])
    assert rows.loc[0, ["profile", "macroturbulence", "shift"]].tolist() == origin.loc[chosen].tolist()
    assert rows.loc[0, "covered"]


def test_an_emission_line_four_times_too_broad_is_not_covered(profiles):
    broad = np.exp(-0.5 * ((GRID - 2796.35) / 1.2) ** 2) + np.exp(-0.5 * ((GRID - 2803.53) / 1.2) ** 2)
    _, rows = library.compare_with_library(broad[None], GRID, profiles, [])
    assert not rows.loc[0, "covered"]


def test_uncovered_shapes_are_sorted_into_their_groups(profiles):
    offsets = np.repeat([0.0, 1.5], [6, 3])
    spectra = np.stack([np.exp(-0.5 * ((GRID - 2796.35 - offset) / 1.2) ** 2) for offset in offsets])
    _, rows = library.compare_with_library(spectra, GRID, profiles, [])
    means, groups = library.uncovered_groups(spectra, rows, 2)
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
