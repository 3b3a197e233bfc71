"""Mixing, shifting and blanketing library profiles."""

import numpy as np
import pytest

from flarebook.iris.atmospheres import library as mixture
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.simulation.observation import load_calibration


@pytest.fixture(scope="module")
def mixer():
    return mixture.make_mixer(load_library(), load_calibration())


def one(mixer, index, weight, shift):
    return mixture.mix_profiles(
        mixer.profiles, np.array([2]), np.array([index]), np.array([weight]), np.array([shift])
    )[0]


def test_a_single_unshifted_component_is_the_library_profile(mixer):
    np.testing.assert_allclose(one(mixer, [7], [1.0], 0.0)[1:], mixer.profiles[2, 7, 1:], rtol=1e-5)


def test_a_mixture_is_the_weighted_mean(mixer):
    expected = 0.25 * mixer.profiles[2, 7] + 0.75 * mixer.profiles[2, 9]
    np.testing.assert_allclose(one(mixer, [7, 9], [0.25, 0.75], 0.0)[1:], expected[1:], rtol=1e-5)


@pytest.mark.parametrize("shift", [1.0, -2.0])
def test_a_whole_shift_moves_the_profile_by_pixels(mixer, shift):
    moved = one(mixer, [7], [1.0], shift)
    np.testing.assert_allclose(moved[10:-10], np.roll(mixer.profiles[2, 7], int(shift))[10:-10], rtol=1e-5)


def test_the_atmosphere_asked_for_is_its_own_nearest_neighbour(mixer):
    parameters = load_library().parameters.to_numpy()
    index, weight = mixture.nearest_atmospheres(mixer, parameters[:20], 3)
    assert list(index[:, 0]) == list(range(20))
    assert (weight[:, 0] >= weight[:, 1]).all()
    np.testing.assert_allclose(weight.sum(axis=1), 1)


def test_blanketing_takes_its_depth_at_a_line_and_nothing_between_lines():
    wavelength = np.array([2800.0, 2801.906])
    transmission = mixture.blanketing(wavelength, [[2801.906, 0.7, 0.04]])
    np.testing.assert_allclose(transmission, [1.0, 0.3], atol=1e-12)


def test_no_lines_means_no_blanketing():
    assert (mixture.blanketing(np.linspace(2793, 2806, 50), []) == 1).all()
