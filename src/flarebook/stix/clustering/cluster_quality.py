"""How good a clustering is: against the truth of simulated images, and against itself."""

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

TRUTHS = ("appearance", "kind", "artefact", "n_sources")


def appearance(records):
    """What an expert would see on an image: the kind of source, or the artefact that spoils it.

    records: columns kind, artefact, is_artefact.  Returns a Series of words, missing where the truth is.
    """
    words = records["kind"].where(~records["is_artefact"].fillna(False).astype(bool), records["artefact"])
    return words.where(records["is_artefact"].notna())


def truth_table(records):
    """Truths to compare a clustering with: one column of words per name in TRUTHS, and is_artefact; missing if real."""
    truth = records.assign(appearance=appearance(records))
    return truth[list(TRUTHS)].astype("string").assign(is_artefact=records["is_artefact"])


def purity(labels, truth):
    """Share of images whose truth is the commonest one of their cluster.

    labels, truth: (n_images,).  Grows with the number of clusters: compare at equal k only.
    """
    counts = pd.crosstab(np.asarray(labels), np.asarray(truth))
    return counts.max(axis=1).sum() / counts.to_numpy().sum()


def quality(labels, truth):
    """Agreement of clusters and truth: adjusted Rand index, normalised mutual information, purity.

    labels, truth: (n_images,); images without truth are left out.  Returns {ari, nmi, purity}, each 1 at best;
    all not-a-number when no image has a truth.
    Hubert & Arabie 1985 (ARI); Strehl & Ghosh 2002 (NMI, here with the arithmetic mean).
    """
    known = pd.notna(np.asarray(truth, dtype=object))
    if not known.any():
        return dict.fromkeys(("ari", "nmi", "purity"), np.nan)
    labels, truth = np.asarray(labels)[known], np.asarray(truth, dtype=object)[known].astype(str)
    return {
        "ari": adjusted_rand_score(truth, labels),
        "nmi": normalized_mutual_info_score(truth, labels),
        "purity": purity(labels, truth),
    }


def silhouette(scores, labels, rng, most_images=2000):
    """Mean silhouette: how much nearer an image is to its own cluster than to the next one, -1 to 1.

    scores: (n_images, n_components), the space that was clustered.  At most `most_images` images, drawn with rng.
    Not-a-number when the drawn images all lie in one cluster or each in its own.  Rousseeuw 1987.
    """
    rows = rng.choice(len(labels), min(len(labels), most_images), replace=False)
    n_clusters = len(np.unique(labels[rows]))
    if not 1 < n_clusters < len(rows):
        return np.nan
    return silhouette_score(scores[rows], labels[rows])


def nmi_weighted(labels, truth, weights):
    """Normalised mutual information of images that count with a weight, such as their number in a bootstrap draw.

    labels, truth: (n_images,) whole numbers from 0; weights: (n_images,).
    """
    cell = labels * (truth.max() + 1) + truth
    joint = np.bincount(cell, weights, (labels.max() + 1) * (truth.max() + 1)).reshape(labels.max() + 1, -1)
    joint = joint / joint.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    information = _entropy(rows) + _entropy(columns) - _entropy(joint.ravel())
    return 2 * information / (_entropy(rows) + _entropy(columns))


def _entropy(shares):
    """Shannon entropy of shares that sum to one, natural logarithm."""
    shares = shares[shares > 0]
    return -(shares * np.log(shares)).sum()
