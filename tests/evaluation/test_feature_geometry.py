"""Geometry of the unit sphere where it is known by hand."""

import numpy as np
import pytest

from flarebook.evaluation import feature_geometry


def sphere(rng, n, p):
    vectors = rng.normal(size=(n, p))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_alignment_of_same_unrelated_and_opposite_features():
    first = sphere(np.random.default_rng(1), 4000, 32)
    assert feature_geometry.alignment(first, first) == 0
    assert feature_geometry.alignment(first, -first) == pytest.approx(4)
    assert feature_geometry.alignment(first, sphere(np.random.default_rng(2), 4000, 32)) == pytest.approx(2, abs=0.02)


def test_even_features_reach_the_value_of_the_whole_sphere_and_a_point_scores_zero():
    points = sphere(np.random.default_rng(3), 2000, 3)
    # on the sphere of three dimensions the squared distance of two points is even between 0 and 4
    assert feature_geometry.uniformity(points) == pytest.approx(np.log((1 - np.exp(-8)) / 8), abs=0.02)
    assert feature_geometry.uniformity(np.tile(points[:1], (50, 1))) == 0


def test_a_gap_between_channels_is_the_distance_of_their_means():
    first = np.array([[1.0, 0], [1, 0]])
    assert feature_geometry.modality_gap(first, np.array([[0, 1.0], [0, -1]])) == 1
    assert feature_geometry.modality_gap(first, first) == 0
