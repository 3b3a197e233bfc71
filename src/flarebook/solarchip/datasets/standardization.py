"""Standardised anomalies: each channel minus its temporal mean, divided by its standard deviation."""

from typing import NamedTuple

import numpy as np

SMALLEST = 1e-3  # deviation in scaled values; a constant channel is not amplified


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
