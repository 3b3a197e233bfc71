"""Expectation maximisation keeps photons, stays positive and resolves what CLEAN's beam blurs."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import to_visibilities, waves
from flarebook.stix.imaging.expectation_maximisation import _back, _forward, counts_of, expectation_maximisation
from flarebook.stix.imaging.forward_fit import chi_squared
from flarebook.stix.imaging.forward_model import Conditions, simulate_visibilities
from flarebook.stix.imaging.source_model import Component, pixel_axis
from flarebook.stix.imaging.visibilities import IMAGING

SKY = [Component(-16.0, 0.0, 1.0, 8.0, 8.0), Component(16.0, 10.0, 1.0, 8.0, 8.0)]

PERFECT = Conditions(amplitude_error=0.0, phase_error=0.0)


def observed(counts=2e4):
    """Visibilities and counts of the 24 imaging sub-collimators."""
    seen, measured = simulate_visibilities(SKY, counts, np.random.default_rng(1), PERFECT)
    return seen.select(IMAGING), measured[:, IMAGING]


def test_photons_are_kept_and_none_is_negative():
    seen, counts = observed()
    image = expectation_maximisation(counts, seen.u, seen.v, 65, 2.0, 50)
    assert image.min() >= 0 and image.sum() == pytest.approx(counts.clip(0).sum() / 24, rel=1e-9)


def test_two_sources_19_arcsec_apart_in_the_finest_grid_s_reach_are_two():
    seen, counts = observed()
    image = expectation_maximisation(counts, seen.u, seen.v, 65, 1.5, 400)
    column = np.abs(pixel_axis(65, 1.5)[:, None] - [-16.0, 0.0, 16.0]).argmin(axis=0)
    left, between, right = image[:, column].max(axis=0)
    assert between < 0.1 * min(left, right)


def test_more_steps_fit_the_counts_better():
    seen, counts = observed()
    fits = []
    for n in (10, 50, 250):
        image = expectation_maximisation(counts, seen.u, seen.v, 65, 2.0, n)
        model = to_visibilities(image * 2.0 / 2e4, waves(seen.u, seen.v, 65, 2.0))
        fits.append(chi_squared(seen, model))
    assert fits[0] > 3 * fits[1] > 9 * fits[2]


def test_the_step_back_is_the_adjoint_of_the_step_forward():
    rng, (seen, _) = np.random.default_rng(3), observed()
    wave = waves(seen.u, seen.v, 33, 3.0)
    image, counts = rng.random((33, 33)), rng.random((4, 24))
    assert (_forward(image, wave) * counts).sum() == pytest.approx((image * _back(counts, wave)).sum())


def test_counts_can_be_rebuilt_from_calibrated_visibilities():
    seen, counts = observed(1e8)
    np.testing.assert_allclose(counts_of(seen, 2.0) / 2.0, counts / 1e8, atol=1e-3)


def test_no_photon_and_wrong_shapes_are_refused():
    seen, counts = observed()
    with pytest.raises(InputError, match="no photon above the background"):
        expectation_maximisation(-counts, seen.u, seen.v)
    with pytest.raises(InputError, match=r"do not fit 24 \(u, v\) points: give \(4, 24\)"):
        expectation_maximisation(counts[:3], seen.u, seen.v)
