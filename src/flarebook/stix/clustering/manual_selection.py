"""Clusters removed by eye: the choice is kept with images that stand for each cluster, not with bare numbers."""

from importlib.resources import files

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

FITS = 0.8  # share of the exemplars that must lie in the cluster they stood for, for a choice to be used again
COLUMNS = ("choice", "encoder", "cluster", "remove", "seen", "exemplars")


def read_selections(path=None):
    """Choices made by eye from contact sheets, one row per cluster.

    path: CSV with the columns COLUMNS; None: the shipped table.  exemplars: identifiers of images, joined by blanks.
    Raises InputError for a table without these columns.
    """
    path = path or files("flarebook.stix") / "data" / "manual_selection.csv"
    with path.open(encoding="utf-8") as lines:
        table = pd.read_csv(lines, comment="#", dtype=str, keep_default_na=False)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{path.name} lacks the columns {', '.join(missing)}: a choice needs {', '.join(COLUMNS)}")
    exemplars = table["exemplars"].str.split()
    return table.assign(cluster=table["cluster"].astype(int), remove=table["remove"] == "yes", exemplars=exemplars)


def carry_over(choice, image_ids, labels):
    """Where the clusters of a choice lie now.

    choice: rows of one choice; image_ids: (n_images,) text; labels: (n_images,).  Each old cluster goes to the
    present cluster that holds most of its exemplars.  Returns (remove: present cluster numbers that hold removed
    ones, in ascending order; share: exemplars that are in the archive and lie where their cluster went, each present
    cluster taken by one old cluster only).
    """
    place = dict(zip(image_ids, labels, strict=True))
    found = [[place.get(image, -1) for image in images] for images in choice["exemplars"]]
    new = np.array([_commonest(own) for own in found])
    first = ~pd.Series(new).duplicated().to_numpy() & (new >= 0)
    hits = sum((np.array(own) == number).sum() for own, number, good in zip(found, new, first, strict=True) if good)
    remove = sorted({int(number) for number in new[choice["remove"].to_numpy() & first]})
    return remove, hits / sum(map(len, found))


def _commonest(numbers):
    """The most frequent cluster of a few images, -1 when none is in the archive."""
    present = [number for number in numbers if number >= 0]
    return max(set(present), key=present.count) if present else -1


def fitting_selection(choices, encoder, image_ids, labels):
    """The shipped choice that fits this clustering: (name, remove, sentence); name is empty when none does.

    choices: of `read_selections`.  A choice fits when at least FITS of its exemplars lie together as they did.
    """
    tried = {}
    for name, rows in choices[choices["encoder"] == encoder].groupby("choice", sort=False):
        tried[name] = carry_over(rows, image_ids, labels)
    best = max(tried, key=lambda name: tried[name][1], default="")
    if best and tried[best][1] >= FITS:
        remove, share = tried[best]
        return best, remove, f"The choice {best!r}, made by eye, fits: {share:.0%} of its exemplars lie as they did."
    reason = f"{tried[best][1]:.0%} of the exemplars of {best!r} lie as they did" if best else f"none is for {encoder}"
    sentence = (
        f"No shipped choice by eye fits this clustering ({reason}): the automatic rule decides. "
        "Look at the contact sheet and set the parameter remove to choose yourself."
    )
    return "", [], sentence
