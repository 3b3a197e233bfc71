"""One label per observation: training of all splits at once, scores per observation, and how far few units reach."""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import ops
from scipy.special import expit
from scipy.stats import norm

from flarebook.evaluation.bootstrap import percentile_interval, resample_rows
from flarebook.evaluation.claims import equality_p, holm, paired_interval
from flarebook.evaluation.classification import ranking_probability, six_metrics
from flarebook.iris.classifiers.claims import split_overlap
from flarebook.iris.classifiers.splits import TEST, TRAIN, VALIDATION, standardisation
from flarebook.iris.networks.pooling import LOCATING, PER_SPECTRUM, BagNetwork

SCORED = ("auc", "tss")


@dataclass(frozen=True)
class BagConfig:
    """Hold the settings of a training on bags.

    widths: of the layers that read a spectrum; epochs, and gradient steps in each, every one on all bags; learning_rate
    of Adam; seed: of the initial weights.
    """

    widths: tuple = (16, 8)
    epochs: int = 20
    steps: int = 10
    learning_rate: float = 5e-3
    seed: int = 0


@dataclass(frozen=True)
class TrainedBags:
    """Scores at the epoch of least validation cross-entropy.

    scores: (n_splits, n_observations); relevance: (n_splits, n_observations, n_spectra) of `BagNetwork.relevance`, None
    for sequence models; epoch: (n_splits,), from 1; weights: number of weights of one network.
    """

    scores: np.ndarray
    relevance: np.ndarray | None
    epoch: np.ndarray
    weights: int


class BagCrossEntropy(keras.losses.Loss):
    """Sum over members of the cross-entropy of a bag's logits with its label, weighted by member and bag.

    weights: (n_members, n_bags).  Logits (n_members, n_bags, n) of one bag count equally; ABSENT ones do not count.
    """

    def __init__(self, weights):
        super().__init__(reduction=None)
        self.table = ops.convert_to_tensor(weights.astype(np.float32))

    def __call__(self, target, logit, sample_weight=None):
        there = ops.cast(logit > -1e8, "float32")
        entropy = there * (ops.softplus(logit) - ops.where(there > 0, logit, 0.0) * target[..., None])
        mean = ops.sum(entropy, axis=-1) / ops.maximum(ops.sum(there, axis=-1), 1.0)
        return ops.sum(mean * self.table)


def bag_weights(splits, bags, part):
    """Weight of each bag by split: both classes of equal total weight, which sum to one; (n_splits, n_observations)."""
    inside = (splits.role == part).astype(float)
    weights = np.zeros(inside.shape)
    for region in (True, False):
        mine = inside * (bags.spectra.positive == region)
        weights += 0.5 * mine / np.maximum(mine.sum(axis=1, keepdims=True), 1)
    return weights


def bag_scores(logits):
    """Score of each bag: the mean probability of its logits, (..., n) -> (...)."""
    there = logits > -1e8
    return (expit(logits) * there).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)


def stack_members(parts):
    """Join the members of several data sets: parts (n_members, n_observations, ...), zeros where one is shorter."""
    longest = max(part.shape[1] for part in parts)
    short = [[(0, 0), (0, longest - part.shape[1])] + [(0, 0)] * (part.ndim - 2) for part in parts]
    return np.concatenate([np.pad(part, width) for part, width in zip(parts, short, strict=True)])


def train_bags(bags, splits, pooling, config=BagConfig()):
    """Train one network per data set and split, each on its own training observations, all at once.

    bags: list of `make_bags`; splits: list of `draw_splits`, one of each data set; pooling: one of POOLINGS.  Returns a
    list of TrainedBags.  The epoch is chosen on the validation observations; the test observations have no part in it.
    A seed gives the same result.
    """
    pairs = list(zip(bags, splits, strict=True))
    repeated = [[np.broadcast_to(x, (len(s), *x.shape)) for x in (b.values, b.present, b.label)] for b, s in pairs]
    *inputs, label = (stack_members(parts) for parts in zip(*repeated, strict=True))
    learned, checked = (stack_members([bag_weights(s, b, part) for b, s in pairs]) for part in (TRAIN, VALIDATION))
    standard = (np.concatenate(x) for x in zip(*(standardisation(s, b.spectra) for b, s in pairs), strict=True))
    network = BagNetwork(*standard, config.widths, pooling, config.seed)
    optimizer = keras.optimizers.Adam(config.learning_rate)
    network.compile(optimizer=optimizer, loss=BagCrossEntropy(learned), jit_compile=False)
    kept = train_epochs(network, inputs, label, checked, config)
    return [
        TrainedBags(*(cut_members(value, pairs, i) for value in kept), network.weights_per_member())
        for i in range(len(pairs))
    ]


def train_epochs(network, inputs, label, checked, config):
    """Scores, relevance (None for sequence models) and number of each member's epoch of least validation loss."""
    best, kept = np.full(len(label), np.inf), {}
    for epoch in range(1, config.epochs + 1):
        for _ in range(config.steps):
            network.train_on_batch(inputs, label)
        scores = bag_scores(ops.convert_to_numpy(network(inputs)))
        now = {"scores": scores, "epoch": np.full(len(label), epoch)}
        now |= {"relevance": network.relevance(*inputs)} if network.pooling in LOCATING else {}
        entropy = (checked * -np.log(np.clip(np.where(label > 0, scores, 1 - scores), 1e-6, 1))).sum(axis=1)
        better = entropy < best
        best = np.minimum(entropy, best)
        kept = {name: replace_members(kept.get(name), value, better) for name, value in now.items()}
    return kept["scores"], kept.get("relevance"), kept["epoch"]


def cut_members(values, pairs, i):
    """What belongs to data set i of the stacked values (n_members, n_observations, ...), or of None."""
    if values is None:
        return None
    first = sum(len(splits) for _, splits in pairs[:i])
    own = values[first : first + len(pairs[i][1])]
    return own if own.ndim == 1 else own[:, : len(pairs[i][0].label)]


def replace_members(kept, current, better):
    """Values of the members that got better replaced by the current ones."""
    return current if kept is None else np.where(better.reshape(-1, *[1] * (current.ndim - 1)), current, kept)


def observation_scores(model, scores, bags, splits):
    """AUC and TSS of each split's test observations: DataFrame model, split, metric, value.

    scores: (n_splits, n_observations).
    """
    rows = []
    for split, (score, role) in enumerate(zip(scores, splits.role, strict=True)):
        values = six_metrics(bags.label[role == TEST], score[role == TEST])
        rows += [(model, split, metric, values[metric]) for metric in SCORED]
    return pd.DataFrame(rows, columns=["model", "split", "metric", "value"])


def compare_models(table, splits, reference=PER_SPECTRUM):
    """Each model's mean score, and its difference to the reference on the same splits, tested and corrected.

    table: of `observation_scores`, all models.  Returns a DataFrame model, metric, mean, sd, difference, low, high, p,
    p_holm; low and high hold 95 %, p is that of Student's paired test widened for overlapping splits, p_holm corrected
    over the models of a metric.
    """
    overlap = split_overlap(splits)
    wide = table.pivot(index="split", columns=["metric", "model"], values="value")
    rows = []
    for (metric, model), values in wide.items():
        difference, low, high = paired_interval(values, wide[metric, reference], overlap=overlap)
        result = difference, low, high, equality_p(difference, high, len(values))
        change = result if model != reference else (np.nan,) * 4
        rows.append((model, metric, values.mean(), values.std(ddof=0), *change))
    columns = ["model", "metric", "mean", "sd", "difference", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(p_holm=table.groupby("metric", sort=False)["p"].transform(holm))


def mean_test_scores(scores, splits):
    """Mean score of each observation over the splits that test it, (n_observations,), NaN where none does."""
    tested = splits.role == TEST
    number = tested.sum(axis=0)
    return np.divide((scores * tested).sum(axis=0), number, out=np.full(len(number), np.nan), where=number > 0)


def auc_interval(score, positive, rng, n_draws=1000, level=0.95):
    """AUC over observations with the interval of redrawn observations: (auc, low, high).

    score: (n_observations,), NaN where never tested; positive: (n_observations,) bool.
    """
    hits, alarms = score[positive & np.isfinite(score)], score[~positive & np.isfinite(score)]
    pairs = zip(*(resample_rows(len(side), n_draws, rng) for side in (hits, alarms)), strict=True)
    draws = [ranking_probability(hits[i], alarms[j]) for i, j in pairs]
    return ranking_probability(hits, alarms), *map(float, percentile_interval(draws, level))


def auc_error(auc, n_positive, n_negative):
    """Standard error of an AUC of independent units (Hanley & McNeil 1982, equation 1); arrays or numbers."""
    auc = np.asarray(auc, float)
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    sum_of_parts = auc * (1 - auc) + (n_positive - 1) * (first - auc**2) + (n_negative - 1) * (second - auc**2)
    return np.sqrt(sum_of_parts / (n_positive * n_negative))


def half_widths(numbers, values=(0.7, 0.86, 0.95), level=0.95):
    """Half width of the interval of an AUC against the number of observations per class.

    Returns a DataFrame auc, n, half_width; the interval is normal, which is rough above .95.
    """
    normal = norm.ppf(0.5 + level / 2)
    rows = [(auc, n, float(normal * auc_error(auc, n, n))) for auc in values for n in numbers]
    return pd.DataFrame(rows, columns=["auc", "n", "half_width"])


def located_light(trained, bags, splits, most_quiet=0.5):
    """AUC with which the relevance of a spectrum tells active light from quiet Sun in tested pre-flare bags.

    Spectra with less than the share `most_quiet` of quiet-Sun light are active.  Returns (n,), one per split and bag
    that holds both kinds; None where the model or the truth gives no such thing.
    """
    quiet = bags.quiet.reshape(len(bags.label), -1)
    if trained.relevance is None or np.isnan(quiet).all():
        return None
    found = []
    for split, bag in zip(*np.nonzero((splits.role == TEST) & bags.spectra.positive), strict=True):
        score, share = trained.relevance[split, bag], quiet[bag]
        active, still = score[share < most_quiet], score[share >= most_quiet]
        if len(active) and len(still):
            found.append(ranking_probability(active, still))
    return np.array(found)
