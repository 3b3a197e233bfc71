"""Precision, recall and their confidence: facts of rare classes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from flarebook.stix.multiple_sources import scores as source_scores


def test_always_one_source_is_right_in_96_of_100_posters_images_and_worth_nothing():
    multiple = np.repeat([0, 1], [156, 7])
    scores = source_scores.call_scores(multiple, np.zeros(163))
    assert scores["accuracy"] == pytest.approx(156 / 163) and scores["balanced"] == 0.5
    assert scores["recall"] == scores["f1"] == 0 and np.isnan(scores["precision"])


def test_calls_by_hand():
    scores = source_scores.call_scores([1, 1, 0, 0, 0], [1, 0, 1, 0, 0])
    assert (scores["precision"], scores["recall"], scores["f1"]) == (0.5, 0.5, 0.5)
    assert scores["balanced"] == pytest.approx((1 / 2 + 2 / 3) / 2) and scores["n_called"] == 2


def two_scores(n, seed=1):
    """A class of one in five, a score that knows it partly and one that does not."""
    rng = np.random.default_rng(seed)
    multiple = (np.arange(n) % 5 == 0).astype(int)
    return multiple, {"knows": rng.normal(size=n) + multiple, "guesses": rng.normal(size=n)}


def test_a_guess_has_the_share_of_the_class_as_its_precision():
    multiple, scores = two_scores(2000)
    table = source_scores.confidence(multiple, scores, np.random.default_rng(1), 100).set_index("method")
    assert table.loc["guesses", "average_precision"] == pytest.approx(0.2, abs=0.03)
    assert table.loc["knows", "average_precision"] == average_precision_score(multiple, scores["knows"])
    assert (table["low"] < table["average_precision"]).all() and (table["high"] > table["average_precision"]).all()


def test_confidence_grows_with_the_square_root_of_the_images():
    spreads = []
    for n in (500, 8000):
        multiple, scores = two_scores(n)
        spreads.append(source_scores.confidence(multiple, scores, np.random.default_rng(1), 200)["sd"][0])
    assert spreads[0] / spreads[1] == pytest.approx(4, rel=0.35)


def test_luck_of_the_training_sets_is_part_of_the_interval():
    multiple, scores = two_scores(2000)
    table = source_scores.confidence(
        multiple, {"one": scores["knows"], "either": np.array(list(scores.values()))}, np.random.default_rng(1), 100
    )
    assert table["n_sets"].tolist() == [1, 2] and table["sd"][1] > 3 * table["sd"][0]


def test_a_protocol_with_repetitions_has_a_spread():
    multiple = np.array([0, 0, 0, 1])
    table = source_scores.protocol_table(
        multiple, {("a", "once"): [0.1, 0.2, 0.9, 0.8], ("a", "twice"): [[0, 0, 0, 1], [1, 1, 1, 0]]}
    ).set_index("protocol")
    assert table.loc["once", "accuracy"] == 0.75 and table.loc["once", "accuracy_sd"] == 0
    assert table.loc["twice", "accuracy"] == 0.5 and table.loc["twice", "n"] == 2
    assert table.loc["twice", "accuracy_sd"] == pytest.approx(np.sqrt(0.5))


def test_methods_without_labels_stand_once():
    multiple, scores = two_scores(200)
    table = source_scores.compare_labels(multiple, scores, {"knows": scores["guesses"]}, np.random.default_rng(1))
    assert list(zip(table["method"], table["labels"], strict=True)) == [
        ("knows", "expert"),
        ("knows", "archive"),
        ("guesses", "no"),
    ]


def test_checkpoints_without_truth_are_still_counted():
    checks = pd.DataFrame({"seed": 1, "epoch": [5, 10], "training_accuracy": [0.98, 1.0]})
    probabilities = np.array([[0.9, 0.1, 0.9], [0.9, 0.9, 0.1]])
    kept, asked = np.array([True, True, False]), np.array([], int)
    table = source_scores.checkpoint_table(checks, probabilities, kept, asked, np.array([]))
    assert table["n_called"].tolist() == [1, 2] and table["called_share"].tolist() == [0.5, 1.0]
    assert table["eligible"].tolist() == [False, True] and table["precision"].isna().all()
    known = source_scores.checkpoint_table(checks, probabilities, kept, np.array([0, 1]), np.array([0, 1]))
    assert known["precision"].tolist() == [0, 0.5] and known["recall"].tolist() == [0, 1]


def test_a_shifted_domain_is_recognised_and_an_equal_one_is_not():
    rng = np.random.default_rng(2)
    expert, alike, shifted = rng.normal(size=(150, 6)), rng.normal(size=(400, 6)), rng.normal(1.5, size=(400, 6))
    assert source_scores.domain_shift(expert, alike, rng) == pytest.approx(0.5, abs=0.12)
    assert source_scores.domain_shift(expert, shifted, rng) > 0.97


def test_agreement_of_clusters_is_a_rank_correlation():
    shares = pd.DataFrame({"called": [0.9, 0.5, 0.1], "truth": [0.3, 0.2, 0.0]})
    assert source_scores.agreement(shares) == pytest.approx(1)
    assert np.isnan(source_scores.agreement(shares.assign(truth=np.nan)))
