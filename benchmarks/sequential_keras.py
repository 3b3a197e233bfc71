"""The peer of the ensemble: one plain Keras network per split, trained one after the other."""

import keras
import numpy as np

from flarebook.iris.classifiers.splits import TEST, TRAIN, standardisation


class SequentialFits:
    """Plain Keras networks for some splits, each with its own standardised training spectra in memory.

    Building and tracing the networks happens here and is not timed, which favours this side.
    """

    def __init__(self, spectra, splits, widths, batch_size, seed=0):
        self.spectra, self.splits, self.batch_size = spectra, splits, batch_size
        self.mean, self.scale = standardisation(splits, spectra)
        keras.utils.set_random_seed(seed)
        self.models = [plain_network(widths) for _ in range(len(splits))]
        self.training = [self.part(i, TRAIN) for i in range(len(splits))]

    def part(self, split, side):
        """Standardised features and labels of one side of a split."""
        rows = self.splits.rows(split, side, self.spectra)
        return (self.spectra.features[rows] - self.mean[split]) / self.scale[split], self.spectra.label[rows]

    def epoch(self):
        """One epoch of every network, one after the other."""
        for model, (features, label) in zip(self.models, self.training, strict=True):
            model.fit(features, label, batch_size=self.batch_size, epochs=1, verbose=0)

    def test_logits(self):
        """Logits of each network for its test spectra."""
        tests = [self.part(i, TEST)[0] for i in range(len(self.models))]
        return [m.predict(t, batch_size=8192, verbose=0)[:, 0] for m, t in zip(self.models, tests, strict=True)]


def plain_network(widths):
    """Keras Sequential with the settings of the ensemble's members."""
    hidden = [keras.layers.Dense(width, "relu") for width in widths]
    model = keras.Sequential([keras.Input((10,)), *hidden, keras.layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, jit_compile=False, steps_per_execution=16)
    return model


def mean_auc(logits, spectra, splits):
    """Mean AUC over the test sets of the splits."""
    from sklearn.metrics import roc_auc_score

    labels = [spectra.label[splits.rows(i, TEST, spectra)] for i in range(len(splits))]
    return float(np.mean([roc_auc_score(label, logit) for label, logit in zip(labels, logits, strict=True)]))
