"""Learning curves of an architecture: loss and AUC by epoch, and scores by the number of training observations."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.ensemble import EVALUATION_ROWS, train_ensemble
from flarebook.iris.classifiers.protocol import score_table, test_scores
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, TRAIN, VALIDATION, Splits, observation_weights

PARTS = {"training": TRAIN, "validation": VALIDATION, "test": TEST}
N_BINS = 512  # of the score; the AUC of binned scores differs from that of the scores by less than 1e-3


class CurveRecorder:
    """Loss and AUC of every member after each epoch, to be handed to `train_ensemble` as `after_epoch`.

    It draws nothing at random, so that a training with it equals one without.  Memory is flat in the number of spectra.
    """

    def __init__(self, spectra, splits):
        self.spectra, self.splits, self.rows = spectra, splits, []
        self.weights = {name: observation_weights(splits, spectra, part) for name, part in PARTS.items()}

    def __call__(self, epoch, network):
        """Measure a network of all members after an epoch (from 0)."""
        entropy, counts = _by_observation(network, self.spectra, len(self.splits))
        for name, weight in self.weights.items():
            loss = (entropy * weight).sum(axis=1) / np.maximum((weight * self.spectra.counts).sum(axis=1), 1)
            area = auc_of_counts(counts, self.splits.role == PARTS[name], self.spectra.positive)
            columns = {"member": np.arange(len(loss)), "epoch": epoch + 1, "part": name, "loss": loss, "auc": area}
            self.rows.append(pd.DataFrame(columns))

    @property
    def table(self):
        """DataFrame member, epoch, part, loss (cross-entropy at equal class weights, nat), auc."""
        return pd.concat(self.rows, ignore_index=True)


def _by_observation(network, spectra, n_members):
    """Summed cross-entropy (n_members, n_observations), and histograms of the score (..., n_observations, N_BINS)."""
    entropy = np.zeros((n_members, len(spectra.names)))
    counts = np.zeros(n_members * len(spectra.names) * N_BINS, np.int64)
    cell = np.arange(n_members)[:, None] * len(spectra.names)
    for start in range(0, len(spectra.label), EVALUATION_ROWS):
        rows = slice(start, start + EVALUATION_ROWS)
        logit = np.asarray(network.predict_on_batch(spectra.features[rows]), np.float64)
        loss = np.logaddexp(0, logit) - logit * spectra.label[rows]
        place = cell + spectra.observation[rows]
        entropy += np.bincount(place.ravel(), loss.ravel(), entropy.size).reshape(entropy.shape)
        score = np.minimum((N_BINS / (1 + np.exp(-np.clip(logit, -50, 50)))).astype(int), N_BINS - 1)
        counts += np.bincount((place * N_BINS + score).ravel(), minlength=counts.size)
    return entropy, counts.reshape(n_members, len(spectra.names), N_BINS)


def auc_of_counts(counts, inside, positive):
    """Area under the ROC curve of binned scores; scores of one bin count as ties.

    counts: (n_members, n_observations, n_bins); inside: (n_members, n_observations) bool, observations that take part;
    positive: (n_observations,) bool.  Returns (n_members,).
    """
    first, second = (np.einsum("mo,mob->mb", inside & side, counts).astype(float) for side in (positive, ~positive))
    above = first.sum(axis=1, keepdims=True) - np.cumsum(first, axis=1)
    return (second * (above + 0.5 * first)).sum(axis=1) / (first.sum(axis=1) * second.sum(axis=1))


def limit_training(splits, spectra, n_per_class, rng):
    """The same splits with n_per_class training observations of each class, drawn anew for each split.

    Raises InputError when a split has fewer.
    """
    role = splits.role.copy()
    for split in role:
        for region in (True, False):
            members = np.flatnonzero((split == TRAIN) & (spectra.positive == region))
            if len(members) < n_per_class:
                raise InputError(
                    f"{n_per_class} training observations per class are asked for, of {len(members)}: ask for fewer."
                )
            split[rng.permutation(members)[n_per_class:]] = EXCLUDED
    return Splits(role)


def scores_by_observations(spectra, splits, widths, config, numbers, rng):
    """Scores of networks that learn from ever more observations, on the same test observations.

    numbers: training observations per class.  Returns the rows of `score_table` with the column n_observations, epoch
    chosen on validation observations.
    """
    parts = []
    for number in numbers:
        limited = limit_training(splits, spectra, number, rng)
        trained = train_ensemble(spectra, limited, widths, config)
        scores = test_scores(trained.weights["validation"], spectra, limited)
        table = score_table("C", "validation", scores, spectra, limited)
        parts.append(table.assign(n_observations=number))
    return pd.concat(parts, ignore_index=True)


def overfitting(table, part="validation"):
    """What the last epoch loses to the best one on a part: mean over members of the rise of the loss and its error.

    table: of `CurveRecorder`.  Returns mean and standard deviation over members of (last loss - least loss).
    """
    wide = table[table["part"] == part].pivot(index="member", columns="epoch", values="loss")
    rise = wide.iloc[:, -1] - wide.min(axis=1)
    return float(rise.mean()), float(rise.std(ddof=0))


def final_gap(table, quantity="loss"):
    """Difference validation - training of a quantity after the last epoch: mean and standard deviation over members."""
    last = table[table["epoch"] == table["epoch"].max()].pivot(index="member", columns="part", values=quantity)
    gap = last["validation"] - last["training"]
    return float(gap.mean()), float(gap.std(ddof=0))
