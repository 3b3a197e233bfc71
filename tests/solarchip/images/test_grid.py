"""The image grid: where heliographic positions fall on it, and how much of the Sun its pixels cover."""

import numpy as np
import pytest

from flarebook.solarchip.images.grid import SOLAR_RADIUS, Disk, solar_b0


def test_west_is_right_north_is_up_and_the_tilt_moves_the_centre():
    disk = Disk(128, b0=7.0)
    np.testing.assert_allclose(disk.vectors(7.0, 0.0), [0, 0, 1], atol=1e-12)
    west, north = disk.vectors(0.0, 60.0), disk.vectors(50.0, 0.0)
    assert west[0] > 0.8 and north[1] > 0.6
    assert disk.x[0, -1] > 0 and disk.y[-1, 0] > 0


def test_north_pole_is_seen_in_september_and_the_south_pole_in_march():
    assert solar_b0(251) == pytest.approx(7.25, abs=0.1)
    assert solar_b0(66) == pytest.approx(-7.25, abs=0.1)
    assert Disk(64, 7.25).vectors(90.0, 0.0)[2] > 0 > Disk(64, -7.25).vectors(90.0, 0.0)[2]


def test_sine_of_latitude_belongs_to_the_pixel():
    disk = Disk(256, b0=5.0)
    x, y, _ = disk.vectors(20.0, 30.0)
    row, column = (round((value / 1.1 + 1) * 128 - 0.5) for value in (y, x))
    assert np.rad2deg(np.arcsin(disk.sine_latitude[row, column])) == pytest.approx(20, abs=0.6)


def test_pixels_cover_half_the_sun():
    assert Disk(256).pixel_area.sum() == pytest.approx(2 * np.pi * SOLAR_RADIUS**2, rel=0.02)
