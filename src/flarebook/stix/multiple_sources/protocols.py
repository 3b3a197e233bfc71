"""One source or several: classifiers for a tiny labelled set, tested on images that they did not learn from."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import LeaveOneOut, RepeatedStratifiedKFold, train_test_split
from sklearn.preprocessing import StandardScaler

from flarebook.evaluation.probes import linear, neighbours
from flarebook.stix.multiple_sources.labelled_set import check_classes, draw_labelled
from flarebook.stix.multiple_sources.published_network import EPOCHS, authors_network
from flarebook.stix.multiple_sources.source_counting import counted_maxima

MOST_FOLDS = 7  # the poster's labelled set has seven images with several sources: one in each fold


def probe_scores(probe, train, multiple, images):
    """Probability of several sources by one of the probes, both classes weighing the same.

    probe: `linear` or `neighbours`; train: (n, n_features); multiple: (n,) of 0 and 1; images: (n_images, n_features).
    Returns (n_images,).
    """
    scaler = StandardScaler().fit(train)
    return probe(scaler.transform(train), multiple, scaler.transform(images))[:, 1]


logistic_regression = partial(probe_scores, linear)
nearest_neighbours = partial(probe_scores, neighbours)


def classifiers(epochs=EPOCHS):
    """All methods, {name: function (train, multiple, images) -> scores}; .5 or more is a call.

    epochs: of the network.  Counted maxima learn a threshold only; their features are heights of maxima.
    """
    return {
        "logistic regression": logistic_regression,
        "nearest neighbours": nearest_neighbours,
        "authors' network": partial(authors_network, epochs=epochs),
        "counted maxima": counted_maxima,
    }


def leave_one_out(classifier, labelled):
    """Score of each labelled image by a classifier that learned from all the others: (n_images,).

    A classifier is a function (train, multiple, images) -> probability, as those of `classifiers`.
    """
    check_classes(labelled.multiple)
    return _held_out(classifier, labelled, LeaveOneOut().split(labelled.features))


def repeated_folds(classifier, labelled, n_repeats, seed):
    """Score of each labelled image from folds that hold both classes, (n_repeats, n_images).

    As many folds as the rarer class has images, MOST_FOLDS at most; each repetition divides the images anew.
    """
    check_classes(labelled.multiple)
    label = labelled.multiple
    n_folds = min(MOST_FOLDS, np.bincount(label).min())
    folds = list(RepeatedStratifiedKFold(n_splits=n_folds, n_repeats=n_repeats, random_state=seed).split(label, label))
    starts = range(0, len(folds), n_folds)
    return np.array([_held_out(classifier, labelled, folds[start : start + n_folds]) for start in starts])


def _held_out(classifier, labelled, folds):
    """Scores of the test images of a set of folds that covers every image once."""
    scores = np.full(len(labelled), np.nan)
    for train, test in folds:
        scores[test] = classifier(labelled.features[train], labelled.multiple[train], labelled.features[test])
    return scores


def protocols(classifier, labelled, n_repeats, seed, quick=True):
    """Scores of the labelled images by one method under each protocol: {protocol: scores}.

    quick: whether it can be trained once for each image left out; the folds alone for what cannot.
    """
    folds = {"repeated folds": repeated_folds(classifier, labelled, n_repeats, seed)}
    if not quick:
        return folds
    same = classifier(labelled.features, labelled.multiple, labelled.features)
    return {"same images": same, "leave one out": leave_one_out(classifier, labelled)} | folds


class Division(NamedTuple):
    """Archive images, features (n_images, n_features) and multiple (n_images,), with rows to learn from and to test."""

    features: np.ndarray
    multiple: np.ndarray
    pool: np.ndarray
    test: np.ndarray

    def scores(self, classifier, sets):
        """Scores of the test images after learning from each set of rows: (n_sets, n_test)."""
        tested = self.features[self.test]
        return np.array([classifier(self.features[rows], self.multiple[rows], tested) for rows in sets])


def divide(features, multiple, asked, rng):
    """Rows to draw labels from and rows to test on, half of the images each with the same share of multiple ones.

    features: (n_images, n_features); multiple: (n_images,) of 0 and 1; asked: rows of images.  Returns a Division.
    Raises InputError when one of the classes is nearly empty.
    """
    check_classes(multiple[asked], "the kept part of the archive")
    seed = int(rng.integers(2**31))
    pool, test = train_test_split(asked, test_size=0.5, stratify=multiple[asked], random_state=seed)
    return Division(features, multiple, pool, test)


def archive_sets(classifier, division, n_labels, n_draws, rng):
    """Scores of the test images after learning from sets of the poster's make that come from the archive itself.

    division: of `divide`.  Returns (n_draws, n_test).  Raises InputError when the pool is too small for such a set.
    """
    pool, label = division.pool, division.multiple[division.pool]
    return division.scores(classifier, [pool[draw_labelled(label, n_labels, rng)] for _ in range(n_draws)])


def random_sets(classifier, division, sizes, n_draws, rng):
    """The same for sets drawn as they come, without choosing rare ones: {size: (n_draws, n_test)}.

    A set without two images of each class is drawn again, as one would go on labelling; sizes beyond the pool are
    left out.
    """
    sets = {
        size: [_draw_both_classes(division.multiple, division.pool, size, rng) for _ in range(n_draws)]
        for size in sizes
        if size <= len(division.pool)
    }
    return {size: division.scores(classifier, drawn) for size, drawn in sets.items()}


def _draw_both_classes(multiple, pool, size, rng, most_tries=1000):
    """Rows of a random set that holds at least two images of each class."""
    for _ in range(most_tries):
        rows = rng.choice(pool, size, replace=False)
        if 2 <= multiple[rows].sum() <= size - 2:
            break
    check_classes(multiple[rows], f"a random set of {size} archive images")
    return rows


def share_per_cluster(cluster, called, multiple):
    """Images called multiple in each cluster, the largest share first.

    cluster: (n_images,); called: (n_images,) bool; multiple: (n_images,), missing where the truth is.
    Returns a DataFrame: cluster, n, called, truth (shares; truth of the images that have one).
    """
    known = pd.Series(np.asarray(multiple, dtype=object)).astype("Float64")
    table = pd.DataFrame({"cluster": cluster, "called": np.asarray(called, float), "truth": known})
    shares = table.groupby("cluster").agg(n=("called", "size"), called=("called", "mean"), truth=("truth", "mean"))
    shares["truth"] = shares["truth"].astype(float)
    return shares.sort_values("called", ascending=False, kind="stable").reset_index()
