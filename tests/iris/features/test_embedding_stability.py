"""Maps of several starts, and how far they agree."""

import numpy as np
import pytest

from flarebook.iris.features import embedding_stability as stability


@pytest.fixture
def plane():
    """Points on a plane."""
    return np.random.default_rng(0).normal(size=(120, 2))


def rotated(points, angle):
    """Points turned about the origin by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, -sine], [sine, cosine]])


def test_a_turned_map_is_the_same_map(plane):
    maps = {"t-SNE": [plane, 3 * rotated(plane, 1.0) + 5], "UMAP": [plane, plane]}
    features = np.column_stack([plane, np.zeros((120, 8))])
    table = stability.map_agreement(maps, features).set_index(["method", "measure"])["mean"]
    assert table["t-SNE", "procrustes"] == pytest.approx(0, abs=1e-9)
    assert table["t-SNE", "common_neighbours"] == pytest.approx(1)
    assert table["t-SNE", "trustworthiness"] > 0.97


def test_unrelated_maps_share_as_many_neighbours_as_chance_gives():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 400, 2))
    assert stability.common_neighbours(first, second) == pytest.approx(15 / 399, abs=0.01)
    assert stability.map_agreement({"t-SNE": [first, second]}, first)["mean"].iloc[2] > 0.9  # procrustes


def test_methods_are_compared_map_by_map(plane):
    mean, sd = stability.common_between_methods({"t-SNE": [plane, plane], "UMAP": [rotated(plane, 2.0)]})
    assert (mean, sd) == (pytest.approx(1), pytest.approx(0))


def test_classes_that_lie_apart_separate_at_every_start():
    rng = np.random.default_rng(2)
    label = np.arange(120) % 2 == 0
    maps = {"t-SNE": [rng.normal(size=(120, 2)) + 9 * label[:, None] for _ in range(2)]}
    table = stability.separability_by_start(maps, label, np.repeat(np.arange(12), 10))
    assert (table["knn_across_observations"] == 1).all()


@pytest.mark.slow
def test_both_methods_part_two_distant_groups_from_any_start():
    pytest.importorskip("numba")
    import importlib.util

    if importlib.util.find_spec("umap") is None:
        pytest.skip("umap-learn is not installed")
    rng = np.random.default_rng(3)
    label = np.arange(100) < 50
    features = rng.normal(size=(100, 10)) + 8 * label[:, None]
    maps = stability.repeated_maps(features, 10, (1, 2), n_workers=1)
    table = stability.separability_by_start(maps, label, np.arange(100) % 10)
    assert (table["knn_across_observations"] > 0.95).all()
    assert not np.allclose(maps["UMAP"][0], maps["UMAP"][1])
