"""Agreement of clusters and truth: exact at the ends, deaf to names, blind to images without truth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import normalized_mutual_info_score

from flarebook.stix.clustering import cluster_quality


def test_the_truth_itself_scores_one_whatever_the_numbers_are_called():
    truth = np.array(["loop", "compact", "extended"])[np.tile([0, 1, 2], 40)]
    assert cluster_quality.quality(np.tile([7, 3, 5], 40), truth) == pytest.approx({"ari": 1, "nmi": 1, "purity": 1})


def test_random_clusters_score_nothing_but_purity_has_a_floor():
    rng = np.random.default_rng(1)
    truth = np.where(rng.random(3000) < 0.7, "compact", "loop")
    found = cluster_quality.quality(rng.integers(0, 30, 3000), truth)
    assert found["ari"] == pytest.approx(0, abs=0.01)
    assert found["nmi"] < 0.02
    assert found["purity"] == pytest.approx(0.7, abs=0.03)


def test_images_without_truth_do_not_count():
    truth = pd.Series(["loop", "compact", None, None], dtype="string")
    assert cluster_quality.quality([0, 1, 0, 1], truth)["ari"] == 1
    assert np.isnan(cluster_quality.quality([0, 1, 0, 1], pd.Series([pd.NA] * 4, dtype="string"))["nmi"])


def test_an_artefact_looks_like_its_reason_and_a_good_image_like_its_source():
    records = pd.DataFrame(
        {
            "kind": ["loop", "loop", None],
            "artefact": ["none", "low_counts", None],
            "n_sources": pd.array([1, 1, None], dtype="Int64"),
            "is_artefact": pd.array([False, True, None], dtype="boolean"),
        }
    )
    assert cluster_quality.appearance(records)[:2].tolist() == ["loop", "low_counts"]
    assert cluster_quality.truth_table(records)["appearance"].isna().tolist() == [False, False, True]


def test_weighted_information_is_that_of_repeated_images():
    rng = np.random.default_rng(2)
    labels, truth, weights = rng.integers(0, 6, 200), rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    repeated = normalized_mutual_info_score(np.repeat(truth, weights), np.repeat(labels, weights))
    assert cluster_quality.nmi_weighted(labels, truth, weights) == pytest.approx(repeated)


def test_silhouette_is_near_one_for_points_far_apart_and_undefined_for_one_cluster():
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1], 50)
    points = 100 * group[:, None] + rng.normal(size=(100, 2))
    assert cluster_quality.silhouette(points, group, rng) > 0.95
    assert np.isnan(cluster_quality.silhouette(points, np.zeros(100, dtype=int), rng))
