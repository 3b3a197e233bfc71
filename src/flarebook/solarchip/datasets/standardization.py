"""Departures of images from their mean over the dates, each channel in its usual ones: what networks learn from."""

from typing import NamedTuple

import numpy as np

LEAST = 1e-3  # in scaled values; a channel that never changes is not blown up


class Standardization(NamedTuple):
    """Mean image and usual departure from it of each channel of a stack, (k, h, w) and (k, 1, 1).

    The mean holds the disk and its limb, which are the same on all dates and need not be learned.  The division
    lets each channel count alike in a loss, and brings it to the order of a new network's answers: without it, hundreds
    of steps went by before the field was drawn any better than by its mean.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def of(self, images):
        """Departures of scaled images: (n, k, h, w) float32, of order one."""
        return ((images - self.mean) / self.deviation).astype(np.float32)

    def images(self, departures):
        """Scaled images of departures, the inverse of `of`: (n, k, h, w) float32."""
        return (departures * self.deviation + self.mean).astype(np.float32)


def training_scale(images):
    """Departures measured on training images: (n, k, h, w) scaled."""
    mean = images.mean(axis=0)
    deviation = np.sqrt(np.square(images - mean).mean(axis=(0, 2, 3)))
    return Standardization(mean, np.maximum(deviation, LEAST)[:, None, None])
