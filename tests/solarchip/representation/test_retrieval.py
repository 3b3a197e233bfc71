"""Retrieval finds pairs that belong together, gives chance to collapsed features, and tells place from content."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.representation import retrieval

TIMES = np.datetime64("2011-01-01") + np.arange(60)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def recall(table, negatives, k=1):
    return table.set_index(["negatives", "k"]).loc[(negatives, k), "recall"]


def test_equal_features_find_each_other_and_foreign_ones_do_so_by_chance(rng):
    features = rng.normal(size=(60, 40))
    same = retrieval.date_recall(features, features, TIMES)
    assert (same["recall"] == 1).all()
    trials = [retrieval.date_recall(*rng.normal(size=(2, 60, 40)), TIMES) for _ in range(40)]
    mean = np.mean([table["recall"] for table in trials], axis=0)
    assert mean == pytest.approx(same["chance"].to_numpy(), abs=0.02)


def test_collapsed_features_score_chance_not_one():
    point = np.ones((60, 8))
    table = retrieval.date_recall(point, point, TIMES)
    assert table["recall"].to_numpy() == pytest.approx(table["chance"].to_numpy())


def test_features_that_know_only_the_week_are_found_out_by_neighbouring_days(rng):
    slow = np.repeat(rng.normal(size=(20, 16)), 3, axis=0) + 1e-3 * rng.normal(size=(60, 16))
    other = slow + 1e-2 * rng.normal(size=(60, 16))
    table = retrieval.date_recall(slow, other, TIMES)
    assert recall(table, "all dates", 5) == 1  # the right one is among the three alike
    assert recall(table, "all dates") < 0.5
    chance = table.set_index(["negatives", "k"])["chance"]
    assert recall(table, "all dates") / chance["all dates", 1] > 5 * (
        recall(table, "neighbouring days") / chance["neighbouring days", 1]
    )


def test_neighbours_are_counted_in_days_not_in_rows():
    among = retrieval.candidates(["2011-01-01", "2011-01-05", "2011-01-20", "2011-01-24"], "neighbouring days", 5)
    assert among.astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_a_code_of_the_place_alone_is_told_from_content(rng):
    code = np.broadcast_to(rng.normal(size=(1, 16, 12)), (10, 16, 12))
    assert retrieval.position_recall(code, code) == (1.0, 1.0)
    content = rng.normal(size=(10, 16, 12))
    same, other = retrieval.position_recall(content, content)
    assert same == 1
    assert other == pytest.approx(1 / 16, abs=0.08)


def test_patches_find_their_date_at_their_place(rng):
    content = rng.normal(size=(20, 9, 6))
    found, chance = retrieval.patch_date_recall(content, content, TIMES[:20])
    assert found == 1
    assert chance == pytest.approx(np.mean([1 / (min(i, 5) + 1 + min(19 - i, 5)) for i in range(20)]))


def test_a_linear_map_finds_what_two_rotated_spaces_have_in_common(rng):
    hidden = rng.normal(size=(200, 6))
    first, second = hidden @ rng.normal(size=(6, 10)), hidden @ rng.normal(size=(6, 10))
    bare = retrieval.date_recall(first[140:], second[140:], TIMES)
    mapped = retrieval.date_recall(*retrieval.linear_map(first[:140], second[:140])(first[140:], second[140:]), TIMES)
    assert recall(bare, "all dates") < 0.2
    assert recall(mapped, "all dates") > 0.95


def test_what_cannot_be_sought_is_told():
    with pytest.raises(InputError, match="two or more"):
        retrieval.date_recall(np.ones((1, 3)), np.ones((1, 3)), TIMES[:1])
    with pytest.raises(InputError, match="denser series"):
        retrieval.candidates(["2011-01-01", "2012-01-01"], "neighbouring days")
    with pytest.raises(InputError, match="negatives 'some'"):
        retrieval.candidates(TIMES, "some")
