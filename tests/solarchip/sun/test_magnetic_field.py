"""The network of the quiet Sun: it turns with the Sun, lives about a day and a half, and is one in all channels."""

import numpy as np
import pytest

from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.sun.magnetic_field import LIFE, radial_field, supergranular_network
from flarebook.solarchip.sun.surface import Patches, Surface

DISK = Disk(128)
PATCH = (np.abs(DISK.x) < 0.3) & (np.abs(DISK.y) < 0.3)


def alike(first, second):
    """Correlation of the cells of two days, the later one followed as the Sun has turned it near the centre."""
    turned = np.sin(np.deg2rad(13.2) * (second - first)) / DISK.pixel
    a, b = (supergranular_network(DISK, day, 5)[0] for day in (first, second))
    shifts = range(round(turned) - 4, round(turned) + 5)
    return max(np.corrcoef(a[PATCH], np.roll(b, -shift, axis=1)[PATCH])[0, 1] for shift in shifts)


def test_network_lives_a_day_and_a_half():
    assert alike(20.0, 20.25) > 0.85
    assert alike(20.0, 21.0) == pytest.approx(np.exp(-((1 / LIFE) ** 2)), abs=0.2)
    assert alike(20.0, 24.0) < 0.25


def test_network_is_the_same_for_a_day_and_a_seed_whatever_was_drawn_before():
    wanted = supergranular_network(DISK, 3.0, 5)
    for day in (90.0, 4.0, 3.5):
        supergranular_network(DISK, day, 5)
    np.testing.assert_array_equal(supergranular_network(DISK, 3.0, 5), wanted)
    other = supergranular_network(DISK, 3.0, 6)
    assert abs(np.corrcoef(wanted[0][DISK.on], other[0][DISK.on])[0, 1]) < 0.1


def test_quiet_field_is_equally_strong_wherever_the_pixels_fall_on_its_maps():
    nothing = Patches(*(np.zeros(0, int if name == "region" else float) for name in Patches.__dataclass_fields__))
    empty = np.zeros(0)
    fields = [
        radial_field(DISK, Surface(float(day), empty.astype(int), empty, empty, empty, nothing, nothing, 0.0), 5)[0]
        for day in range(0, 40, 4)
    ]
    strength = np.abs(fields).mean(axis=0)
    bands = [
        (np.abs(DISK.y) >= low) & (np.abs(DISK.y) < low + 0.1) & (np.abs(DISK.x) < 0.5) for low in (0.0, 0.15, 0.3)
    ]
    means = [strength[band].mean() for band in bands]
    assert max(means) < 1.08 * min(means)
