"""Field lines of buried charges and the light of the loops along them."""

import numpy as np
import pytest

from flarebook.solarchip.images.channels import CORONAL
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.sun.corona import LOG_T_START, LOG_T_STEP, limb_column, response_table
from flarebook.solarchip.sun.field_lines import LONGEST, Charges, nearby_charges, trace_line
from flarebook.solarchip.sun.loops import flare_images, loop_images


def bipole(longitude=0.0, apart=8.0, twist=0.0):
    """A positive charge in the west and a negative one in the east, on the equator."""
    place = 0.98 * Disk().vectors(np.zeros(2), longitude + np.array([apart / 2, -apart / 2]))
    return Charges(place, np.array([0.3, -0.3]), np.full(2, twist), np.full(2, 0.02), np.array([7, 7]))


def line_from_the_positive_charge(charges):
    """Points (n, 3) of the line from above the positive charge, and whether it closes."""
    path, near = np.zeros((LONGEST, 3)), np.zeros(2, np.int64)
    foot = 1.002 * charges.place[0] / np.linalg.norm(charges.place[0])
    near = near[: nearby_charges(foot, charges.place, near)]
    n, closed = trace_line(foot, 1.0, charges.place, charges.strength, near, charges.twist[0], path)
    return path[:n], closed


def test_line_of_a_bipole_rises_from_one_foot_and_comes_down_at_the_other():
    charges = bipole()
    path, closed = line_from_the_positive_charge(charges)
    height = np.linalg.norm(path, axis=1) - 1
    assert closed and 0.02 < height.max() < 0.2
    assert np.linalg.norm(path[-1] - charges.place[1]) < 0.035
    np.testing.assert_allclose(path[:, 1], 0, atol=1e-9)  # in the plane of both feet


def test_twist_bends_the_line_out_of_its_plane_to_one_side_or_the_other():
    left, right = (line_from_the_positive_charge(bipole(twist=angle))[0][5:, 1] for angle in (-0.6, 0.6))
    assert abs(left).max() > 0.01
    np.testing.assert_allclose(left[:8], -right[:8], atol=1e-6)


def test_line_of_a_single_polarity_is_open():
    charges = bipole(apart=120.0)
    assert not line_from_the_positive_charge(charges)[1]


def test_loops_shine_between_their_feet_and_hide_behind_the_limb():
    disk, rng = Disk(128), np.random.default_rng(0)
    front = loop_images(disk, bipole(), rng).sum(axis=0)
    assert front[54:74, 54:74].sum() > 0.9 * front.sum() > 0
    behind = loop_images(disk, bipole(longitude=100.0), rng).sum(axis=0)
    assert behind[disk.radius < 0.97].sum() == 0
    assert behind[disk.radius > 1.01].sum() > 0


def flare_light(flux, region=7, charges=None):
    """Light of one flare in each coronal channel, {channel: (128, 128)}."""
    images = flare_images(Disk(128), charges or bipole(apart=3.0), np.random.default_rng(0), {region: flux})
    return dict(zip(CORONAL, images, strict=True))


def test_flare_shines_in_94_and_131_of_its_own_region_alone():
    quiet = dict(zip(CORONAL, loop_images(Disk(128), bipole(), np.random.default_rng(0)), strict=True))
    flaring = flare_light(5e-5)
    for channel in ("94", "131"):
        assert flaring[channel].max() > 5 * quiet[channel].max()
    assert 500 < flaring["131"].max() < 16_383  # M5: thousands of DN/s, short of saturation at this resolution
    assert flaring["171"].max() < 0.5 * quiet["171"].max()
    assert not any(light.any() for light in flare_light(5e-5, region=3).values())


def test_flare_is_as_compact_as_its_loops_and_as_bright_as_its_x_rays():
    light = flare_light(1e-4)["94"]
    assert light[60:68, 60:68].sum() > 0.9 * light.sum() > 0  # 8 pixels, 130 arcsec; it stands at the disk's centre
    assert flare_light(1e-3)["94"].sum() == pytest.approx(10 * light.sum(), rel=1e-6)


def test_flare_stands_where_opposite_charges_are_closest():
    first, second = bipole(longitude=-30.0, apart=10.0), bipole(longitude=30.0, apart=2.0)
    both = Charges(*(np.concatenate([getattr(c, n) for c in (first, second)]) for n in Charges.__dataclass_fields__))
    light = flare_light(1e-4, charges=both)["94"]
    assert light[:, 64:].sum() > 0.99 * light.sum() > 0


@pytest.mark.parametrize(("channel", "millions"), [("171", 0.74), ("193", 1.6), ("211", 1.9), ("94", 7.1)])
def test_channels_answer_to_the_temperatures_of_their_lines(channel, millions):
    table = response_table()[CORONAL.index(channel)]
    peak = 10 ** (LOG_T_START + LOG_T_STEP * (table.argmax() + 0.5) - 6)
    assert peak == pytest.approx(millions, rel=0.1)


def test_corona_brightens_to_the_limb_and_fades_above_it():
    disk = Disk(128)
    light = limb_column(128, disk.pixel, 0.05)
    assert light[64, 64] == pytest.approx(1, abs=0.05)
    middle = light[64, 64:]
    edge = np.searchsorted(disk.x[64, 64:], 1.0)
    assert middle[edge - 2 : edge + 1].max() > 1.5
    assert (np.diff(middle[edge + 1 :]) < 0).all()
    assert middle[-1] < 0.7 * middle[edge]
