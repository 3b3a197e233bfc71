"""The fit finds the source that was put in, and its errors are as large as its mistakes."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.forward_fit import chi_squared, fit_ellipse, fit_two_circles
from flarebook.stix.imaging.forward_model import Conditions, simulate_visibilities
from flarebook.stix.imaging.source_model import Component, visibilities_of
from flarebook.stix.imaging.visibilities import IMAGING
from flarebook.stix.maps.samples import real_visibilities

ELLIPSE = Component(6.0, -9.0, 2.0, 30.0, 18.0, 35.0)
FEET = [Component(-20.0, 8.0, 1.2, 12.0, 12.0), Component(22.0, -10.0, 0.8, 12.0, 12.0)]

PERFECT = Conditions(amplitude_error=0.0, phase_error=0.0)


def seen(sky, counts, seed=1):
    """The 24 visibilities of an observed sky, perfectly calibrated."""
    rng = np.random.default_rng(seed)
    return simulate_visibilities(sky, counts, rng, PERFECT)[0].select(IMAGING)


def test_with_many_photons_the_ellipse_comes_back():
    found = fit_ellipse(seen([ELLIPSE], 1e7)).sky[0]
    np.testing.assert_allclose(found, ELLIPSE, rtol=0.01, atol=0.05)


def test_errors_are_as_large_as_the_mistakes():
    fits = [fit_ellipse(seen([ELLIPSE], 2000.0, seed)) for seed in range(40)]
    pulls = np.array([(np.array(fit.sky[0]) - ELLIPSE) / np.array(fit.errors[0]) for fit in fits])
    assert np.all(abs(pulls.mean(axis=0)) < 0.6) and np.all(pulls.std(axis=0) < 1.4)
    assert pulls[:, :2].std() > 0.35  # the 5 % systematic error of the visibilities is absent here, so pulls are small


def test_both_footpoints_come_back_the_brighter_first():
    fit = fit_two_circles(seen(FEET, 1e6))
    for found, true in zip(fit.sky, FEET, strict=True):
        np.testing.assert_allclose(found[:4], true[:4], rtol=0.03, atol=0.3)
    assert fit_ellipse(seen(FEET, 1e6)).chi_squared > 10 * fit.chi_squared


def test_chi_squared_of_the_truth_is_one():
    values = [
        chi_squared(one, visibilities_of([ELLIPSE], one.u, one.v))
        for one in (seen([ELLIPSE], 10.0, seed) for seed in range(40))
    ]
    assert np.mean(values) == pytest.approx(1.0, abs=0.12)


def test_the_real_flare_is_30_to_45_arcsec_wide_and_more_than_one_ellipse():
    one, two = fit_ellipse(real_visibilities()), fit_two_circles(real_visibilities())
    assert 28 < one.sky[0].fwhm_minor < one.sky[0].fwhm_major < 45 and np.hypot(*one.sky[0][:2]) < 10
    assert two.chi_squared < 0.7 * one.chi_squared


def test_too_few_visibilities_are_refused():
    few = np.arange(24) < 2
    with pytest.raises(InputError, match="2 visibilities cannot fix 6 numbers: at least 3 are needed"):
        fit_ellipse(seen([ELLIPSE], 1e4).select(few))
