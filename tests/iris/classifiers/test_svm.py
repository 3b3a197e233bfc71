"""The accelerated support vector machine is scikit-learn's."""

import numpy as np
from sklearn.svm import SVC

from flarebook.evaluation.classification import six_metrics
from flarebook.iris.classifiers import svm
from flarebook.iris.classifiers.splits import TEST, draw_splits, select_spectra


def test_scores_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    label = np.tile([0, 1], 300)
    features = rng.normal(size=(600, 10)) + 0.5 * label[:, None]
    ours, theirs = svm.train_svm(features, label), svm.train_svm(features, label, machine=SVC)
    np.testing.assert_allclose(ours.decision_function(features), theirs.decision_function(features), atol=0.02)
    assert (ours.predict(features) == theirs.predict(features)).mean() > 0.995


def test_the_score_is_one_half_on_the_boundary_and_keeps_the_order():
    decision = np.array([-3.0, -0.1, 0.0, 0.1, 3.0])
    score = svm.as_score(decision)
    assert score[2] == 0.5 and (np.diff(score) > 0).all() and 0 < score.min() and score.max() < 1


def test_machines_are_scored_on_unseen_observations_and_learn(toy_table):
    rng = np.random.default_rng(1)
    spectra = select_spectra(toy_table(rng, effect=1.5), rng)
    splits = draw_splits(spectra, rng, 4, 2, 1)
    scores = svm.svm_scores(spectra, splits, rng, n_train=400)
    aucs = [six_metrics(spectra.label[splits.rows(i, TEST, spectra)], score)["auc"] for i, score in enumerate(scores)]
    assert np.mean(aucs) > 0.75


def test_training_rows_are_half_of_each_class_and_no_more_than_asked():
    label = np.repeat([0, 1], [300, 100])
    rows = svm.sample_training_rows(np.arange(400), label, 120, np.random.default_rng(0))
    assert len(set(rows)) == len(rows) == 120 and label[rows].sum() == 60
