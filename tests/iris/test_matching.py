"""Positions on the disk, dates, and whether the paper's classes match in them."""

import numpy as np
import pandas as pd
import pytest
from astropy.time import Time

from flarebook.compendium.errors import InputError
from flarebook.iris import matching
from flarebook.iris.observations import observation_table


def test_the_sun_is_largest_in_january_and_smallest_in_july():
    january, july = matching.solar_radius(Time(["2015-01-04", "2015-07-06"]))
    assert january == pytest.approx(975.3, abs=1.5) and july == pytest.approx(943.2, abs=1.5)  # Astronomical Almanac


def test_the_heliocentric_cosine_is_one_at_the_centre_and_half_at_sixty_degrees():
    found = matching.heliocentric_cosine([0, 960 * np.sin(np.pi / 3), 2013], [0, 0, 0], [960, 960, 960])
    assert found[:2] == pytest.approx([1.0, 0.5]) and np.isnan(found[2])


def test_only_the_observation_printed_off_the_disk_has_no_angle():
    positions = matching.disk_positions(observation_table())
    assert positions[positions["mu"].isna()]["observation"].tolist() == ["AR 4"]


def test_classes_of_the_paper_match_on_the_disk_but_not_in_time():
    compared = matching.compare_classes(matching.disk_positions(observation_table()))
    compared = compared.set_index(["quantity", "against"])
    assert compared.loc[("mu", "AR"), "p"] > 0.3
    assert compared.loc[("year", "AR"), "p"] < 0.001
    assert compared.loc[("year", "AR"), "auc"] < 0.25  # PF is earlier
    assert compared.loc[("year", "AR"), "median"] < compared.loc[("year", "AR"), "median_other"] - 0.5


def test_the_mismatch_in_time_does_not_rest_on_observations_of_one_day():
    positions = matching.disk_positions(observation_table())
    first = matching.one_a_day(positions)
    assert len(first) < len(positions) and not first.duplicated(["region", "day"]).any()
    compared = matching.compare_classes(first).set_index(["quantity", "against"])
    assert compared.loc[("year", "AR"), "p"] < 0.01


def test_two_classes_of_one_day_both_keep_their_first_observation():
    rows = pd.DataFrame({"observation": ["PF 1", "AR 1", "PF 2"], "region": ["PF", "AR", "PF"], "day": "2014-10-22"})
    assert matching.one_a_day(rows)["observation"].tolist() == ["PF 1", "AR 1"]


def test_two_draws_of_one_distribution_match():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"region": ["PF", "AR"] * 40, "mu": rng.random(80), "year": rng.random(80)})
    compared = matching.compare_classes(rows)
    assert (compared["p"] > 0.05).all() and (compared["q"] >= compared["p"]).all()


def test_a_class_that_is_absent_is_named():
    rows = pd.DataFrame({"region": ["AR"], "mu": [1.0], "year": [2014.0]})
    with pytest.raises(InputError, match="class 'PF' or another to compare it with"):
        matching.compare_classes(rows)
