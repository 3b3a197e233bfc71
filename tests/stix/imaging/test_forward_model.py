"""Counts follow the count model, and visibilities made from them tell the truth within their errors."""

from dataclasses import replace

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.forward_model import MODULATION, Conditions, count_pattern, simulate_visibilities
from flarebook.stix.imaging.source_model import Component, visibilities_of
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS

SKY = [Component(20.0, -35.0, 3.0, 18.0, 10.0, 40.0)]
PERFECT = Conditions(amplitude_error=0.0, phase_error=0.0)


def test_with_many_photons_the_truth_comes_out():
    seen, _ = simulate_visibilities(SKY, 1e10, np.random.default_rng(1), PERFECT)
    np.testing.assert_allclose(seen.value, visibilities_of(SKY, GRIDS.u, GRIDS.v), atol=2e-3)


def test_pixels_a_to_d_are_a_quarter_period_apart():
    pattern = count_pattern(np.exp(1j * np.radians([180.0, 270.0, 0.0, 90.0])))
    np.testing.assert_allclose(pattern, 1 + MODULATION * (np.eye(4) - np.roll(np.eye(4), 2, axis=0)), atol=1e-12)
    assert pattern.sum(axis=0) == pytest.approx(4.0) and MODULATION == pytest.approx(0.73, abs=0.001)


@pytest.mark.parametrize("background", [0.0, 2000.0])
def test_errors_are_as_large_as_the_scatter(background):
    rng, truth = np.random.default_rng(2), visibilities_of(SKY, GRIDS.u, GRIDS.v)
    runs = [simulate_visibilities(SKY, 300.0, rng, replace(PERFECT, background=background))[0] for _ in range(300)]
    scatter = np.std([run.value for run in runs], axis=0) / np.sqrt(2)  # of a real or an imaginary part
    systematic = 0.05 * np.mean([run.amplitude for run in runs], axis=0)
    stated = np.sqrt(np.mean([run.error**2 for run in runs], axis=0) - systematic**2)
    assert np.mean(scatter / stated) == pytest.approx(1.0, abs=0.03)
    assert abs(np.mean([run.value for run in runs], axis=0) - truth).max() < 5 * stated.max() / np.sqrt(300)


def test_a_wrong_background_adds_counts_but_cannot_turn_a_phase():
    backed = replace(PERFECT, background=1e8)
    right, counts = simulate_visibilities(SKY, 1e9, np.random.default_rng(3), backed)
    wrong, more = simulate_visibilities(SKY, 1e9, np.random.default_rng(3), replace(backed, background_scale=0.5))
    np.testing.assert_allclose(more.sum() - counts.sum(), 30 * 0.5e8, rtol=0.01)
    np.testing.assert_allclose(wrong.value, right.value, atol=2e-3)


def test_calibration_errors_scatter_amplitudes_and_phases_by_what_was_asked():
    rng, truth = np.random.default_rng(4), visibilities_of(SKY, GRIDS.u, GRIDS.v)
    bright = abs(truth) > 0.5
    runs = [
        simulate_visibilities(SKY, 1e9, rng, Conditions(amplitude_error=0.08, phase_error=20.0))[0].value[bright]
        for _ in range(200)
    ]
    ratio = np.array(runs) / truth[bright]
    assert np.degrees(np.angle(ratio)).std() == pytest.approx(20.0, abs=0.7)
    assert abs(ratio).std() == pytest.approx(0.08, abs=0.004)


def test_dead_sub_collimators_are_left_out():
    seen, counts = simulate_visibilities(SKY, 500.0, np.random.default_rng(5), Conditions(dead=("3a", "10c")))
    assert len(seen) == 28 == counts.shape[1] and not {"3a", "10c"} & set(seen.label)


def test_what_cannot_be_observed_is_refused():
    rng = np.random.default_rng(6)
    with pytest.raises(InputError, match="holds no flux"):
        simulate_visibilities([], 100.0, rng)
    with pytest.raises(InputError, match="counts_per_detector 0 and background"):
        simulate_visibilities(SKY, 0, rng)
    with pytest.raises(InputError, match="no sub-collimator 11a: they are named 1a to 10c"):
        simulate_visibilities(SKY, 100.0, rng, Conditions(dead=("11a",)))
