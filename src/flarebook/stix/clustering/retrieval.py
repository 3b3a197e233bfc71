"""Which images an encoder finds alike, and how often likeness means the same kind or the same artefact."""

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import resample_rows

N_NEIGHBOURS = 5


def nearest(scores: np.ndarray, n_neighbours: int, groups: np.ndarray | None = None) -> np.ndarray:
    """Find the nearest images of each image, none of its own group.

    Parameters
    ----------
    scores : ndarray of shape (n_images, n_components)
        Features, compared by Euclidean distance.
    n_neighbours : int
        Number of neighbours of each image.
    groups : ndarray of shape (n_images,) or None
        Groups such as flares, whose two bands are not independent; None or an empty name is a group of its own.

    Returns
    -------
    ndarray of shape (n_images, n_neighbours), int
        Rows of the neighbours, nearest first.

    Raises
    ------
    InputError
        When there are too few images of other groups.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> print(stix.nearest(np.array([[0.0], [1.0], [5.0], [7.0]]), 1).ravel())
    [1 0 3 2]
    """
    groups = _group_numbers(groups, len(scores))
    largest = int(np.bincount(groups).max())
    if len(scores) - largest < n_neighbours:
        raise InputError(
            f"{len(scores)} images have not {n_neighbours} neighbours each from other flares: take more images, "
            "or ask for fewer neighbours"
        )
    model = NearestNeighbors(n_neighbors=min(len(scores), n_neighbours + largest), algorithm="brute").fit(scores)
    found = model.kneighbors(scores, return_distance=False)
    other = groups[found] != groups[:, None]
    first = np.argsort(~other, axis=1, kind="stable")[:, :n_neighbours]
    return np.take_along_axis(found, first, axis=1)


def _group_numbers(groups, n_images):
    """Group of each image as an integer; images without a name are alone."""
    if groups is None:
        return np.arange(n_images)
    names = pd.Series(groups, dtype="object").reset_index(drop=True)
    alone = names.isna() | (names.astype(str) == "")
    codes, known = pd.factorize(names.where(~alone))
    return np.where(alone, len(known) + np.arange(n_images), codes)


def precision_at(found, classes):
    """Share of each image's neighbours that are of its class: (n_images,).

    found: (n_images, n_neighbours) rows; classes: (n_images,).
    """
    classes = np.asarray(classes)
    return (classes[found] == classes[:, None]).mean(axis=1)


def retrieval(scores, classes, groups=None, n_neighbours=N_NEIGHBOURS, rng=None, n_draws=200):
    """Precision of the nearest neighbours against truth, each class counting the same, beside what chance gives.

    scores: (n_images, n_components); classes: (n_images,), missing where there is no truth: such images neither ask
    nor answer, nor do classes with too few images to fill an answer.  rng: draws the images anew for the spread.
    Returns {precision, spread (standard deviation over n_draws), chance, n_images, n_classes}, or None without truth.
    """
    classes = pd.Series(classes, dtype="object").reset_index(drop=True)
    counts = classes.value_counts()
    rows = np.flatnonzero(classes.isin(counts.index[counts > n_neighbours]))
    if len(rows) <= n_neighbours or classes[rows].nunique() < 2:
        return None
    asked = classes[rows].astype(str).to_numpy()
    own = None if groups is None else np.asarray(groups)[rows]
    values = precision_at(nearest(np.asarray(scores)[rows], n_neighbours, own), asked)
    codes, names = pd.factorize(asked)
    drawn = resample_rows(len(rows), n_draws, rng) if rng is not None else ()
    draws = [_macro(values[images], codes[images], len(names)) for images in drawn]
    sizes = np.bincount(codes)
    return {
        "precision": _macro(values, codes, len(names)),
        "spread": float(np.std(draws)) if draws else np.nan,
        "chance": float(np.mean((sizes - 1) / (len(rows) - 1))),
        "n_images": len(rows),
        "n_classes": len(names),
    }


def _macro(values, codes, n_classes):
    """Mean over classes of the mean within each."""
    sizes = np.bincount(codes, minlength=n_classes)
    sums = np.bincount(codes, weights=values, minlength=n_classes)
    return float(np.mean(sums[sizes > 0] / sizes[sizes > 0]))


def questions(records):
    """What a retrieval can be asked: {name: (n_images,) classes, missing where the question makes no sense}.

    kind: of clean images with a source, because an artefact hides it; artefact: main reason, "none" for a clean image.
    """
    clean = records["is_artefact"].eq(False).fillna(False) & records["n_sources"].gt(0).fillna(False)
    return {"kind": records["kind"].where(clean), "artefact": records["artefact"]}


def retrieval_table(scores_of, records, rng, n_neighbours=N_NEIGHBOURS):
    """Retrieval of every encoder for every question.

    scores_of: {encoder: (n_images, n_components)}; records: table of the images, same order.
    Returns a DataFrame: encoder, question, precision, spread, chance, n_images, n_classes; empty without truth.
    """
    rows = []
    for encoder, scores in scores_of.items():
        for question, classes in questions(records).items():
            found = retrieval(scores, classes, records["flare_id"].to_numpy(), n_neighbours, rng)
            rows += [{"encoder": encoder, "question": question, **found}] if found else []
    columns = ["encoder", "question", "precision", "spread", "chance", "n_images", "n_classes"]
    return pd.DataFrame(rows, columns=columns)


def queries(records, n, rng):
    """Rows of images to ask for: the real ones, then one of each kind, clean first, up to n in all.

    records: table of the images; without truth the rest is drawn at random.  Returns a list of rows.
    """
    real = np.flatnonzero(records["origin"] == "real")[-n:].tolist()
    asked = questions(records)
    kind = asked["kind"].where(asked["kind"].notna(), asked["artefact"].where(asked["artefact"] != "none"))
    order = rng.permutation(len(records))
    first = pd.Series(kind.to_numpy(dtype="object")[order], index=order).dropna().drop_duplicates()
    clean_first = sorted(first.index, key=lambda row: (pd.isna(asked["kind"].iloc[row]), str(first[row])))
    rest = [int(row) for row in order if row not in set(first.index)]
    return list(dict.fromkeys([*real[::-1], *map(int, clean_first), *rest]))[:n]
