"""Facts about the ten features of Panos & Kleint 2020."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.features import tables
from flarebook.iris.features.extract import (
    extract_features,
    interpolate_profiles,
    line_center_velocity,
    peaks,
    window_edges,
)
from flarebook.iris.mg2 import FEATURES, GRID
from flarebook.iris.rasters.samples import real_raster

reference_features = runpy.run_path(Path(__file__).with_name("features_reference.py"))["reference_features"]
FINE = np.arange(2793.0, 2807.0, 0.02546)


def line(center, height=1000.0, width=0.15, wavelength=FINE):
    """A Gaussian emission line."""
    return height * np.exp(-0.5 * ((wavelength - center) / width) ** 2)


def spectrum(*lines, continuum=40.0, wavelength=FINE):
    """Lines (centre, height, width) over a flat continuum."""
    return continuum + sum(line(*each, wavelength=wavelength) for each in lines)


K_AND_H = ((2796.34, 1000.0, 0.15), (2803.52, 1000.0, 0.15))


def feature(name, *spectra, wavelength=FINE, **options):
    """One feature of each of some spectra, all measurable."""
    features, good = extract_features(np.array(spectra), wavelength, 1.0, **options)
    assert good.all()
    return features[:, FEATURES.index(name)]


def reversed_line(center, blue=1000.0, red=1000.0):
    """A line with a central reversal: two peaks 0.4 A apart."""
    return ((center - 0.2, blue, 0.1), (center + 0.2, red, 0.1))


def assert_agrees(spectra, wavelength, exposure_time, **options):
    """Compare with the plain reference, spectrum by spectrum, to 1e-5."""
    spectra = spectra.astype(np.float32)
    features, good = extract_features(spectra, wavelength, exposure_time, **options)
    for row, one in enumerate(spectra):
        expected = reference_features(one, wavelength, exposure_time, **options)
        assert good[row] == (expected is not None), row
        np.testing.assert_allclose(features[row], expected or np.zeros(10), rtol=1e-5, atol=1e-5, err_msg=f"row {row}")


def test_real_spectra_agree_with_the_plain_reference():
    raster = real_raster()
    assert_agrees(raster.spectra[1, ::3], raster.wavelength, raster.exposure_time[1])


@pytest.mark.parametrize("window", [2.0, 3.0, 4.0])
def test_random_spectra_agree_with_the_plain_reference(window):
    rng = np.random.default_rng(3)
    noise = rng.normal(30, 25, (60, len(FINE))).astype(np.float32)  # noise alone: some negative, many extrema
    assert_agrees(noise, FINE, 2.0, window=window)
    assert_agrees(rng.poisson(spectrum(*K_AND_H), (60, len(FINE))).astype(np.float32), FINE, 2.0, window=window)


def test_pathological_spectra_agree_with_the_plain_reference():
    rows = [np.zeros_like(FINE), np.full_like(FINE, 7), np.full_like(FINE, -5), FINE - 2793, 2807 - FINE]
    rows += [np.full_like(FINE, np.nan), np.where(FINE > 2800, np.nan, 50), np.full_like(FINE, -200)]
    rows += [
        np.where(abs(FINE - 2796.34) < 0.02, 1e6, 0.0),
        spectrum(*K_AND_H, continuum=0),
        np.full_like(FINE, np.inf),
    ]
    rows += [spectrum(*reversed_line(2796.34), *reversed_line(2803.52)), spectrum((2800.0, 900.0, 0.3))]
    assert_agrees(np.array(rows), FINE, 1.0)


def test_bad_spectra_are_zero_rows_and_never_nan():
    bad = spectrum(*K_AND_H)
    bad[len(bad) // 2] = np.nan
    features, good = extract_features(
        np.array([spectrum(*K_AND_H), bad, np.full_like(FINE, -200)]), FINE, [1.0, 1.0, 1.0]
    )
    assert good.tolist() == [True, False, False]
    assert np.isfinite(features).all() and not features[1:].any() and features[0].any()


@pytest.mark.parametrize("exposure_time", [0.0, -1.0, np.nan])
def test_spectra_without_exposure_time_are_marked_bad(exposure_time):
    features, good = extract_features(spectrum(*K_AND_H)[None], FINE, exposure_time)
    assert not good[0] and not features.any()


def test_missing_values_outside_the_two_lines_do_no_harm():
    edge = spectrum(*K_AND_H)
    edge[FINE < 2794] = -200
    np.testing.assert_array_equal(*(extract_features(s[None], FINE, 1.0)[0] for s in (edge, spectrum(*K_AND_H))))


def test_intensity_is_the_maximum_per_second():
    _, good = extract_features(spectrum(*K_AND_H)[None], FINE, 8.0)
    features, _ = extract_features(np.array([spectrum(*K_AND_H, wavelength=GRID)] * 2), GRID, [1.0, 8.0])
    assert good.all() and features[0, 0] == pytest.approx(8 * features[1, 0])
    assert features[0, 0] == pytest.approx(spectrum(*K_AND_H, wavelength=GRID).max(), rel=1e-6)


def test_identical_lines_have_a_kh_ratio_of_one():
    assert feature("kh_ratio", spectrum(*K_AND_H))[0] == pytest.approx(1, abs=0.005)


def test_a_k_line_twice_as_strong_has_a_kh_ratio_of_two():
    optically_thin = spectrum((2796.34, 2000.0, 0.15), (2803.52, 1000.0, 0.15), continuum=1e-3)
    assert feature("kh_ratio", optically_thin)[0] == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("velocity", [-60, -20, 20, 60])
def test_a_doppler_shift_moves_the_line_centre_by_its_velocity(velocity):
    at_rest, moved = (spectrum(*((c * (1 + v / 299792.458), h, w) for c, h, w in K_AND_H)) for v in (0, velocity))
    shift = np.diff(line_center_velocity(feature("line_center", at_rest, moved)))[0]
    assert shift == pytest.approx(velocity, abs=5.3)  # one grid point is 5.2 km/s


def test_a_broader_line_has_a_larger_width():
    narrow, broad = feature("line_width", *(spectrum((2796.34, 1e3, w), continuum=0.1) for w in (0.15, 0.30)))
    assert broad == pytest.approx(2 * 0.6745 * 0.30 / (GRID[1] - GRID[0]), abs=1.5) and broad > narrow


def test_a_red_wing_makes_the_asymmetry_positive():
    red = spectrum((2796.34, 1000.0, 0.12), (2796.75, 500.0, 0.2), continuum=1.0)
    blue = spectrum((2796.34, 1000.0, 0.12), (2795.93, 500.0, 0.2), continuum=1.0)
    assert feature("asymmetry", red)[0] > 0.1 and feature("asymmetry", blue)[0] < -0.1
    assert feature("asymmetry", spectrum(*K_AND_H, continuum=1.0))[0] == pytest.approx(0, abs=0.26)


def test_the_triplet_is_zero_at_the_height_of_the_wing_and_changes_sign_with_it():
    flat, emission, absorption = (spectrum(*K_AND_H, (2798.77, h, 0.1)) for h in (0.0, 40.0, -20.0))
    zero, positive, negative = feature("triplet", flat, emission, absorption)
    assert zero == pytest.approx(0, abs=1e-6) and positive == pytest.approx(np.log(2), abs=0.02)
    assert negative == pytest.approx(np.log(0.5), abs=0.04)


def test_the_continuum_sums_the_normalised_profile_between_the_windows():
    _, k_right, h_left, _ = window_edges()
    found = feature("total_continuum", spectrum(*K_AND_H, continuum=1000.0, wavelength=GRID), wavelength=GRID)
    assert found[0] == pytest.approx((h_left - k_right) * 0.5, rel=0.01)


def test_a_single_peak_has_no_central_reversal():
    one = spectrum(*K_AND_H)
    assert feature("k3_height", one)[0] == pytest.approx(1, abs=0.02)
    assert feature("peak_ratio", one)[0] == 1 and feature("peak_separation", one)[0] == 0
    assert len(set(peaks(one[None], FINE)[0])) == 1


def test_a_reversed_line_shows_both_peaks_their_distance_and_their_ratio():
    two = spectrum(*reversed_line(2796.34, blue=1000, red=800))
    assert feature("peak_separation", two)[0] == pytest.approx(0.4 / (GRID[1] - GRID[0]), abs=1.5)
    assert feature("peak_ratio", two)[0] == pytest.approx(1040 / 840, rel=0.06)
    assert 0.2 < feature("k3_height", two)[0] < 0.5
    blue, core, red = GRID[peaks(two[None], FINE)[0]]
    assert blue == pytest.approx(2796.14, abs=0.05) and core == pytest.approx(2796.34, abs=0.05) and blue < core < red


def test_a_mirrored_line_inverts_the_peak_ratio():
    step = GRID[1] - GRID[0]
    center = GRID[45]
    offsets = np.array([-4, 4]) * step
    low, high = (spectrum(*zip(center + offsets, h, (0.09, 0.09), strict=True), wavelength=GRID)
                 for h in ((700.0, 1000.0), (1000.0, 700.0)))  # fmt: skip
    ratios = feature("peak_ratio", low, high, wavelength=GRID)
    # of the two points at an extremum the bluer one is taken, so mirror images agree to one grid point
    assert ratios[0] * ratios[1] == pytest.approx(1, rel=0.2) and ratios[0] < 1 < ratios[1]
    assert np.ptp(feature("peak_separation", low, high, wavelength=GRID)) <= 1


def test_a_dip_below_15_percent_of_the_maximum_counts_as_a_single_peak():
    apart = spectrum((2795.94, 1000.0, 0.08), (2796.74, 900.0, 0.08), continuum=50.0)
    assert feature("peak_separation", apart)[0] == 0


def test_interpolated_profiles_have_maximum_one():
    profiles, good = interpolate_profiles(np.array([spectrum(*K_AND_H), np.full_like(FINE, np.nan)]), FINE)
    assert profiles.shape == (2, 240) and good.tolist() == [True, False]
    assert profiles[0].max() == pytest.approx(1) and not profiles[1].any()


def test_many_spectra_shared_among_threads_give_the_values_of_one():
    many = np.tile(spectrum(*K_AND_H, (2798.77, 30.0, 0.1)), (20_000, 1)).astype(np.float32)
    features, good = extract_features(many, FINE, 1.0)
    assert good.all() and np.ptp(features, axis=0).max() == 0


def test_no_spectra_give_no_features():
    features, good = extract_features(np.empty((0, len(FINE))), FINE, 1.0)
    assert features.shape == (0, 10) and good.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((np.ones((2, 5)), FINE, 1.0), "one column for each of"),
        ((np.ones((2, len(FINE))), FINE, [1.0, 1.0, 1.0]), "2 spectra but 3 exposure times"),
        ((np.ones((2, len(FINE))), FINE[::-1], 1.0), "ascending"),
        ((np.ones((2, 300)), FINE[:300], 1.0), "the Mg II h&k features need"),
        ((np.ones((2, len(FINE))), FINE, 1.0, 9.0), "choose a width between"),
        ((np.ones((2, len(FINE))), FINE, 1.0, np.nan), "choose a width between"),
    ],
)
def test_input_that_does_not_fit_is_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        extract_features(*arguments)


def test_the_k_line_alone_gives_seven_features_as_the_whole_window_does():
    raster = real_raster()
    spectra, exposure_time = raster.flat()
    whole, good = extract_features(spectra, raster.wavelength, exposure_time)
    rows = np.flatnonzero(good)[::40]
    part = raster.wavelength < 2799.40
    alone = tables.k_line_features(spectra[rows][:, part], raster.wavelength[part])
    expected = pd.DataFrame(whole[rows], columns=list(FEATURES))[list(tables.K_LINE_FEATURES)]
    pd.testing.assert_frame_equal(alone, expected, atol=2e-3)


def test_a_constant_profile_of_the_k_line_has_no_features():
    wavelength = np.linspace(2793.9, 2799.4, 200)
    line = 1 + 5 * np.exp(-0.5 * ((wavelength - 2796.34) / 0.3) ** 2)
    table = tables.k_line_features(np.stack([np.ones(200), line]), wavelength)
    assert table.index.tolist() == [1]


def test_a_k_line_profile_without_the_triplets_wing_is_refused():
    wavelength = np.linspace(2793.9, 2798.9, 200)
    with pytest.raises(InputError, match="end at 2798.90 A"):
        tables.k_line_features(np.ones((1, 200)), wavelength)
