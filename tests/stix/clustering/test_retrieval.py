"""Nearest neighbours are of other flares, and their precision is 1 when the classes part and chance when they mix."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering.retrieval import nearest, precision_at, queries, retrieval, retrieval_table


def archive(n=120, seed=0):
    """Records of two kinds, whose features part them, with the last image real."""
    rng = np.random.default_rng(seed)
    kind = np.where(np.arange(n) % 3 == 0, "loop", "compact").astype(object)
    scores = rng.normal(size=(n, 4)) + 20.0 * (kind == "loop")[:, None]
    records = pd.DataFrame({"flare_id": [str(i) for i in range(n)], "kind": kind, "origin": "simulated"})
    records["n_sources"] = pd.array([1] * n, dtype="Int64")
    records["artefact"] = np.where(np.arange(n) % 4 == 0, "low counts", "none").astype(object)
    records["is_artefact"] = pd.array(records["artefact"] != "none", dtype="boolean")
    records.loc[n - 1, ["kind", "artefact", "n_sources", "is_artefact"]] = pd.NA
    records.loc[n - 1, "origin"] = "real"
    return records, scores


def test_nearest_images_on_a_line():
    found = nearest(np.array([[0.0], [1.0], [3.0], [3.5]]), 2)
    assert found.tolist() == [[1, 2], [0, 2], [3, 1], [2, 1]]


def test_the_same_flare_in_two_bands_is_no_answer():
    line = np.array([[0.0], [0.1], [3.0], [4.0]])
    assert nearest(line, 1, ["a", "a", "b", "c"]).ravel().tolist() == [2, 2, 3, 2]
    assert nearest(line, 1, ["", "", None, "c"]).ravel().tolist() == [1, 0, 3, 2]  # unnamed flares are not one flare


def test_too_few_images_are_told():
    with pytest.raises(InputError, match="3 images have not 2 neighbours each from other flares"):
        nearest(np.zeros((3, 2)), 2, ["a", "a", "b"])


def test_precision_counts_neighbours_of_the_same_class():
    assert precision_at(np.array([[1, 2], [0, 2], [0, 1]]), ["x", "x", "y"]).tolist() == [0.5, 0.5, 0.0]


def test_parted_classes_score_one_and_mixed_ones_chance():
    records, scores = archive(600)
    parted = retrieval(scores, records["kind"], rng=np.random.default_rng(1))
    assert parted["precision"] == 1.0
    assert parted["n_images"] == 599  # the real image has no truth
    assert parted["chance"] == pytest.approx(0.5, abs=0.01)  # mean over the two kinds, however rare
    mixed = retrieval(scores, records["artefact"], rng=np.random.default_rng(1))
    assert mixed["precision"] == pytest.approx(mixed["chance"], abs=5 * mixed["spread"])
    assert 0 < mixed["spread"] < 0.05


def test_kind_is_asked_of_clean_images_only():
    records, scores = archive()
    table = retrieval_table({"one": scores, "two": -scores}, records, np.random.default_rng(0))
    asked = table.set_index(["encoder", "question"])["n_images"]
    assert asked["one", "artefact"] == 119
    assert asked["two", "kind"] == (records["is_artefact"] == False).sum()  # noqa: E712


def test_without_truth_there_is_no_score():
    records, scores = archive()
    records[["kind", "artefact", "n_sources", "is_artefact"]] = pd.NA
    assert retrieval_table({"one": scores}, records, np.random.default_rng(0)).empty
    assert queries(records, 4, np.random.default_rng(0))[0] == 119
    assert len(set(queries(records, 4, np.random.default_rng(0)))) == 4


def test_real_images_are_asked_first_then_one_of_each():
    records, _ = archive()
    asked = queries(records, 5, np.random.default_rng(0))
    assert asked[0] == 119 and len(set(asked)) == 5
    assert set(records["kind"].iloc[asked[1:3]]) == {"compact", "loop"}
    assert not records["is_artefact"].iloc[asked[1:3]].any()
    assert records["artefact"].iloc[asked[3]] == "low counts"
