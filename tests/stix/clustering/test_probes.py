"""Probes find what features know, nothing where there is nothing, and ask only what can be answered."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import probes


@pytest.fixture
def records():
    """Records of 400 images: three in ten are artefacts, some have two sources."""
    rng = np.random.default_rng(1)
    bad = rng.random(400) < 0.3
    two = rng.random(400) < 0.25
    return pd.DataFrame(
        {
            "is_artefact": pd.array(bad, dtype="boolean"),
            "n_sources": pd.array(1 + two, dtype="Int64"),
            "kind": np.where(two, "two sources", "compact"),
        }
    )


def test_only_images_without_artefact_are_asked_for_their_sources(records):
    found = probes.targets(records)
    assert not records["is_artefact"].iloc[found["sources"].rows].any()
    assert len(found["artefact"].rows) == 400
    assert found["sources"].classes == ("one", "two")
    assert found["artefact"].classes == ("good", "artefact")


def test_real_images_are_not_asked_and_rare_classes_are_left_out(records):
    records.loc[:9, ["is_artefact", "n_sources", "kind"]] = pd.NA
    records.loc[10:12, "n_sources"] = 4
    found = probes.targets(records)
    assert found["artefact"].rows.min() == 10
    assert found["sources"].classes == ("one", "two")
    assert probes.targets(records.iloc[:10]) == {}


def test_features_that_hold_the_answer_score_one_and_noise_scores_chance(records):
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(400, 8))
    target = probes.targets(records)["artefact"]
    telling = noise + 8 * records["is_artefact"].to_numpy(dtype=float)[:, None]
    for features, accuracy, auc in ((telling, 1.0, 1.0), (noise, 0.5, 0.5)):
        table = probes.probe(features, target, seed=1).groupby(["probe", "score"])["value"].mean().unstack()
        assert table["balanced_accuracy"].to_numpy() == pytest.approx(accuracy, abs=0.09)
        assert table["auc"].to_numpy() == pytest.approx(auc, abs=0.09)


def test_a_rare_class_wins_where_its_neighbours_are_as_dense_as_its_share_allows():
    label = np.repeat([0, 1], [900, 100])
    train = np.zeros((1000, 1))  # all in one place: the votes are the shares, the balanced votes are equal
    assert probes.neighbours(train, label, np.zeros((1, 1)), 1000)[0] == pytest.approx([0.5, 0.5])


def test_a_class_smaller_than_the_folds_is_told(records):
    target = probes.Target("kind", np.arange(10), np.repeat([0, 1], [7, 3]), ("compact", "loop"))
    with pytest.raises(InputError, match="a class of kind has fewer images than 5 folds"):
        probes.probe(np.ones((10, 2)), target, seed=1)
