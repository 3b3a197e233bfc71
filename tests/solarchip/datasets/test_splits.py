"""Few regions are on both sides of a border: the parts are stretches of time with gaps of up to a rotation."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.splits import count_shared_regions, split_chronologically

DAYS = pd.date_range("2012-01-01", periods=1400)


def ends(parts, name, days=DAYS):
    """First and last date of a part."""
    chosen = days[parts == name]
    return chosen.min(), chosen.max()


def test_train_comes_before_validation_and_test_with_two_weeks_between():
    parts = split_chronologically(DAYS, gap_days=14)
    (_, train), (first, last), (test, _) = (ends(parts, name) for name in ("train", "validation", "test"))
    assert (first - train).days >= 14 and (test - last).days >= 14
    shares = [np.mean(parts == name) for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.6, 0.15 - 0.01, 0.25 - 0.01], abs=0.002)
    assert ((parts == "gap").sum(), parts[0], parts[-1]) == (28, "train", "test")


def test_a_long_archive_has_gaps_of_a_rotation_and_a_short_one_of_half():
    assert (split_chronologically(DAYS) == "gap").sum() == 2 * 27
    assert (split_chronologically(DAYS[:240]) == "gap").sum() == 2 * 14


def test_a_region_that_comes_back_is_counted():
    days = pd.DataFrame({"time": list("abcd"), "split": ["train", "gap", "validation", "test"]})
    regions = pd.DataFrame({"time": list("aabbcd"), "region": [1, 2, 2, 3, 1, 4]})
    assert count_shared_regions(days, regions) == (3, 1)  # region 3 is seen in the gap alone


def test_fractions_count_by_their_ratio():
    for days in (DAYS, DAYS[:240]):  # with gaps of a rotation and of half
        assert (split_chronologically(days, (6, 1.5, 2.5)) == split_chronologically(days, (0.6, 0.15, 0.25))).all()


def test_a_region_on_several_days_of_one_part_is_not_shared():
    days = pd.DataFrame({"time": list("abcd"), "split": ["train", "train", "validation", "test"]})
    regions = pd.DataFrame({"time": list("abcd"), "region": [1, 1, 2, 3]})
    assert count_shared_regions(days, regions) == (3, 0)


def test_the_order_of_the_dates_does_not_matter():
    order = np.random.default_rng(1).permutation(len(DAYS))
    assert (split_chronologically(DAYS[order]) == split_chronologically(DAYS)[order]).all()
    assert (split_chronologically(DAYS.strftime("%Y-%m-%dT%H:%M:%S")) == split_chronologically(DAYS)).all()


def test_too_few_dates_are_said_so():
    with pytest.raises(InputError, match="the validation part holds none of the 60 dates: give more dates"):
        split_chronologically(DAYS[:60])
