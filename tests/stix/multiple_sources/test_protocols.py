"""No classifier is asked of an image that it learned from."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.multiple_sources import protocols
from flarebook.stix.multiple_sources.labelled_set import LabelledSet


def separable(n=60, several=8, distance=4.0):
    """Features in which images with several sources lie apart."""
    rng = np.random.default_rng(3)
    n_sources = np.repeat([1, 2], [n - several, several])
    features = rng.normal(size=(n, 5)) + distance * (n_sources == 2)[:, None]
    return LabelledSet(features, n_sources)


def spy(train, multiple, images):
    """A classifier that finds out whether it is asked of what it learned, and whether it saw both classes."""
    assert not set(map(tuple, train)) & set(map(tuple, images))
    assert 0 < multiple.sum() < len(multiple)
    return np.full(len(images), len(train))


def test_leave_one_out_learns_from_all_others():
    labelled = separable()
    assert (protocols.leave_one_out(spy, labelled) == len(labelled) - 1).all()


def test_folds_score_each_image_once_in_each_repetition():
    labelled = separable()
    scores = protocols.repeated_folds(spy, labelled, 3, seed=1)
    assert scores.shape == (3, 60) and np.isfinite(scores).all()
    assert set(scores.ravel()) == {51.0, 52.0}  # seven folds of eight or nine images
    few = labelled.take(np.r_[:20, 57:60])  # three multiple ones allow three folds
    assert set(protocols.repeated_folds(spy, few, 1, seed=1).ravel()) == {15.0, 16.0}


@pytest.mark.parametrize("name", ["logistic regression", "nearest neighbours"])
def test_separate_classes_are_told_apart_by_images_not_seen(name):
    labelled = separable()
    scores = protocols.leave_one_out(protocols.classifiers()[name], labelled)
    assert np.mean((scores > 0.5) == labelled.multiple) > 0.95


def test_on_the_same_images_neighbours_look_better_than_they_are():
    labelled = separable(distance=0.8)
    found = protocols.protocols(protocols.nearest_neighbours, labelled, 2, seed=1)
    accuracy = {name: np.mean((scores >= 0.5) == labelled.multiple) for name, scores in found.items()}
    assert accuracy["same images"] > accuracy["leave one out"] and found["repeated folds"].shape == (2, 60)
    assert list(protocols.protocols(spy, labelled, 1, 1, quick=False)) == ["repeated folds"]


def test_one_class_is_refused_before_any_training():
    alone = LabelledSet(np.zeros((5, 2)), np.ones(5, int))
    for protocol in (protocols.leave_one_out, lambda c, s: protocols.repeated_folds(c, s, 1, 1)):
        with pytest.raises(InputError, match="0 of 5 images with several sources"):
            protocol(spy, alone)


def test_pool_and_test_share_no_image_and_have_equal_shares():
    multiple = np.repeat([0, 1, 0], [300, 60, 40])
    asked = np.arange(360)
    *_, pool, test = protocols.divide(np.zeros((400, 2)), multiple, asked, np.random.default_rng(1))
    assert not set(pool) & set(test) and set(pool) | set(test) == set(asked)
    assert multiple[pool].sum() == multiple[test].sum() == 30


def test_sets_from_the_archive_come_from_the_pool():
    labelled = separable(n=200, several=40)
    division = protocols.divide(labelled.features, labelled.multiple, np.arange(200), np.random.default_rng(1))
    drawn = protocols.archive_sets(spy, division, 50, 2, np.random.default_rng(1))
    assert drawn.shape == (2, 100) and (drawn == 50).all()
    random = protocols.random_sets(spy, division, (20, 80, 500), 3, np.random.default_rng(1))
    assert list(random) == [20, 80] and random[80].shape == (3, 100)  # 500 are more than the pool holds


def test_shares_per_cluster():
    called, multiple = [1, 1, 0, 0, 1, 0], pd.array([1, 0, None, 0, 1, None], dtype="Int64")
    shares = protocols.share_per_cluster([5, 5, 5, 2, 9, 2], called, multiple)
    assert shares["cluster"].tolist() == [9, 5, 2] and shares["n"].tolist() == [1, 3, 2]
    assert shares["called"].tolist() == pytest.approx([1, 2 / 3, 0])
    assert shares["truth"].tolist() == pytest.approx([1, 0.5, 0])  # images without truth do not count
