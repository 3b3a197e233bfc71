"""Draws of a share of the labels hold both classes and are the same for every method."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.flares.baselines import label_subsets, sample_labels

LABEL = np.repeat([0, 1], [160, 40])


@pytest.mark.parametrize(("fraction", "numbers"), [(1.0, (200, 40)), (0.25, (50, 10)), (0.1, (20, 4)), (0.001, (2, 1))])
def test_a_share_keeps_the_balance_and_at_least_one_day_of_each_class(fraction, numbers):
    days = sample_labels(LABEL, fraction, np.random.default_rng(1))
    assert (len(days), LABEL[days].sum()) == numbers
    assert len(set(days)) == len(days) and (np.diff(days) > 0).all()


def test_draws_differ_but_come_again_with_their_seed():
    first, table = label_subsets(LABEL, (0.05, 1.0), 3, seed=4)
    again, _ = label_subsets(LABEL, (0.05, 1.0), 3, seed=4)
    other, _ = label_subsets(LABEL, (0.05, 1.0), 3, seed=5)
    assert all((first[key] == again[key]).all() for key in first)
    assert len({tuple(first[0.05, draw]) for draw in range(3)} | {tuple(other[0.05, 0])}) == 4
    assert table["n_days"].tolist() == [10, 10, 10, 200, 200, 200]


def test_all_labels_are_all_days():
    days, _ = label_subsets(LABEL, (1.0,), 2, seed=1)
    assert (days[1.0, 0] == np.arange(200)).all() and (days[1.0, 1] == np.arange(200)).all()


def test_shares_without_all_labels_are_refused():
    with pytest.raises(InputError, match="add 1.0"):
        label_subsets(LABEL, (0.05, 0.25), 2, seed=1)


def test_a_class_without_days_is_told():
    with pytest.raises(InputError, match="no training day has the label 1, so that a share of 10% of them cannot hold"):
        sample_labels(np.zeros(20), 0.1, np.random.default_rng(1))


@pytest.mark.parametrize("fraction", [0, -0.1, 1.5])
def test_a_share_beyond_all_is_refused(fraction):
    with pytest.raises(InputError, match="give a number above 0, 1 at most"):
        sample_labels(LABEL, fraction, np.random.default_rng(1))
