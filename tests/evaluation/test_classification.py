"""The six scores, against scikit-learn and against facts."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from flarebook.compendium.errors import InputError
from flarebook.evaluation import classification


@pytest.fixture
def labelled(rng=None):
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1], 500)
    return label, np.clip(rng.normal(0.4 + 0.2 * label, 0.2), 0, 1)


def test_scores_agree_with_scikit_learn_for_equal_classes(labelled):
    label, score = labelled
    ours, called = classification.six_metrics(label, score), score >= 0.5
    theirs = {
        "tss": balanced_accuracy_score(label, called, adjusted=True),
        "precision": precision_score(label, called),
        "recall": recall_score(label, called),
        "f1": f1_score(label, called),
        "accuracy": accuracy_score(label, called),
        "auc": roc_auc_score(label, score),
    }
    assert ours == pytest.approx(theirs)


def test_skill_is_one_zero_minus_one_for_perfect_random_adverse():
    label = np.tile([0, 1], 1000)
    assert classification.six_metrics(label, label)["tss"] == 1
    assert classification.six_metrics(label, 1 - label)["tss"] == -1
    guess = np.random.default_rng(0).random(len(label))
    assert classification.six_metrics(label, guess)["tss"] == pytest.approx(0, abs=0.06)
    assert classification.six_metrics(label, guess)["auc"] == pytest.approx(0.5, abs=0.03)


def test_unequal_classes_change_none_of_the_scores(labelled):
    label, score = labelled
    rows = np.concatenate([np.flatnonzero(label == 0), np.tile(np.flatnonzero(label == 1), 3)])
    assert classification.six_metrics(label[rows], score[rows]) == pytest.approx(
        classification.six_metrics(label, score)
    )


def test_calling_nothing_preflare_gives_zero_not_nan():
    scores = classification.six_metrics(np.array([0, 1, 0, 1]), np.zeros(4))
    assert scores["precision"] == scores["recall"] == scores["f1"] == scores["tss"] == 0


def test_a_score_at_the_threshold_counts_as_preflare():
    assert classification.confusion([1, 0], [0.5, 0.5]) == {"TP": 1, "FP": 1, "TN": 0, "FN": 0}


def test_ranking_probability_is_the_auc_with_ties():
    rng = np.random.default_rng(2)
    label, score = rng.integers(0, 2, 300), rng.integers(0, 8, 300) / 8
    ours = classification.ranking_probability(score[label == 1], score[label == 0])
    assert ours == pytest.approx(roc_auc_score(label, score))


def test_paper_values_of_model_b_do_not_quite_fit_equal_classes():
    # at equal classes accuracy is (1 + TSS) / 2: .785 for the paper's TSS of .57, which prints .80
    scores = classification.scores_of_rates(0.77, 0.77 * (1 / 0.78 - 1))
    assert scores["precision"] == pytest.approx(0.78)
    assert scores["accuracy"] == pytest.approx((1 + scores["tss"]) / 2)
    assert scores["tss"] == pytest.approx(0.553, abs=0.001)  # from the paper's recall and precision; it prints .57
    assert scores["accuracy"] == pytest.approx(0.776, abs=0.001)  # it prints .80


def test_a_single_class_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="one class is empty"):
        classification.six_metrics(np.ones(5), np.ones(5))


def test_reliability_of_a_true_probability_is_the_diagonal():
    rng = np.random.default_rng(1)
    score = rng.random(100_000)
    points = classification.reliability((rng.random(100_000) < score).astype(int), score)
    np.testing.assert_allclose(points["observed"], points["score"], atol=0.02)
    assert points["n"].sum() == 100_000
