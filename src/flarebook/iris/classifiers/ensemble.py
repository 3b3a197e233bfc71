"""One Keras model that trains all splits of an architecture at once: batched dense layers, a masked loss per member."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up notes would fill the notebooks

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import ops

from flarebook.iris.classifiers.splits import (
    TEST,
    TRAIN,
    VALIDATION,
    Spectra,
    Splits,
    observation_weights,
    standardisation,
)

# The paper gives the number of hidden layers and no widths (section 4.1, Figure 11).
ARCHITECTURES = {"A": (), "B": (32, 16), "C": (64, 32, 16, 8)}
SELECTIONS = {"test": TEST, "validation": VALIDATION}  # the paper's choice of the best epoch, and the honest one
EVALUATION_ROWS = 8192
TOGETHER = 1 << 18  # spectra that are read at a time, in the order of a training
CALLS = 16  # batches per call of TensorFlow


class MemberDense(keras.layers.Layer):
    """Dense layer of many members: (n_members or 1, batch, n_in) -> (n_members, batch, units)."""

    def __init__(self, n_members, units, activation=None, seed=None):
        super().__init__()
        self.n_members, self.units, self.seed = n_members, units, seed
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        # Glorot's rule with the fans of one member: Keras would count the members' axis as a receptive field.
        limit = float(np.sqrt(6 / (shape[-1] + self.units)))
        start = keras.initializers.RandomUniform(-limit, limit, seed=self.seed)
        self.kernel = self.add_weight(shape=(self.n_members, shape[-1], self.units), initializer=start, name="kernel")
        self.bias = self.add_weight(shape=(self.n_members, 1, self.units), initializer="zeros", name="bias")

    def call(self, values):
        return self.activation(ops.matmul(values, self.kernel) + self.bias)


class MemberNetwork(keras.Model):
    """All members of one architecture: (batch, n_features) -> logits (n_members, batch)."""

    def __init__(self, mean, scale, widths, dropout=0.0, seed=0):
        super().__init__()
        self.n_members = len(mean)
        self.mean, self.scale = ops.convert_to_tensor(mean[:, None]), ops.convert_to_tensor(scale[:, None])
        state = np.random.SeedSequence(seed).generate_state(len(widths) + 2)
        seeds = (state >> 1).tolist()  # 31 bits suit every backend
        self.hidden = [MemberDense(len(mean), width, "relu", s) for width, s in zip(widths, seeds, strict=False)]
        self.output_layer = MemberDense(len(mean), 1, seed=seeds[-2])
        self.dropout = keras.layers.Dropout(dropout, seed=seeds[-1]) if dropout else None
        self(np.zeros((1, mean.shape[1]), np.float32))  # creates the weights

    def call(self, features, training=False):
        values = (features[None] - self.mean) / self.scale
        for layer in self.hidden:
            values = layer(values)
            values = self.dropout(values, training=training) if self.dropout else values
        return self.output_layer(values)[..., 0]

    def weights_of_members(self):
        """Arrays of every member: {"mean", "scale", "dense_0/kernel", "dense_0/bias", ...}."""
        weights = {name: ops.convert_to_numpy(getattr(self, name))[:, 0] for name in ("mean", "scale")}
        for i, layer in enumerate([*self.hidden, self.output_layer]):
            weights[f"dense_{i}/kernel"] = ops.convert_to_numpy(layer.kernel.value).copy()
            weights[f"dense_{i}/bias"] = ops.convert_to_numpy(layer.bias.value)[:, 0].copy()
        return weights


class MaskedCrossEntropy(keras.losses.Loss):
    """Sum over members of the mean cross-entropy of the spectra that the member may learn from.

    The sum keeps members independent; each one's gradient is that of a network trained on its own rows of the batch.
    table: (n_members, n_observations), zero where the observation is not the member's to train on.
    """

    def __init__(self, table):
        super().__init__(reduction=None)
        self.table = ops.convert_to_tensor(np.ascontiguousarray(table.T))

    def __call__(self, target, logit, sample_weight=None):
        label = target[:, 0]
        weight = ops.transpose(ops.take(self.table, ops.cast(target[:, 1], "int32"), axis=0))
        entropy = ops.softplus(logit) - logit * label
        return ops.sum(ops.sum(entropy * weight, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1e-6))


@dataclass(frozen=True)
class TrainingConfig:
    """Hold the settings of a training.

    Attributes
    ----------
    epochs : int
        Passes over all spectra.
    batch_size : int
        Spectra per step.
    seed : int
        Seed of initial weights, order of the spectra and dropout.
    dropout : float
        Share of the hidden units that are set to zero at random.
    learning_rate : float
        Of the Adam optimiser.

    Examples
    --------
    >>> from flarebook import iris
    >>> iris.TrainingConfig(epochs=5).batch_size
    512
    """

    epochs: int = 15
    batch_size: int = 512
    seed: int = 0
    dropout: float = 0.0
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class Trained:
    """An ensemble after training.

    weights: {selection: {name: (n_members, ...)}} of the best epoch; best_epoch: {selection: (n_members,)};
    history: DataFrame member, epoch, selection, accuracy.
    """

    weights: dict
    best_epoch: dict
    history: pd.DataFrame


def build_network(spectra, splits, widths, dropout=0.0, seed=0, learning_rate=1e-3):
    """Compiled network of len(splits) members; each standardises with its own training spectra."""
    network = MemberNetwork(*standardisation(splits, spectra), widths, dropout, seed)
    loss = MaskedCrossEntropy(observation_weights(splits, spectra, TRAIN))
    optimizer = keras.optimizers.Adam(learning_rate)
    # Sixteen batches per call (torch takes one) and no XLA measured fastest on two cores.
    steps = 1 if keras.backend.backend() == "torch" else CALLS
    network.compile(optimizer=optimizer, loss=loss, jit_compile=False, steps_per_execution=steps)
    return network


def train_ensemble(
    spectra: Spectra,
    splits: Splits,
    widths: tuple[int, ...],
    config: TrainingConfig = TrainingConfig(),
    after_epoch: Callable[[int, keras.Model], None] | None = None,
) -> Trained:
    """Train one network per split and keep, per network, the epochs of best accuracy on the test and validation parts.

    All networks learn from the same batches, each from its own training observations.  A seed gives the same result.

    Parameters
    ----------
    spectra : Spectra
        Of `select_spectra`.
    splits : Splits
        Of `draw_splits`.
    widths : tuple of int
        Nodes of each hidden layer; empty for a logistic regression.
    config : TrainingConfig
        Epochs, batch size, seed, dropout and learning rate.
    after_epoch : callable, optional
        Called with the epoch (from 0) and the network, to record more than the accuracy.

    Returns
    -------
    Trained
        Weights and best epoch by selection, and the history of the accuracy.

    References
    ----------
    Panos & Kleint (2020), section 4.2: 15 epochs, best epoch by accuracy on the test set.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from flarebook import iris
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(160, 10)), columns=list(iris.FEATURES))
    >>> table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(10)])
    >>> table["region"] = table["observation"].str[:2]
    >>> spectra = iris.select_spectra(table, rng)
    >>> splits = iris.draw_splits(spectra, rng, n_splits=2)
    >>> trained = iris.train_ensemble(spectra, splits, (4,), iris.TrainingConfig(epochs=1, batch_size=32))
    >>> trained.weights["validation"]["dense_0/kernel"].shape
    (2, 10, 4)
    """
    rng = np.random.default_rng(config.seed)
    network = build_network(spectra, splits, widths, config.dropout, config.seed, config.learning_rate)
    tables = {name: observation_weights(splits, spectra, part) for name, part in SELECTIONS.items()}
    accuracy = {name: np.empty((config.epochs, len(splits))) for name in tables}
    best = {}
    for epoch in range(config.epochs):
        train_epoch(network, spectra, config.batch_size, rng)
        if after_epoch is not None:
            after_epoch(epoch, network)
        correct = correct_calls(network, spectra)
        for name, table in tables.items():
            accuracy[name][epoch] = (correct * table).sum(axis=1) / np.maximum((table * spectra.counts).sum(axis=1), 1)
            improved = accuracy[name][epoch] > accuracy[name][:epoch].max(axis=0, initial=-1)
            best[name] = keep_best(best.get(name), network.weights_of_members(), improved)
    return Trained(best, {name: values.argmax(axis=0) for name, values in accuracy.items()}, tidy_history(accuracy))


def train_epoch(network, spectra, batch_size, rng):
    """Show every spectrum once, in random order; so many are in memory at a time that a table on disk may be large."""
    order = rng.permutation(len(spectra.label))
    together = max(1, TOGETHER // (CALLS * batch_size)) * CALLS * batch_size  # whole batches
    for start in range(0, len(order), together):
        rows = order[start : start + together]
        target = np.stack([spectra.label[rows], spectra.observation[rows]], axis=1).astype(np.float32)
        network.fit(spectra.features[rows], target, batch_size=batch_size, shuffle=False, verbose=0)


def correct_calls(network, spectra):
    """Number of correctly called spectra by member and observation, (n_members, n_observations)."""
    total = np.zeros((network.n_members, len(spectra.names)), np.int32)
    for i in range(0, len(spectra.label), EVALUATION_ROWS):
        rows = slice(i, i + EVALUATION_ROWS)
        called = network.predict_on_batch(np.asarray(spectra.features[rows])) >= 0
        present, starts = np.unique(spectra.observation[rows], return_index=True)
        correct = called == spectra.label[rows].astype(bool)
        total[:, present] += np.add.reduceat(correct, starts, axis=1, dtype=np.int32)
    return total


def keep_best(kept, current, improved):
    """Weights with the improved members replaced by the current ones."""
    if kept is None:
        return current
    for name, value in current.items():
        kept[name][improved] = value[improved]
    return kept


def tidy_history(accuracy):
    """Accuracy of each member after each epoch as a long table."""
    parts = []
    for selection, values in accuracy.items():
        epoch, member = np.indices(values.shape)
        columns = {"member": member.ravel(), "epoch": epoch.ravel() + 1, "accuracy": values.ravel()}
        parts.append(pd.DataFrame({**columns, "selection": selection}))
    return pd.concat(parts, ignore_index=True)
