"""What frozen features know: nearest neighbours and linear models, cross-validated against the truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from flarebook.compendium.errors import InputError
from flarebook.evaluation.probes import linear, neighbours, scores

SCORES = {"sources": "balanced_accuracy", "kind": "balanced_accuracy", "artefact": "average_precision"}


@dataclass(frozen=True)
class Target:
    """A question to the features: which images it is asked of and what is true of them."""

    name: str
    rows: np.ndarray  # (n,) rows of the records
    label: np.ndarray  # (n,) whole numbers
    classes: tuple  # names of the numbers


def targets(records, fewest=10):
    """Three questions to the features of images whose truth is known.

    sources: one, two, three or more; kind; both of images without artefact, since what an artefact hides cannot be
    asked for.  artefact: is it one.  Classes of fewer than `fewest` images are left out.
    Returns {name: Target}, without the questions that have one class only.
    """
    known = records["is_artefact"].notna().to_numpy()
    bad = records["is_artefact"].fillna(False).to_numpy(dtype=bool)
    sources = records["n_sources"].clip(upper=3).map({1: "one", 2: "two", 3: "three or more"})
    asked = {
        "sources": (known & ~bad, sources),
        "kind": (known & ~bad, records["kind"]),
        "artefact": (known, pd.Series(np.where(bad, "artefact", "good"), records.index)),
    }
    found = {name: _target(name, mask, words, fewest) for name, (mask, words) in asked.items()}
    return {name: target for name, target in found.items() if len(target.classes) > 1}


def _target(name, mask, words, fewest):
    """Target of the classes that are large enough, the commonest first; the artefact is class 1 in any case."""
    words = words.where(mask)
    counts = words.value_counts()
    classes = tuple(counts.index[counts >= fewest])
    classes = tuple(sorted(classes, reverse=True)) if name == "artefact" else classes
    rows = np.flatnonzero(words.isin(classes))
    number = {word: i for i, word in enumerate(classes)}
    return Target(name, rows, words.iloc[rows].map(number).to_numpy(dtype=int), classes)


def probe(features, target, seed, n_folds=5):
    """Scores of both probes in each fold; the folds depend on the seed only, so that encoders can be paired.

    features: (n_images, n_features).  Returns a DataFrame: probe, target, fold, score, value.
    Raises InputError when a class has fewer images than there are folds.
    """
    if np.bincount(target.label).min() < n_folds:
        raise InputError(f"a class of {target.name} has fewer images than {n_folds} folds: take more images")
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    rows = []
    for fold, (train, test) in enumerate(folds.split(target.rows, target.label)):
        scaler = StandardScaler().fit(features[target.rows[train]])
        parts = [scaler.transform(features[target.rows[part]]) for part in (train, test)]
        for name, probability in (("k-NN", neighbours), ("linear", linear)):
            values = scores(probability(parts[0], target.label[train], parts[1]), target.label[test])
            rows += [(name, target.name, fold, score, value) for score, value in values.items()]
    return pd.DataFrame(rows, columns=["probe", "target", "fold", "score", "value"])
