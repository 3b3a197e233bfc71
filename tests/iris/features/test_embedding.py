"""Projections keep the variance they should, and maps part what can be parted."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.features import embedding
from flarebook.iris.mg2 import FEATURES


def two_blobs(distance, n=60, seed=0):
    """Two normal clouds of n spectra each in ten features, the first moved by distance along all of them."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2 * n, len(FEATURES)))
    features[:n] += distance / np.sqrt(len(FEATURES))
    return features, np.arange(2 * n) < n


def test_components_of_a_known_correlation_hold_the_known_variance():
    correlation = np.full((10, 10), 0.5) + 0.5 * np.eye(10)  # eigenvalues 5.5 once and .5 nine times
    features = np.random.default_rng(1).multivariate_normal(np.zeros(10), correlation, 40000) * np.logspace(-3, 3, 10)
    projection = embedding.project_features(features, np.ones(40000, bool))
    assert projection.variance[:2] == pytest.approx([0.55, 0.05], abs=0.01)
    assert projection.variance_two == pytest.approx(0.60, abs=0.01)
    assert abs(projection.components[0]) == pytest.approx(np.full(10, 10**-0.5), abs=0.01)


def test_points_are_the_standardised_features_times_the_components_with_the_class_turned_right_and_up():
    features, first = two_blobs(4.0)
    projection = embedding.project_features(features, first)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    assert projection.points == pytest.approx(standard @ projection.components.T)
    assert (projection.points[first].mean(axis=0) > 0).all()
    assert projection.variance.sum() == pytest.approx(1)


def test_tsne_parts_two_distant_clouds_and_not_two_that_are_the_same():
    scores = {}
    for distance in (0.0, 8.0):
        features, first = two_blobs(distance)
        points = embedding.tsne_map(features, 20, seed=1)
        scores[distance] = embedding.separability(points, first)
    assert scores[8.0] > 0.97
    assert scores[0.0] == pytest.approx(0.5, abs=0.15)


def test_a_seed_gives_the_same_map_alone_and_beside_others():
    features, _ = two_blobs(2.0, n=40)
    drawn = pd.DataFrame(features, columns=list(FEATURES))
    maps = embedding.tsne_maps({"a": drawn, "b": drawn}, (2, 10), seed=3)
    assert list(maps["a"]) == [2, 10]
    table = embedding.map_table({name: drawn.assign(region="PF") for name in maps}, maps)
    assert table.groupby(["name", "perplexity"]).size().eq(80).all()
    assert np.array_equal(maps["a"][10], maps["b"][10])
    assert np.array_equal(maps["a"][10], embedding.tsne_map(features, 10, seed=3))


def test_perplexities_are_kept_when_they_fit_and_squeezed_when_they_do_not():
    assert embedding.perplexity_ladder((2, 10, 50, 200, 450), 20000) == [2, 10, 50, 200, 450]
    squeezed = embedding.perplexity_ladder((2, 10, 50, 200, 450), 500)
    assert squeezed[0] == 2 and squeezed[-1] == 166
    assert squeezed == sorted(set(squeezed)) and len(squeezed) == 5


def test_perplexity_that_cannot_fit_is_refused():
    with pytest.raises(InputError, match="4 spectra"):
        embedding.perplexity_ladder((2, 10), 4)


def test_separability_does_not_count_what_is_peculiar_to_one_observation():
    rng = np.random.default_rng(2)
    observations = np.repeat(np.arange(20), 15)
    points = rng.normal(0, 5, (20, 2))[observations] + rng.normal(0, 0.1, (300, 2))
    positive = np.isin(observations, rng.permutation(20)[:10])
    assert embedding.separability(points, positive) > 0.95
    assert embedding.separability(points, positive, observations) < 0.75


def test_separability_table_has_one_row_a_map_and_one_for_the_features():
    features, first = two_blobs(6.0, n=40)
    drawn = pd.DataFrame(features, columns=list(FEATURES))
    drawn = drawn.assign(region=np.where(first, "PF", "AR"), observation=np.arange(80) % 4 + 4 * first)
    result = embedding.separability_table(drawn, {10: features[:, :2], 20: features[:, 2:4]}, "AR")
    assert result["perplexity"].tolist() == [0, 10, 20]
    assert result["knn"].iloc[0] > 0.95
    assert set(result["pair"]) == {"PF and AR"}


def test_the_sketch_puts_the_axis_of_most_variance_first():
    points, components = embedding.gaussian_sketch(np.random.default_rng(0))
    first, second = (points @ components.T).var(axis=0)
    assert first > 5 * second
    assert components @ components.T == pytest.approx(np.eye(2), abs=1e-9)


def test_a_feature_that_rises_with_the_class_has_angle_zero_and_one_across_it_ninety():
    points = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
    drawn = pd.DataFrame(0.0, index=range(4000), columns=list(FEATURES))
    drawn["triplet"], drawn["intensity"], drawn["line_center"] = points[:, 0], -points[:, 0], points[:, 1]
    drawn[[f for f in FEATURES if drawn[f].eq(0).all()]] += np.random.default_rng(1).normal(size=(4000, 7))
    result = embedding.feature_directions(drawn, points, points[:, 0] > 0).set_index("feature")
    assert result.loc[["triplet", "line_center", "intensity"], "angle"].tolist() == pytest.approx([0, 90, 180], abs=3)
    assert result.loc["triplet", "explained"] == pytest.approx(1)
    assert result.loc["k3_height", "explained"] < 0.01
