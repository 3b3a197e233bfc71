"""Binning of images to coarser pixels."""

import numpy as np

from flarebook.compendium.errors import InputError

CHUNK = 64  # dates binned together


def bin_images(images, side):
    """Images binned to side x side pixels by the mean of their pixels, as a telescope with larger ones sees them.

    images: (n, channels, h, w) physical.  Returns float32.  Raises InputError when the side does not divide h.
    """
    n, channels, height, _ = images.shape
    if height % side:
        raise InputError(f"images of {height} pixels cannot be binned to {side}: take a divisor of {height}")
    block = height // side
    out = np.empty((n, channels, side, side), np.float32)
    for start in range(0, n, CHUNK):
        part = np.asarray(images[start : start + CHUNK], np.float32)
        out[start : start + CHUNK] = part.reshape(-1, channels, side, block, side, block).mean(axis=(3, 5))
    return out
