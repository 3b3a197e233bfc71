"""The surface on a day: spots that come and go, flux that stays when they are gone, poles that reverse."""

import numpy as np
import pandas as pd
import pytest

from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.sun.magnetic_field import NOISE, add_patches, magnetogram, radial_field
from flarebook.solarchip.sun.magnetic_indices import region_r_values
from flarebook.solarchip.sun.regions import Population, sample_spots
from flarebook.solarchip.sun.surface import DEGREE, Patches, polar_field, surface_at


def one_region(**changes):
    """Population of a single region of 1e22 Mx that emerges at the disk's centre."""
    row = dict(birth=0.0, latitude=15.0, longitude=-50.0, flux=1e22, life=20.0, tilt=8.0, leading=-1, complexity=0.0)
    regions = pd.DataFrame([row | {"twist": 0.0} | changes])
    return Population(regions, sample_spots(regions, np.random.default_rng(1)), 1500.0)


def test_spots_grow_then_vanish_and_leave_old_flux():
    population = one_region()
    unsigned = [np.abs(surface_at(population, day).spots.flux).sum() for day in (0.5, 4, 12, 19.9, 21)]
    assert unsigned[0] < unsigned[1] > unsigned[2] > unsigned[3]
    assert unsigned[4] == 0
    old = [surface_at(population, day).plage for day in (21.0, 60.0)]
    assert np.abs(old[0].flux).sum() > 1.4 * np.abs(old[1].flux).sum() > 0
    assert (old[1].width > 1.3 * old[0].width).all()


def test_both_polarities_balance():
    surface = surface_at(one_region(flux=2e22), 30.0)
    assert abs(surface.plage.flux.sum()) < 0.02 * np.abs(surface.plage.flux).sum()


def test_region_keeps_its_latitude_and_turns_with_the_sun():
    first, second = (surface_at(one_region(), day) for day in (3.0, 4.0))
    assert second.latitude[0] == first.latitude[0]
    assert second.longitude[0] - first.longitude[0] == pytest.approx(13.2, abs=0.3)
    assert second.spots.longitude.mean() - first.spots.longitude.mean() == pytest.approx(13.2, abs=0.4)


def test_leading_polarity_lies_west_and_nearer_to_the_equator():
    spots = surface_at(one_region(tilt=25.0), 6.0).spots
    leads = spots.peak < 0
    middle = {
        side: [
            np.average(place[side_is], weights=np.abs(spots.flux[side_is]))
            for place in (spots.latitude, spots.longitude)
        ]
        for side, side_is in (("leading", leads), ("following", ~leads))
    }
    assert middle["leading"][0] < middle["following"][0] - 0.5
    assert middle["leading"][1] > middle["following"][1] + 2


def test_poles_reverse_at_maximum():
    assert polar_field(0.0) < 0 < polar_field(3900.0)
    assert polar_field(2009.0) == pytest.approx(0, abs=0.01)
    assert polar_field(4018.0) == pytest.approx(3.0)  # the next cycle begins with the sign that this one left


@pytest.mark.parametrize("longitude", [0.0, 50.0])
def test_flux_of_a_patch_is_what_the_pixels_add_up_to(longitude):
    one = np.ones(1)
    patch = Patches(np.zeros(1, int), 10 * one, longitude * one, 1200 * one, 0.7 * one)
    disk = Disk(256)
    expected = 2 * np.pi * (0.7 * DEGREE) ** 2 * 1200
    assert (add_patches(disk, patch) * disk.pixel_area).sum() == pytest.approx(expected, rel=0.03)


def test_magnetogram_is_foreshortened_noisy_and_empty_off_the_disk():
    disk = Disk(64)
    expected = NOISE / 2  # a pixel of 64 averages over four of 128
    seen = magnetogram(np.full((64, 64), 1000.0), disk, np.random.default_rng(0))
    noise = (seen - 1000 * disk.mu)[disk.on]
    assert np.abs(noise).max() < 7 * expected and abs(noise.mean()) < 0.3 * expected
    middle, limb = disk.mu[disk.on] > 0.9, disk.mu[disk.on] < 0.3
    assert noise[middle].std() == pytest.approx(expected, rel=0.1)
    assert noise[limb].std() > 1.4 * noise[middle].std()
    assert (seen[~disk.on] == 0).all()


def test_quiet_sun_has_both_polarities_in_balance():
    disk = Disk(128)
    nothing = surface_at(one_region(birth=500.0), 0.0)
    field, _ = radial_field(disk, nothing, 0)
    low = disk.on & (np.abs(disk.sine_latitude) < 0.7)
    assert abs(field[low].mean()) < 0.1 * np.abs(field[low]).mean()


def test_intruders_of_a_complex_region_raise_its_r():
    simple, complex_ = (
        max(
            region_r_values(surface_at(one_region(complexity=value, flux=2e22, life=40.0), day))[0]
            for day in range(4, 20)
        )
        for value in (0.0, 1.0)
    )
    assert complex_ > 2 * simple
    assert 3.5 < np.log10(complex_) < 6
