"""Regions of the simulated Sun: Hale's and Joy's laws, the butterfly diagram, differential rotation."""

import numpy as np
import pytest

from flarebook.solarchip.sun.regions import longitude_at, rotation_rate, sample_population


@pytest.fixture(scope="module")
def regions():
    """Regions that emerge in the nine years after the start of a cycle."""
    return sample_population(3300, np.random.default_rng(5), cycle_day=300.0).regions


def test_leading_polarity_is_negative_in_the_north_of_cycle_24(regions):
    early = regions[regions["birth"] < 2500]
    north = early["latitude"] > 5
    south = early["latitude"] < -5
    assert (early["leading"][north] == -1).mean() > 0.9
    assert (early["leading"][south] == 1).mean() > 0.9


def test_leading_part_lies_nearer_to_the_equator_the_higher_the_latitude(regions):
    slope = np.polyfit(regions["latitude"], regions["tilt"], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.12)


def test_leading_spots_of_a_northern_region_lie_west_and_south_of_the_following_ones():
    population = sample_population(1500, np.random.default_rng(2), cycle_day=400.0)
    spots = population.spots[population.spots["end"] == 1.0]
    region = population.regions.loc[spots["region"]]
    leads = np.sign(spots["share"].to_numpy()) == region["leading"].to_numpy()
    north = region["latitude"].to_numpy() > 15
    assert spots["west"][leads & north].mean() > 1.5 > -1.5 > spots["west"][~leads & north].mean()
    assert spots["north"][leads & north].mean() < -0.2 < 0.2 < spots["north"][~leads & north].mean()


def test_belts_drift_towards_the_equator(regions):
    latitude, birth = regions["latitude"].abs(), regions["birth"]
    assert latitude[birth < 600].mean() > latitude[(birth > 1800) & (birth < 2400)].mean() + 6


def test_most_regions_emerge_at_maximum(regions):
    births = np.histogram(regions["birth"], [0, 400, 1000, 1600, 2400, 3300])[0] / [400, 600, 600, 800, 900]
    assert births.argmax() in (1, 2)
    assert births[-1] < 0.5 * births.max()


def test_large_regions_live_longer(regions):
    assert np.corrcoef(np.log(regions["flux"]), np.log(regions["life"]))[0, 1] > 0.7


def test_equator_turns_fastest_and_latitude_16_in_a_carrington_rotation():
    assert rotation_rate(0) > rotation_rate(30) > rotation_rate(60)
    assert 360 / rotation_rate(16.0) == pytest.approx(27.2753, abs=0.3)
    assert longitude_at(170.0, 0.0, 1.0) == pytest.approx(170 + rotation_rate(0) - 360)
