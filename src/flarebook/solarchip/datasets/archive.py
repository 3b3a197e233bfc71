"""Archives of images as the networks read them: scaled, each channel standardised, and with their origin."""

from typing import NamedTuple

import numpy as np

from flarebook.solarchip.images.scaling import scale_images

CHUNK = 1 << 24  # values scaled together
SMALLEST = 1e-3  # deviation in scaled values; a constant channel is not amplified


def origin_of(days):
    """Where the images of a table of days come from: "simulated", "real", "real and simulated", else "unknown"."""
    return " and ".join(sorted(set(days["origin"]))) if "origin" in days else days.attrs.get("origin", "unknown")


def scale_archive(images, rows=slice(None)):
    """Images as the networks read them, float16 and a few dates at a time, since an archive fills the memory.

    images: (n, 11, h, w), a memory map or an array; rows: the dates wanted, a mask, indices or a slice.
    """
    rows = np.arange(len(images))[rows]
    out, step = np.empty((len(rows), *images.shape[1:]), np.float16), dates_at_once(images)
    for start in range(0, len(rows), step):
        out[start : start + step] = scale_images(images[rows[start : start + step]])
    return out


def dates_at_once(images):
    """Number of dates, at least one, whose images are some 16 million values."""
    return max(1, CHUNK // max(1, images[:1].size))


class Standardization(NamedTuple):
    """Mean image (k, h, w) and standard deviation (k, 1, 1) of each channel over the training dates.

    The mean holds the disk and its limb, which are the same on all dates.  The division gives each channel the same
    weight in a loss and outputs of order one.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def standardize(self, images):
        """Standardised anomalies of scaled images: (n, k, h, w) float32."""
        return ((images - self.mean) / self.deviation).astype(np.float32)

    def restore(self, anomalies):
        """Scaled images of anomalies, the inverse of `standardize`: (n, k, h, w) float32."""
        return (anomalies * self.deviation + self.mean).astype(np.float32)


def training_scale(images):
    """Standardization of training images, (n, k, h, w) scaled."""
    mean = images.mean(axis=0)
    deviation = np.sqrt(np.square(images - mean).mean(axis=(0, 2, 3)))
    return Standardization(mean, np.maximum(deviation, SMALLEST)[:, None, None])
