"""How far apart days and classes lie in features.

The abstract of SolarCHIP names two difficulties: classes differ little since the Sun changes slowly, and one class
varies much since activity is sparse.  Both are measured here on frozen features, before and after a pretraining.
"""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import block_weights
from flarebook.solarchip.representation.retrieval import cosine


def day_separability(first, second, times, gap=1.5):
    """Distance between the features of neighbouring days over that of one day, both across two channels.

    first, second: (n, d) features of two channels of the same dates; times: (n,) datetime64; gap: days, largest
    distance of neighbours.  1: a day is as near to its neighbours as to itself; the larger, the better they separate.
    Raises InputError where no dates are neighbours.
    """
    distance = 1 - cosine(first, second)
    apart = np.abs(times[:, None] - times[None, :]) / np.timedelta64(1, "D")
    neighbours = (apart > 0) & (apart <= gap)
    if not neighbours.any():
        raise InputError(f"no two dates lie within {gap} days: give a denser series")
    return float(distance[neighbours].mean() / max(np.diagonal(distance).mean(), 1e-12))


def slow_evolution(features, times, gap=1.5):
    """Squared distance of neighbouring days over that of any two days, 0 (nothing changes in a day) to about 1.

    features: (n, d) of one channel, standardised; times: (n,) datetime64; gap: days.
    """
    apart = np.abs(times[:, None] - times[None, :]) / np.timedelta64(1, "D")
    square = _square_distances(features)
    return float(square[(apart > 0) & (apart <= gap)].mean() / square[apart > 0].mean())


def class_separability(features, labels, weights=None):
    """Share of the features' variance that lies between classes, and mean distance between classes over within.

    features: (n, d), standardised; labels: (n,) two or more classes; weights: (n,) how often each date counts.  Returns
    (eta squared, ratio): 0 and 1 where the classes cannot be told apart.  Raises InputError for a single class.
    """
    features, labels = np.asarray(features, float), np.asarray(labels)
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights, float)
    classes = _present_classes(labels, weights)
    if len(classes) < 2:
        raise InputError(f"{len(classes)} class among {len(labels)} dates: separability needs two")
    mean = np.average(features, axis=0, weights=weights)
    total = (weights @ (features - mean) ** 2).sum()
    between = 0.0
    for value in classes:
        own = labels == value
        centre = np.average(features[own], axis=0, weights=weights[own])
        between += weights[own].sum() * ((centre - mean) ** 2).sum()
    distance = np.sqrt(_square_distances(features))
    pairs = np.outer(weights, weights) * ~np.eye(len(labels), dtype=bool)
    same = labels[:, None] == labels[None, :]
    ratio = np.average(distance[~same], weights=pairs[~same]) / np.average(distance[same], weights=pairs[same])
    return float(between / total), float(ratio)


def separability_spread(features, labels, rng, n_draws=50):
    """Standard deviation of both numbers of `class_separability` over a bootstrap of blocks of days: (2,).

    Draws that hold a single class are left out.
    """
    draws = []
    for weights in block_weights(len(labels), n_draws, rng):
        if len(_present_classes(labels, weights)) > 1:
            draws.append(class_separability(features, labels, weights))
    return np.std(draws, axis=0, ddof=1)


def _present_classes(labels, weights):
    """Classes of which more than one date counts, so that there are distances within them."""
    labels = np.asarray(labels)
    return [value for value in np.unique(labels) if weights[labels == value].sum() > 1]


def standardize(features, train):
    """Features in units of their standard deviation over the training dates.  features: (n, d); train: (n,) bool."""
    features = np.asarray(features, float)
    spread = features[train].std(axis=0)
    return (features - features[train].mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)


def _square_distances(features):
    """Squared Euclidean distances of all pairs, (n, n)."""
    features = np.asarray(features, float)
    square = (features**2).sum(axis=1)
    return np.maximum(square[:, None] + square[None, :] - 2 * features @ features.T, 0.0)
