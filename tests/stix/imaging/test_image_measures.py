"""Measures of images: a round Gaussian is as wide as it is, and megametres follow from the distance."""

import numpy as np
import pytest

from flarebook.stix.imaging.forward_fit import Fit
from flarebook.stix.imaging.image_measures import beam_table, beam_width, fit_table, image_table, middle, second_peak
from flarebook.stix.imaging.source_model import Component, render
from flarebook.stix.maps.samples import REAL_FLARE

TWO = render([Component(-30.0, 0.0, 1.0, 12.0, 12.0), Component(30.0, 6.0, 0.4, 12.0, 12.0)], 129, 1.0)


def test_a_gaussian_is_as_wide_as_its_fwhm():
    assert beam_width(render([Component(0, 0, 1, 20.0, 20.0)], 129, 0.5), 0.5) == pytest.approx(20.0, abs=0.3)


def test_the_second_peak_is_the_fainter_source():
    assert second_peak(TWO, 1.0, 20.0) == pytest.approx(0.4, abs=0.001)
    assert second_peak(TWO, 1.0, 90.0) < 0.01


def test_fitted_sources_are_told_in_solar_coordinates_and_megametres():
    part, error = Component(5.0, -3.0, 2.0, 30.0, 20.0, 10.0), Component(1.0, 1.0, 0.1, 2.0, 2.0, 5.0)
    row = fit_table({"ellipse": Fit([part], [error], 4.0)}, REAL_FLARE).iloc[0]
    assert (row.x, row.y) == (-1620.0, -703.0)
    assert row.major_megametres == pytest.approx(30.0 * 0.526 * 0.72527)
    assert row.fwhm_major_error == 4.0  # doubled: chi-squared is 4
    assert fit_table({"ellipse": Fit([part], [error], 0.5)}, REAL_FLARE).iloc[0].fwhm_major_error == 2.0


def test_tables_hold_each_pixel_at_its_place():
    table = image_table({"two": TWO}, 1.0, centre=(100.0, 50.0), step=2)
    assert len(table) == 65**2
    best = table.loc[table["two"].idxmax()]
    assert (best.solar_x, best.solar_y) == (70.0, 50.0)
    cut = beam_table({"two": TWO}, 1.0)
    assert cut.x[cut["two"].idxmax()] == -30.0


def test_the_middle_of_an_image_is_its_middle():
    image = TWO[middle(TWO, 1.0, 40.0)]
    assert image.shape == (81, 81) and np.unravel_index(image.argmax(), image.shape) == (40, 10)
