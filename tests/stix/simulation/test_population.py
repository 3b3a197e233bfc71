"""The drawn flares have the laws they were drawn from; the selection says why each flare has an image or none."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU
from flarebook.stix.simulation import population
from flarebook.stix.simulation.flare_statistics import distributions


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(1)
    return population.select_images(population.draw_events(20_000, rng), rng, 4_000)


def test_flares_lie_in_two_belts_on_or_just_above_the_sun(events):
    radius = np.hypot(events["x"], events["y"]) * events["distance"] / SOLAR_RADIUS_1AU
    assert radius.max() < 1.25
    assert np.mean(radius > 1) == pytest.approx(distributions()["place"]["beyond_limb"], abs=0.01)
    height = np.abs(events["y"]) * events["distance"] / SOLAR_RADIUS_1AU
    assert np.degrees(np.arcsin(height.median())) == pytest.approx(19.5, abs=2)


def test_near_the_sun_the_disk_is_larger(events):
    near = events["distance"] < 0.45
    assert np.abs(events["x"][near]).median() > 1.5 * np.abs(events["x"][~near]).median()


def test_distance_follows_the_orbit(events):
    month = events["start"].dt.strftime("%Y-%m")
    assert events["distance"][month == "2022-10"].median() == pytest.approx(0.378, abs=0.02)
    assert events["distance"][month == "2022-12"].median() == pytest.approx(0.899, abs=0.02)


def test_every_flare_has_one_reason_and_the_asked_number_has_images(events):
    assert set(events["reason"]) <= set(population.REASONS)
    assert (events["reason"] == "image").sum() == 4_000
    table = population.selection_table(events)
    assert table["left"].tolist()[0] == len(events) and table["left"].tolist()[-1] == 4_000
    assert (table["left"].diff().dropna() == -table["taken out"][1:]).all()


def test_images_lie_within_the_dates_of_the_published_ones(events):
    imaged = events[events["reason"] == "image"]["start"]
    assert imaged.max().strftime("%Y-%m-%d") <= "2022-12-30"


def test_the_upper_band_needs_signal(events):
    imaged = events[events["reason"] == "image"]
    hard = imaged["band"] == "16-28"
    assert hard[imaged["significance"] < 2].mean() < 0.02
    assert hard[imaged["significance"] > 30].mean() > 0.6


def test_bright_flares_are_exposed_for_a_minute_and_faint_ones_longer(events):
    bright = events["peak_counts"] > 3000
    assert (events["exposure"][bright] == 60).all()
    assert events["exposure"][~bright].median() > 200
    assert events["background_per_detector"][bright & (events["band"] == "4-10")].median() == pytest.approx(135, abs=5)


def test_more_images_than_flares_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="500 images were asked for"):
        population.select_images(population.draw_events(600, rng), rng, 500)
