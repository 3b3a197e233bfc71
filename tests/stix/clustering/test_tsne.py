"""The map keeps neighbours together, is the same for the same seed, and its pictures do not cover one another."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering.tsne import thin_out, trust, tsne_map


@pytest.fixture(scope="module")
def scores():
    """Three groups of 40 images far apart in six dimensions."""
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(centre, 1.0, (40, 6)) for centre in (0.0, 12.0, -12.0)])


@pytest.fixture(scope="module")
def points(scores):
    """Their map."""
    return tsne_map(scores, seed=2, n_iter=250)


def test_groups_stay_together(points):
    groups = points.reshape(3, 40, 2)
    centres = groups.mean(axis=1)
    spread = np.linalg.norm(groups - centres[:, None], axis=2).max()
    apart = min(np.linalg.norm(centres[i] - centres[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert apart > spread


def test_same_seed_same_map(scores, points):
    np.testing.assert_array_equal(tsne_map(scores, seed=2, n_iter=250), points)


def test_map_is_trusted_and_a_shuffled_one_is_not(scores, points):
    assert trust(scores, points) > 0.9
    assert trust(scores, np.random.default_rng(1).permutation(points)) < 0.6


def test_few_images_make_no_map():
    with pytest.raises(InputError, match="map of 4 images"):
        tsne_map(np.zeros((4, 3)))


def test_pictures_on_the_map_do_not_overlap(points):
    rows, centres, side = thin_out(points, 12)
    assert len(set(rows)) == len(rows)
    gaps = np.abs(centres[:, None] - centres[None]).max(axis=2) + np.eye(len(rows)) * side
    assert gaps.min() > 0.999 * side
    assert np.abs(points[rows] - centres).max() <= 0.5001 * side  # each picture is near its own place
