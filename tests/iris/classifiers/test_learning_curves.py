"""Loss and AUC by epoch, and scores by the number of training observations."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import learning_curves
from flarebook.iris.classifiers.ensemble import TrainingConfig, train_ensemble
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, TRAIN, VALIDATION, draw_splits, select_spectra
from flarebook.iris.mg2 import FEATURES


@pytest.fixture(scope="module")
def data():
    """Eight observations of each class whose triplet differs, and two splits."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(640, 10)), columns=list(FEATURES))
    table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(40)])
    table["region"] = table["observation"].str[:2]
    table.loc[table["region"] == "PF", "triplet"] += 1.2
    spectra = select_spectra(table, rng)
    return spectra, draw_splits(spectra, rng, n_splits=2, n_test=2, n_validation=2)


class Fixed:
    """A network whose logits are given."""

    def __init__(self, spectra, logits):
        self.spectra, self.logits = spectra, logits

    def predict_on_batch(self, features):
        """Logits of the rows, which must be all of them."""
        assert len(features) == len(self.spectra.label)
        return self.logits


def test_loss_and_auc_are_those_of_scikit_learn_on_each_part(data):
    spectra, splits = data
    logits = np.random.default_rng(1).normal(size=(2, len(spectra.label))) + spectra.label
    recorder = learning_curves.CurveRecorder(spectra, splits)
    recorder(0, Fixed(spectra, logits))
    table = recorder.table.set_index(["member", "part"])
    for member in (0, 1):
        for name, part in (("training", TRAIN), ("validation", VALIDATION), ("test", TEST)):
            rows = splits.rows(member, part, spectra)
            score = 1 / (1 + np.exp(-logits[member, rows]))
            label, found = spectra.label[rows], table.loc[(member, name)]
            assert found["loss"] == pytest.approx(log_loss(label, score), rel=1e-5)
            assert found["auc"] == pytest.approx(roc_auc_score(label, score), abs=1e-3)


def test_recording_does_not_change_the_training(data):
    spectra, splits = data
    config = TrainingConfig(epochs=2, batch_size=128, seed=3)
    recorder = learning_curves.CurveRecorder(spectra, splits)
    with_it, without = (train_ensemble(spectra, splits, (4,), config, recording) for recording in (recorder, None))
    for name, value in with_it.weights["validation"].items():
        assert np.array_equal(value, without.weights["validation"][name])
    loss = recorder.table.groupby(["part", "epoch"])["loss"].mean().unstack()
    assert (loss[2] < loss[1]).all()


def test_fewer_training_observations_leave_test_and_validation_as_they_are(data):
    spectra, splits = data
    limited = learning_curves.limit_training(splits, spectra, 2, np.random.default_rng(0))
    for part in (TEST, VALIDATION):
        assert np.array_equal(limited.role == part, splits.role == part)
    kept = limited.role == TRAIN
    assert (kept & spectra.positive).sum(axis=1).tolist() == [2, 2]
    assert (kept & ~spectra.positive).sum(axis=1).tolist() == [2, 2]
    assert ((limited.role == EXCLUDED) | kept)[splits.role == TRAIN].all()


def test_more_training_observations_than_there_are_is_refused(data):
    spectra, splits = data
    with pytest.raises(InputError, match="5 training observations per class are asked for, of 4: ask for fewer"):
        learning_curves.limit_training(splits, spectra, 5, np.random.default_rng(0))


def test_scores_come_by_the_number_of_observations(data):
    spectra, splits = data
    config = TrainingConfig(epochs=3, batch_size=64, learning_rate=0.01)
    table = learning_curves.scores_by_observations(spectra, splits, (4,), config, (1, 4), np.random.default_rng(0))
    auc = table[table["metric"] == "auc"].groupby("n_observations")["value"].mean()
    assert auc.index.tolist() == [1, 4]
    assert auc[4] > 0.65


def test_overfitting_is_the_rise_above_the_least_loss():
    table = pd.DataFrame({"member": [0, 0, 0], "epoch": [1, 2, 3], "part": "validation", "loss": [0.6, 0.4, 0.5]})
    assert learning_curves.overfitting(table) == (pytest.approx(0.1), 0.0)


def test_scores_of_one_bin_decide_nothing():
    counts = np.zeros((1, 2, 4), int)
    counts[0, :, 2] = 30  # both observations, all spectra in the same bin
    inside, positive = np.ones((1, 2), bool), np.array([True, False])
    assert learning_curves.auc_of_counts(counts, inside, positive) == pytest.approx(0.5)
    counts[0, 0] = [0, 0, 0, 30]
    assert learning_curves.auc_of_counts(counts, inside, positive) == pytest.approx(1)
