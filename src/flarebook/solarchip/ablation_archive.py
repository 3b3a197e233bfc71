"""The dates on which the ablation learns and is asked, at the size at which dozens of trainings can be paid for."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.solarchip.pretraining_archive import STEP, scaled
from flarebook.solarchip.representation_scores import dates

CHUNK = 64  # dates binned together


def coarse(images, side):
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


def dates_of(images, days, side):
    """Dates of an archive at the ablation's size.

    images: (n, 11, h, w) physical; days: table of notebook 1.  Returns representation_scores.Dates.
    """
    binned = coarse(images, side)
    return dates(scaled(binned), days, binned[:, 0])


def read_dates(folder, side):
    """Dates of a run's folder that holds the archive of notebook 1; InputError when it does not."""
    folder = Path(folder) / STEP
    if not (folder / "images.npz").is_file():
        raise InputError(f"{folder} holds no images.npz: run notebook solarchip/1-simulated-sun and name its output")
    return dates_of(open_arrays(folder / "images.npz")["images"], pd.read_parquet(folder / "days.parquet"), side)
