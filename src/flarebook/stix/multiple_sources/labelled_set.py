"""The tiny labelled set: images whose number of sources is known, and sets of the same make from the archive."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

POSTER_SHARE = 7 / 163  # of images with more than one source
FEWEST = 2  # images of each class, so that one can be left out


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Images with labels: features (n_images, n_features) and n_sources (n_images,) whole numbers."""

    features: np.ndarray
    n_sources: np.ndarray

    def __len__(self):
        return len(self.n_sources)

    @property
    def multiple(self):
        """The poster's question, (n_images,) of 0 and 1: is there more than one source?"""
        return (self.n_sources > 1).astype(int)

    def take(self, rows):
        """The same set with some of its images."""
        return LabelledSet(self.features[rows], self.n_sources[rows])


def labelled_set(features, n_sources, where="the labelled set"):
    """A labelled set, checked.

    features: (n_images, n_features); n_sources: (n_images,), one or more.  where: its name in error messages.
    Raises InputError when the two do not fit together, a label is missing, or a class is (nearly) empty.
    """
    n_sources = pd.array(n_sources, dtype="Int64")
    if len(features) != len(n_sources):
        raise InputError(
            f"{where} has {len(n_sources)} labels for {len(features)} images: encode the same images again"
        )
    if n_sources.isna().any():
        raise InputError(f"{n_sources.isna().sum()} of {len(n_sources)} images of {where} have no label: count them")
    n_sources = n_sources.to_numpy(dtype=int)
    check_classes(n_sources > 1, where)
    return LabelledSet(np.asarray(features), n_sources)


def check_classes(multiple, where="the labelled set"):
    """Raise InputError when fewer than FEWEST images show one source, or several."""
    several = int(np.sum(multiple))
    counts = {"one source": len(multiple) - several, "several sources": several}
    for name, number in counts.items():
        if number < FEWEST:
            raise InputError(
                f"{where} has {number} of {len(multiple)} images with {name}, which no classifier can learn: "
                f"add at least {FEWEST - number}"
            )


def draw_labelled(multiple, n_labels, rng, share=POSTER_SHARE):
    """Rows of a random set with the poster's share of multiple sources.

    multiple: (n_images,) of 0 and 1.  Returns (n_labels,) int.  Raises InputError when there are not enough images.
    """
    several = max(FEWEST, round(share * n_labels))
    wanted = {0: n_labels - several, 1: several}
    rows = {value: np.flatnonzero(np.asarray(multiple) == value) for value in wanted}
    if any(len(rows[value]) < number for value, number in wanted.items()):
        raise InputError(
            f"{len(rows[0])} images with one source and {len(rows[1])} with several do not make a set of {n_labels} "
            f"with {several} multiple ones: ask for fewer labels or simulate more images"
        )
    return np.concatenate([rng.choice(rows[value], number, replace=False) for value, number in wanted.items()])


def composition(n_sources):
    """Number of images by number of sources, in words: "156 with 1 source, 5 with 2 sources, ..."."""
    numbers, counts = np.unique(np.asarray(n_sources), return_counts=True)
    words = [f"{count} with {n} source{'' if n == 1 else 's'}" for n, count in zip(numbers, counts, strict=True)]
    return ", ".join(words)
