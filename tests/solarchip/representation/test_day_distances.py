"""Distances between days and classes: known where the features are."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.representation.day_distances import (
    class_separability,
    day_separability,
    separability_spread,
    slow_evolution,
    standardize,
)

TIMES = np.datetime64("2014-01-01") + np.arange(60)


def test_days_that_look_alike_are_not_separable():
    rng = np.random.default_rng(1)
    days = rng.normal(size=(60, 8))
    assert day_separability(np.ones((60, 8)) + 0.01 * days, np.ones((60, 8)) - 0.01 * days[::-1], TIMES) < 1.2
    assert day_separability(days, days + 0.1 * rng.normal(size=days.shape), TIMES) > 10


def test_a_slow_sun_changes_little_in_a_day():
    turning = np.column_stack([np.cos(np.arange(60) / 10), np.sin(np.arange(60) / 10)])
    assert slow_evolution(turning, TIMES) == pytest.approx(0.01 / 2, rel=0.2)  # 2 sin(1/20), squared, over 2
    assert slow_evolution(np.random.default_rng(2).normal(size=(60, 5)), TIMES) == pytest.approx(1, abs=0.2)


def test_classes_at_two_points_share_no_variance_with_each_other():
    labels = np.arange(40) % 2
    eta, ratio = class_separability(np.column_stack([labels, 1 - labels]) + 1e-6, labels)
    assert eta == pytest.approx(1)
    eta, ratio = class_separability(np.random.default_rng(3).normal(size=(400, 20)), np.arange(400) % 2)
    assert eta < 0.01 and ratio == pytest.approx(1, abs=0.01)


def test_a_shift_of_one_deviation_in_one_feature_explains_a_fifth_of_it():
    labels = np.arange(20_00) % 2
    feature = np.random.default_rng(4).normal(size=(2000, 1)) + labels[:, None]
    assert class_separability(feature, labels)[0] == pytest.approx(0.25 / 1.25, abs=0.03)
    assert (separability_spread(feature[:200], labels[:200], np.random.default_rng(1)) < 0.1).all()


def test_draws_with_a_single_date_of_a_class_are_left_out_of_the_spread():
    features, labels = np.random.default_rng(3).normal(size=(20, 3)), np.arange(20) >= 18
    assert np.isfinite(separability_spread(features, labels, np.random.default_rng(1))).all()


def test_units_do_not_matter_once_standardised():
    features, train = np.random.default_rng(5).normal(size=(50, 3)), np.arange(50) < 30
    assert standardize(features * [1, 10, 100], train) == pytest.approx(standardize(features, train))
    assert np.isfinite(standardize(np.ones((50, 3)), train)).all()


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(InputError, match="1 class among 60 dates"):
        class_separability(np.ones((60, 2)), np.zeros(60))
    with pytest.raises(InputError, match="no two dates lie within 1.5 days"):
        day_separability(np.eye(3), np.eye(3), TIMES[::20])
