"""Translations that need no network: the mean image of the target, and a polynomial pixel by pixel."""

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from flarebook.solarchip.disk import Disk

SAMPLE = 200_000  # pixels that the polynomial is fitted to


def mean_image(targets, n):
    """The mean of the training targets for each of n dates: (n, t, h, w); targets: (n_train, t, h, w) scaled."""
    return np.broadcast_to(np.asarray(targets, np.float32).mean(axis=0), (n, *targets.shape[1:]))


def polynomial(sources, targets, new_sources, rng, degree=3):
    """Targets as a polynomial of what the sources show in the same pixel, and of its distance from the disk's centre.

    sources, targets: (n_train, s, h, w) and (n_train, t, h, w), scaled; new_sources: (n, s, h, w).  The field enters
    without its sign where the source is HMI (give it so).  One least-squares fit on the disk, one off it.
    Returns (n, t, h, w) float32.
    """
    disk = Disk(sources.shape[-1])
    made = np.empty((len(new_sources), targets.shape[1], *sources.shape[2:]), np.float32)
    for mask in (disk.on, ~disk.on):
        values, wanted = _rows(sources, disk, mask), _columns(targets, mask)
        some = rng.choice(len(values), min(SAMPLE, len(values)), replace=False)
        model = make_pipeline(PolynomialFeatures(degree, include_bias=False), LinearRegression())
        model.fit(values[some], wanted[some])
        found = model.predict(_rows(new_sources, disk, mask)).astype(np.float32)
        made[:, :, mask] = found.reshape(len(new_sources), -1, targets.shape[1]).swapaxes(1, 2)
    return made


def _columns(images, mask):
    """Values of the masked pixels of all dates, one column per channel: (n pixels, channels)."""
    return np.asarray(images, np.float64)[:, :, mask].swapaxes(1, 2).reshape(-1, images.shape[1])


def _rows(sources, disk, mask):
    """What the polynomial sees of each masked pixel: the sources' values, and the distance from the disk's centre."""
    radius = np.tile(disk.radius[mask], len(sources))
    return np.column_stack([_columns(sources, mask), radius])
