"""Principal components and k-means: groups come back, and what cannot be clustered is refused in a sentence."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import clusters


@pytest.fixture
def groups():
    """Features of 300 images in five well parted groups, with their group."""
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(5), 60)
    return 8 * rng.normal(size=(5, 40))[group] + rng.normal(size=(300, 40)), group


@pytest.mark.parametrize("pca_variance", [0.95, None])
def test_well_parted_groups_come_back_with_and_without_components(groups, pca_variance):
    features, group = groups
    best = max(adjusted_rand_score(group, clusters.cluster(features, 5, seed, pca_variance)) for seed in range(5))
    assert best == 1


def test_same_seed_same_clusters(groups):
    features, _ = groups
    assert (clusters.cluster(features, 7, 3) == clusters.cluster(features, 7, 3)).all()
    assert (clusters.cluster(features, 7, 3) != clusters.cluster(features, 7, 4)).any()


def test_components_keep_the_share_of_variance_asked_for(groups):
    features, _ = groups
    total = features.var(axis=0).sum()
    few, many = (clusters.principal_components(features, share) for share in (0.6, 0.95))
    assert few.var(axis=0).sum() >= 0.6 * total > few[:, :-1].var(axis=0).sum()
    assert many.shape[1] > few.shape[1]
    assert np.array_equal(clusters.principal_components(features, None), features)


def test_exemplars_are_nearest_and_samples_reach_the_edge():
    line = np.arange(11.0)[:, None]  # one cluster along a line: its middle is image 5
    labels = np.zeros(11, dtype=int)
    assert sorted(clusters.exemplars(line, labels, 3)[0]) == [4, 5, 6]
    samples = clusters.spread_samples(line, labels, 4)[0]
    assert samples[0] == 5 and samples[-1] in (0, 10) and len(samples) == 4
    assert len(clusters.spread_samples(line, labels, 40)[0]) == 11


@pytest.mark.parametrize(
    ("features", "k", "sentence"),
    [
        (np.ones((1, 4)), 30, "one image only"),
        (np.random.default_rng(0).normal(size=(12, 4)), 30, "12 images are fewer than 30 clusters"),
        (np.ones((50, 4)), 30, "fewer than 30 of the 50 images differ"),
        (np.full((50, 4), np.nan), 30, "not finite, first in row 0"),
        (np.ones((50, 4)), 0, "set k to 1 or more"),
    ],
)
def test_what_cannot_be_clustered_is_told_in_one_sentence(features, k, sentence):
    with pytest.raises(InputError, match=sentence):
        clusters.cluster(features, k)


def test_a_share_of_variance_above_one_is_refused():
    with pytest.raises(InputError, match="pca_variance is 95"):
        clusters.principal_components(np.eye(5), 95)
