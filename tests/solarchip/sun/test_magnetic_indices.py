"""Schrijver's R: flux near strong-gradient inversion lines, none where one polarity stands alone."""

import numpy as np
import pytest

from flarebook.solarchip.sun.magnetic_indices import UNIT, r_value

PIXEL = 4e8  # cm


def spot(x, y, peak, width=3.0, size=81):
    """Map of one round spot, G; position and width in pixels."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    return peak * np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / width**2)


def test_a_straight_line_has_the_flux_of_the_pixels_along_it():
    field = np.zeros((80, 80))
    field[30:50, 20:40], field[30:50, 40:60] = 500.0, -500.0
    assert r_value(field, PIXEL) == pytest.approx(500 * 2 * 20 * PIXEL**2 / UNIT, rel=0.15)


def test_one_polarity_has_no_r():
    assert r_value(spot(0, 0, 2000), PIXEL) == 0
    assert r_value(spot(0, 0, 140) - spot(4, 0, 140), PIXEL) == 0  # below the threshold


def test_r_grows_as_opposite_spots_come_closer():
    values = [r_value(spot(d, 0, 1500) - spot(-d, 0, 1500), PIXEL) for d in (12, 7, 5, 3)]
    assert values[0] == 0 < values[1] < values[2] < values[3]
