"""Which clusters leave the archive: chosen by eye, by a rule from a few flagged images, or with the truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import confusion, count_scores, ratio

POSTER_KEPT = 4758 / 9000  # poster, section Filtering
SCORES = ("precision", "recall", "f1", "contamination", "good_lost", "kept_share")  # of removal_scores
MAJORITY = 0.5  # a cluster leaves when at least this share of its images is flagged


def keep_clusters(labels, remove):
    """Which images stay when whole clusters leave: (n_images,) bool.

    labels: (n_images,); remove: cluster numbers.  Raises InputError for a number that is no cluster.
    """
    unknown = sorted(set(remove) - set(np.unique(labels).tolist()))
    if unknown:
        last = int(np.max(labels))
        raise InputError(f"remove names {unknown}, but the clusters have numbers 0 to {last}: choose among those")
    return ~np.isin(labels, list(remove))


def draw_flags(is_artefact, n_flagged, rng):
    """Rows of images that an expert has looked at, drawn at random, and what he would say: (rows, flags).

    is_artefact: (n_images,), missing where the truth is.  Raises InputError when fewer images have a truth.
    """
    known = np.flatnonzero(pd.notna(is_artefact))
    if n_flagged > len(known):
        raise InputError(
            f"{n_flagged} flagged examples are more than the {len(known)} images with a truth: ask for fewer"
        )
    rows = rng.choice(known, n_flagged, replace=False)
    return rows, np.asarray(is_artefact)[rows].astype(bool)


def flagged_shares(labels, rows, flags, prior_images=1.0):
    """Share of flagged images in each cluster, drawn towards the overall share where few were looked at.

    labels: (n_images,); rows: images looked at; flags: what was said of them.  prior_images: how many images the
    overall share counts for; 0 gives the plain share, which a cluster without examples does not have.
    Returns (k,).
    """
    k = int(np.max(labels)) + 1
    seen = np.bincount(labels[rows], minlength=k)
    bad = np.bincount(labels[rows], weights=np.asarray(flags, dtype=float), minlength=k)
    overall = np.mean(flags) if len(flags) else np.nan  # a share of nothing removes nothing
    with np.errstate(invalid="ignore"):
        return (bad + prior_images * overall) / (seen + prior_images)


def clusters_to_remove(labels, rows, flags, threshold=MAJORITY, prior_images=1.0):
    """The automatic rule: clusters of which at least a share `threshold` is flagged, in ascending order."""
    shares = flagged_shares(labels, rows, flags, prior_images)
    return np.flatnonzero(shares >= threshold).tolist()


def oracle(labels, is_artefact, threshold=MAJORITY):
    """Clusters that the same rule removes when every image with a truth is flagged: the best of whole clusters."""
    known = np.flatnonzero(pd.notna(is_artefact))
    return clusters_to_remove(labels, known, np.asarray(is_artefact)[known].astype(bool), threshold, prior_images=0.0)


def removal_scores(kept, is_artefact):
    """How well a selection parts artefacts from good images.

    kept: (n_images,) bool; is_artefact: (n_images,), images without truth are left out of all but kept_share.
    Returns {precision: artefacts among the removed, recall: removed among the artefacts, f1, contamination:
    artefacts among the kept, good_lost: removed among the good, kept_share}; not-a-number where none is counted.
    """
    known = pd.notna(is_artefact)
    removed, bad = ~np.asarray(kept)[known], np.asarray(is_artefact[known]).astype(bool)
    counts = confusion(bad, removed)
    found = count_scores(**counts, undefined=np.nan)
    return {
        **{name: float(found[name]) for name in ("precision", "recall", "f1")},
        "contamination": float(ratio(counts["FN"], counts["FN"] + counts["TN"], np.nan)),
        "good_lost": float(ratio(counts["FP"], counts["FP"] + counts["TN"], np.nan)),
        "kept_share": float(np.mean(kept)),
    }


def removal_curve(labels, is_artefact):
    """Scores as clusters leave one after the other, the one with most artefacts first, from none to all but one.

    Returns a DataFrame: n_removed, cluster (the last that left), and removal_scores.
    """
    known = pd.notna(is_artefact)
    shares = flagged_shares(labels, np.flatnonzero(known), np.asarray(is_artefact)[known].astype(bool), 0.0)
    order = np.argsort(-np.nan_to_num(shares, nan=-1.0), kind="stable")
    rows = []
    for n in range(len(order)):
        scores = removal_scores(~np.isin(labels, order[:n]), is_artefact)
        rows.append({"n_removed": n, "cluster": int(order[n - 1]) if n else -1, **scores})
    return pd.DataFrame(rows)


def effect_of_examples(labels, is_artefact, numbers, n_draws, rng):
    """Scores of the automatic rule against the number of flagged examples, for several draws of each number.

    labels: list of clusterings (n_images,), taken in turn.  Returns a DataFrame: n_flagged, draw, removal_scores.
    """
    rows = []
    for n_flagged in numbers:
        for draw in range(n_draws):
            own = labels[draw % len(labels)]
            looked_at = draw_flags(is_artefact, n_flagged, rng)
            scores = removal_scores(keep_clusters(own, clusters_to_remove(own, *looked_at)), is_artefact)
            rows.append({"n_flagged": n_flagged, "draw": draw, **scores})
    return pd.DataFrame(rows, columns=["n_flagged", "draw", *SCORES])


def read_flags(path, image_ids):
    """Flags that an expert wrote into a table: (rows, flags) as of `draw_flags`.

    path: CSV with the columns image_id and is_artefact (yes or no); image_ids: (n_images,) text.
    Raises InputError for a missing file or column, an image that is not in the archive, or another word.
    """
    if not Path(path).is_file():
        raise InputError(f"there is no table of flags {path}: correct the parameter flagged, or leave it empty")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if not {"image_id", "is_artefact"} <= set(table):
        raise InputError(f"{Path(path).name} lacks image_id or is_artefact: it needs both columns")
    rows = pd.Index(image_ids).get_indexer(table["image_id"])
    flags = table["is_artefact"].str.lower().map({"yes": True, "no": False})
    bad = table[(rows < 0) | flags.isna()]
    if len(bad):
        raise InputError(
            f"{Path(path).name}: {bad['image_id'].iloc[0]!r} is no image of the archive, or its is_artefact is neither "
            "yes nor no: correct that row"
        )
    return rows, flags.to_numpy(dtype=bool)


def flags_for(records, path, n_flagged, rng):
    """Flagged examples for the automatic rule: from a file, drawn from the truth, or none when neither is there."""
    if path:
        return read_flags(path, records["image_id"].astype(str))
    n_known = int(records["is_artefact"].notna().sum())
    return draw_flags(records["is_artefact"], min(n_flagged, n_known), rng)


def selection_table(labels, choices, is_artefact):
    """Scores of several choices of clusters: one row each.

    choices: {name: clusters to remove}.  Returns a DataFrame: choice, n_clusters, n_kept, removal_scores.
    """
    rows = []
    for name, remove in choices.items():
        kept = keep_clusters(labels, remove)
        scores = removal_scores(kept, is_artefact)
        rows.append({"choice": name, "n_clusters": len(remove), "n_kept": int(kept.sum()), **scores})
    return pd.DataFrame(rows, columns=["choice", "n_clusters", "n_kept", *SCORES])
