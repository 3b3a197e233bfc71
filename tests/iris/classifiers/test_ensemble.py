"""Members train as if they were alone, and never learn from what they are tested on."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as array

from flarebook.evaluation.classification import six_metrics
from flarebook.iris.classifiers import ensemble
from flarebook.iris.classifiers.inference import ensemble_scores
from flarebook.iris.classifiers.protocol import test_scores as scores_of_tests
from flarebook.iris.classifiers.splits import (
    TEST,
    TRAIN,
    VALIDATION,
    Splits,
    draw_splits,
    select_spectra,
    standardisation,
)


@pytest.fixture(scope="module")
def spectra(toy_table):
    rng = np.random.default_rng(10)
    return select_spectra(toy_table(rng, effect=1.5), rng)


@pytest.fixture(scope="module")
def splits(spectra):
    return draw_splits(spectra, np.random.default_rng(11), 3, n_test=2, n_validation=1)


def all_for_training(spectra, n=1):
    return Splits(np.full((n, len(spectra.names)), TRAIN, np.int8))


def plain_copy(network):
    """A plain Keras Sequential with the first member's starting weights."""
    layers = [*network.hidden, network.output_layer]
    dense = [keras.layers.Dense(one.units, "relu" if one in network.hidden else None) for one in layers]
    model = keras.Sequential([keras.Input((10,)), *dense])
    for plain, one in zip(dense, layers, strict=True):
        plain.set_weights([array(one.kernel)[0], array(one.bias)[0, 0]])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    return model, dense


def test_one_member_is_a_plain_keras_network(spectra):
    everything = all_for_training(spectra)
    network = ensemble.build_network(spectra, everything, (8, 4), seed=5)
    model, dense = plain_copy(network)
    ensemble.train_epoch(network, spectra, 64, np.random.default_rng(6))
    order = np.random.default_rng(6).permutation(len(spectra.label))
    mean, scale = standardisation(everything, spectra)
    standard = ((spectra.features - mean[0]) / scale[0])[order]
    model.fit(standard, spectra.label[order], batch_size=64, shuffle=False, verbose=0)
    for plain, one in zip(dense, [*network.hidden, network.output_layer], strict=True):
        np.testing.assert_allclose(array(one.kernel)[0], plain.get_weights()[0], atol=2e-5)


def test_members_do_not_learn_from_test_or_validation_spectra(spectra, splits):
    one = splits.first(1)
    kept = np.isin(spectra.observation, np.flatnonzero(one.role[0] == TRAIN))
    noise = np.random.default_rng(0).normal(500, 300, spectra.features.shape).astype(np.float32)
    changed = replace(spectra, features=np.where(kept[:, None], spectra.features, noise))
    trained = []
    for data in (spectra, changed):
        network = ensemble.build_network(data, one, (8,), seed=5)
        ensemble.train_epoch(network, data, 64, np.random.default_rng(6))
        trained.append(network.weights_of_members())
    for name, value in trained[0].items():
        np.testing.assert_array_equal(value, trained[1][name], err_msg=name)


def test_members_do_not_influence_one_another(spectra, splits):
    networks = [ensemble.build_network(spectra, part, (8,), seed=5) for part in (splits, splits.first(1))]
    for one, source in zip(networks[1].trainable_variables, networks[0].trainable_variables, strict=True):
        one.assign(array(source)[:1])
    for network in networks:
        ensemble.train_epoch(network, spectra, 64, np.random.default_rng(6))
    three, alone = (network.weights_of_members() for network in networks)
    for name in alone:
        np.testing.assert_allclose(three[name][:1], alone[name], atol=2e-6, err_msg=name)


def test_training_is_deterministic_for_a_seed(spectra, splits):
    first, second = (
        ensemble.train_ensemble(spectra, splits, (4,), ensemble.TrainingConfig(epochs=2, seed=3)) for _ in range(2)
    )
    for name, value in first.weights["test"].items():
        np.testing.assert_array_equal(value, second.weights["test"][name])


def test_kept_epoch_is_the_best_of_its_own_part(spectra, splits):
    trained = ensemble.train_ensemble(spectra, splits, (8,), ensemble.TrainingConfig(epochs=4, batch_size=64, seed=1))
    for selection, part in (("test", TEST), ("validation", VALIDATION)):
        history = trained.history[trained.history["selection"] == selection]
        best = history.groupby("member")["accuracy"].max()
        for i in range(len(splits)):
            rows = splits.rows(i, part, spectra)
            one = {name: value[i : i + 1] for name, value in trained.weights[selection].items()}
            scores = six_metrics(spectra.label[rows], ensemble_scores(one, spectra.features[rows])[0])
            assert scores["accuracy"] == pytest.approx(best[i], abs=1e-6)


def test_the_honest_choice_never_sees_the_test_set(spectra, splits):
    tested = (splits.first(1).role == TEST)[0][spectra.observation]
    flipped = replace(spectra, label=np.where(tested, 1 - spectra.label, spectra.label).astype(np.float32))
    runs = [
        ensemble.train_ensemble(data, splits.first(1), (8,), ensemble.TrainingConfig(epochs=4, batch_size=64))
        for data in (spectra, flipped)
    ]
    for name, value in runs[0].weights["validation"].items():
        np.testing.assert_array_equal(value, runs[1].weights["validation"][name])
    assert runs[0].best_epoch["validation"] == runs[1].best_epoch["validation"]


def test_shuffled_labels_are_not_predicted(toy_table):
    rng = np.random.default_rng(20)
    table = toy_table(rng, effect=0.0, between=0.0)
    spectra = select_spectra(table, rng)
    splits = draw_splits(spectra, rng, 6, 2, 1)
    trained = ensemble.train_ensemble(spectra, splits, (8,), ensemble.TrainingConfig(epochs=3, batch_size=64))
    scores = scores_of_tests(trained.weights["validation"], spectra, splits)
    auc = [six_metrics(spectra.label[splits.rows(i, TEST, spectra)], s)["auc"] for i, s in enumerate(scores)]
    assert np.mean(auc) == pytest.approx(0.5, abs=0.05)


def test_separable_classes_are_learned(spectra, splits):
    trained = ensemble.train_ensemble(
        spectra, splits, (8,), ensemble.TrainingConfig(epochs=6, batch_size=64, learning_rate=0.01)
    )
    scores = scores_of_tests(trained.weights["validation"], spectra, splits)
    auc = [six_metrics(spectra.label[splits.rows(i, TEST, spectra)], s)["auc"] for i, s in enumerate(scores)]
    assert np.mean(auc) > 0.8


def test_numpy_forward_equals_keras(spectra, splits):
    network = ensemble.build_network(spectra, splits, (64, 32, 16, 8), seed=2)
    ensemble.train_epoch(network, spectra, 64, np.random.default_rng(0))
    logits = network.predict_on_batch(spectra.features[:500])
    ours = ensemble_scores(network.weights_of_members(), spectra.features[:500])
    np.testing.assert_allclose(ours, 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_dropout_acts_in_training_only(spectra, splits):
    network = ensemble.build_network(spectra, splits, (16, 8), dropout=0.5, seed=2)
    first, second = (network.predict_on_batch(spectra.features[:50]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    trained = [
        ensemble.train_ensemble(spectra, splits, (16, 8), ensemble.TrainingConfig(epochs=1, dropout=d))
        for d in (0.0, 0.5)
    ]
    assert not np.allclose(trained[0].weights["test"]["dense_0/kernel"], trained[1].weights["test"]["dense_0/kernel"])
