"""What is rare stands out; a distance knows its own neighbours; chance is told apart from a finding."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import anomalies
from flarebook.stix.simulation.artefacts import display_name


@pytest.fixture
def population():
    """Images in a ball, and one far away."""
    return np.r_[np.random.default_rng(1).normal(size=(200, 6)), np.full((1, 6), 6.0)].astype(np.float32)


@pytest.mark.parametrize("name", list(anomalies.DETECTORS))
def test_the_image_far_from_all_others_is_the_most_anomalous(name, population):
    settings = {"n_trees": 50} if name == "Isolation Forest" else {}
    for reference in (population, population[:-1]):
        assert anomalies.DETECTORS[name](reference, population, **settings).argmax() == 200


def test_the_forest_flags_above_zero_as_published(population):
    score = anomalies.forest_scores(population, population, n_trees=50)
    forest = anomalies.isolation_forest(population, n_trees=50)
    assert ((score > 0) == (forest.predict(population) == -1)).all() and score[200] > 0
    assert forest.n_estimators == 50 and anomalies.isolation_forest(population[:9]).n_estimators == 900


def test_a_forest_of_one_image_is_refused(population):
    with pytest.raises(InputError, match="not 1"):
        anomalies.isolation_forest(population[:1])


def test_an_image_is_not_its_own_neighbour(population):
    score = anomalies.neighbour_distance(population, population, 3)
    distance = np.sort(np.linalg.norm(population[:, None] - population, axis=2), axis=1)
    assert score == pytest.approx(distance[:, 1:4].mean(axis=1), abs=1e-4)
    stranger = population[:1] + 0.5
    nearest = np.sort(np.linalg.norm(population - stranger, axis=1))[:3].mean()
    assert anomalies.neighbour_distance(population, stranger, 3) == pytest.approx([nearest], abs=1e-4)


def test_distance_to_the_mean_is_measured_in_standard_deviations():
    rng = np.random.default_rng(2)
    reference = rng.normal(size=(5000, 2)) * [10, 1]
    score = anomalies.centre_distance(reference * [1, 5], np.array([[10.0, 0], [0, 5.0], [0, 15.0]]))
    assert score == pytest.approx([1, 1, 3], rel=0.05)


def test_area_and_its_error_agree_with_scikit_learn_and_the_bootstrap():
    rng = np.random.default_rng(3)
    target = np.repeat([0.0, 1.0], [300, 40])
    score = np.round(rng.normal(size=340) + target, 1)  # ties as well
    area, error = anomalies.area_under_roc(target, score)
    assert area == pytest.approx(roc_auc_score(target, score))
    draws = [np.r_[rng.integers(0, 300, 300), 300 + rng.integers(0, 40, 40)] for _ in range(300)]
    assert error == pytest.approx(np.std([roc_auc_score(target[rows], score[rows]) for rows in draws]), rel=0.15)


def test_seeds_that_disagree_widen_the_error():
    target, score = np.repeat([0.0, 1.0], [50, 50]), np.arange(100.0)
    table = anomalies.area_table({"t": target}, {("a", "r"): np.array([score, -score]), ("b", "r"): score[None]})
    assert table["auc"].tolist() == [0.5, 1.0] and table["sd"].tolist() == pytest.approx([0.5, 0.0])


def test_a_group_of_all_images_holds_all_multiple_ones_by_chance():
    n_sources = np.repeat([1, 2], [156, 7])
    everything = anomalies.group_of_anomalies(np.ones(163), n_sources)
    assert everything["flagged_multiple"] == 7 and everything["chance"] == pytest.approx(1)
    twenty = anomalies.group_of_anomalies(np.where(np.arange(163) >= 143, 1, -1), n_sources)
    assert (twenty["flagged_single"], twenty["flagged_multiple"]) == (13, 7)
    assert twenty["chance"] == pytest.approx(comb(20, 7) / comb(163, 7))


def records():
    """Good and bad images, and one whose truth is not known."""
    return pd.DataFrame(
        {
            "origin": ["simulated"] * 20 + ["real"],
            "is_artefact": pd.array([False] * 14 + [True] * 6 + [pd.NA], dtype="boolean"),
            "artefact": ["none"] * 14 + ["low_counts"] * 5 + ["blank"] + [None],
            "kind": ["compact"] * 8 + ["loop"] * 12 + [None],
            "n_sources": pd.array([1] * 9 + [2] * 5 + [2] * 6 + [pd.NA], dtype="Int64"),
        }
    )


def test_rare_kinds_are_looked_for_among_good_images():
    targets = anomalies.anomaly_targets(records())
    assert list(targets) == ["artefact", "several sources", "loop", "artefact: low counts"]  # one blank is too few
    assert np.nansum(targets["artefact"]) == 6 and np.isnan(targets["artefact"][20])
    assert np.nansum(targets["several sources"]) == 5 and np.isnan(targets["several sources"][14:]).all()
    assert np.isnan(targets["artefact: low counts"][19]) and np.nansum(targets["artefact: low counts"]) == 5


def test_real_images_alone_have_no_targets():
    assert anomalies.anomaly_targets(records().iloc[20:]) == {}


def test_frames_name_what_an_image_is():
    assert anomalies.frames(records().iloc[[0, 10, 15, 20]]).tolist() == ["", "several sources", "artefact", "real"]


def test_the_strip_keeps_to_the_images_that_count():
    among = np.array([True, False, True, True])
    assert anomalies.most_anomalous([0.1, 0.9, 0.5, 0.3], among, 2).tolist() == [2, 3]
    assert display_name("dead_sub_collimators") == "dead sub-collimators"


def test_rank_one_is_the_most_anomalous():
    ranks = anomalies.rank_of(np.array([0.1, 0.9, 0.5, 0.3]), [1, 0])
    assert ranks["rank"].tolist() == [1, 4] and ranks["share_above"].tolist() == [0, 0.75]


@pytest.fixture
def caused():
    """Records of 400 images: two causes of artefacts, pairs of sources, and counts that grow along the table."""
    n = 400
    reason = np.array(["none"] * n, dtype=object)
    reason[:30], reason[30:40] = "low_counts", "blank"
    table = pd.DataFrame({"artefact": reason, "is_artefact": pd.array(reason != "none", dtype="boolean")})
    table["n_sources"] = pd.array(np.where(np.arange(n) < 60, 2, 1), dtype="Int64")
    return table.assign(peak_counts=np.arange(n, dtype=float))


def test_each_cause_is_set_against_the_same_normal_images(caused):
    targets = anomalies.cause_targets(caused)
    assert set(targets) == {"artefact: too few counts", "artefact: no source in the map", "two sources", "bright"}
    rare = {cause: int(np.nansum(target)) for cause, target in targets.items()}
    assert rare == {
        "artefact: too few counts": 30,
        "artefact: no source in the map": 10,
        "two sources": 20,
        "bright": 18,
    }
    normal = {cause: np.flatnonzero(target == 0).tolist() for cause, target in targets.items()}
    assert all(rows == list(range(60, 382)) for rows in normal.values())


def test_without_truth_no_cause_is_known(caused):
    unknown = caused.assign(is_artefact=pd.array([None] * len(caused), dtype="boolean"))
    assert anomalies.cause_targets(unknown) == {}


def test_a_perfect_score_finds_its_cause_alone_and_a_random_one_none(caused):
    targets = anomalies.cause_targets(caused)
    rng = np.random.default_rng(1)
    scores = {("perfect", "x"): np.nan_to_num(targets["bright"])[None], ("random", "x"): rng.random((5, 400))}
    table = anomalies.cause_table(targets, scores, rng, n_draws=30).set_index(["cause", "detector"])
    found = table.loc["bright", "perfect"]
    assert (found["average_precision"], found["auc"], found["ap_sd"]) == (1, 1, 0)
    guess = table.xs("random", level="detector")
    assert np.allclose(guess["average_precision"], guess["prevalence"], atol=0.08)
    assert np.allclose(guess["auc"], 0.5, atol=0.1) and (guess["ap_sd"] > 0).all()
