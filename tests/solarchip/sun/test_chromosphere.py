"""Holes and filaments: dark where the field is open, and where the large-scale field changes its sign."""

import numpy as np
import pytest

from flarebook.solarchip.images.channels import CORONAL
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.sun.chromosphere import filaments, light_304, photospheric_light
from flarebook.solarchip.sun.corona import open_field, quiet_corona, remove_small_areas

DISK = Disk(128)
EAST, WEST = DISK.x < -0.3, DISK.x > 0.3
INNER = DISK.radius < 0.8


@pytest.fixture(scope="module")
def two_sides():
    """Smooth field of one sign in the east and of the other in the west, G."""
    return 8.0 * np.tanh(DISK.x / 0.2)


def test_filament_lies_on_the_neutral_line_and_is_dark_in_304(two_sides):
    phases = np.zeros((6, 4))
    dark = filaments(DISK, two_sides, two_sides, 0.0, phases)
    assert dark[INNER & (np.abs(DISK.x) < 0.02)].max() > 0.7
    assert dark[np.abs(DISK.x) > 0.1].max() < 0.01
    light = light_304(DISK, two_sides, np.zeros((128, 128)), dark, np.ones((128, 128)))
    row = np.unravel_index(dark.argmax(), dark.shape)[0]
    assert light[row, 62:66].min() < 0.6 * light[row, 80:90].mean()


def test_filament_over_the_limb_is_a_bright_prominence(two_sides):
    dark = np.where(np.abs(DISK.y) < 0.05, DISK.on * 1.0, 0.0)
    light = light_304(DISK, two_sides, np.zeros((128, 128)), dark, np.ones((128, 128)))
    above = (DISK.radius > 1.02) & (DISK.radius < 1.04)
    assert light[above & (np.abs(DISK.y) < 0.04)].mean() > 3 * light[above & (np.abs(DISK.y) > 0.3)].mean()


def test_one_polarity_is_open_and_mixed_or_strong_field_is_closed(two_sides):
    holes = open_field(two_sides, two_sides, DISK)
    assert holes[INNER & (EAST | WEST)].min() > 0.9
    assert holes[np.abs(DISK.x) < 0.02].max() < 0.5
    mixed = two_sides * np.where(np.indices((128, 128)).sum(axis=0) % 2, 1, -1)
    assert open_field(mixed, mixed, DISK).max() < 0.01
    assert open_field(two_sides, two_sides + 200 * WEST, DISK)[INNER & (DISK.x > 0.5)].max() < 0.01


def test_holes_keep_away_from_regions_and_are_wide():
    hostile = np.where(np.hypot(DISK.x - 0.3, DISK.y) < 0.08, 300.0, 0.0)
    even = np.full((128, 128), 2.6)
    holes = open_field(even, even + hostile, DISK)
    near = np.hypot(DISK.x - 0.3, DISK.y) < 0.25
    assert holes[near].max() < 0.05 < 0.9 < holes[INNER & (DISK.x < -0.3)].min()
    narrow = np.where(np.hypot(DISK.x, DISK.y) < 0.1, 2.6, 0.0)
    assert open_field(narrow, narrow, DISK).max() < 0.05


def test_short_pieces_go_and_long_ones_stay():
    pieces = np.zeros((64, 64))
    pieces[10, 5:13] = pieces[30, 5:45] = 0.8
    kept = remove_small_areas(pieces, 24)
    np.testing.assert_array_equal(kept[30], pieces[30])
    assert kept[10].max() == 0


def test_holes_are_darker_in_193_than_in_171():
    holes, even = 1.0 * EAST, np.ones((128, 128))
    images = quiet_corona(DISK, holes, even, even, np.random.default_rng(0))
    left = {c: i[INNER & EAST].mean() / i[INNER & WEST].mean() for c, i in zip(CORONAL, images, strict=True)}
    assert left["193"] < 0.35 < 0.45 < left["171"] < 0.7


def test_plage_is_bright_in_1600_and_a_spot_is_dark():
    field = np.zeros((128, 128))
    field[60:68, 30:38], field[60:68, 60:68] = 150.0, 1800.0
    light = {c: photospheric_light(DISK, field, c, np.ones((128, 128)))[64] for c in ("1600", "4500")}
    assert light["1600"][34] > 1.8 * light["1600"][94]
    assert light["4500"][64] < 0.3 * light["4500"][94]
    assert light["4500"][34] == pytest.approx(light["4500"][94], rel=0.05)
