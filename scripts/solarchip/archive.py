"""Archives on disk: the training dates, scaled, and those that are held out."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.solarchip.datasets.archive import dates_at_once, origin_of, scale_archive
from flarebook.solarchip.datasets.splits import HALF, TEST, TRAIN, VALIDATION, split_chronologically
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import bin_images

STEP = Path("results") / "solarchip" / "1-simulated-sun"
FRACTIONS = (0.9, 0.05, 0.05)  # of the time, where the last tenth is held out
LAST_TENTH = "Hold out the last tenth of the time: for a Sun that no notebook reads."  # help of the scripts' option


def read_archive(folder, last_tenth=False, side=None):
    """Scaled images that a pretraining may see, those held out after a gap, and what the archive is.

    folder, side: of `read_physical`.  The training dates are those that the notebooks train on, as the column split
    tells; held out are validation and test.  last_tenth: for a Sun that no notebook reads, hold out the last tenth of
    the time alone, as where that column is missing.
    Returns (images, held-out images, about): (n, 11, h, w) float16, {name: text or number}.
    """
    images, days = read_physical(folder, side)
    train, held = training_and_held_out(days, last_tenth)
    return scale_archive(images, train), scale_archive(images, held), describe_images(images, days, train)


def describe_training(images, days):
    """What `describe_images` tells of the dates before the last tenth of an archive's time.

    images, days: of `read_physical`.
    """
    train, _ = training_and_held_out(days, last_tenth=True)
    return describe_images(images, days, train)


def hold_out(images, days):
    """Last tenth of an archive's time: scaled images (n, 11, h, w), magnetograms (n, h, w) in G, and their days.

    images, days: of `read_physical`.
    """
    _, held = training_and_held_out(days, last_tenth=True)
    return scale_archive(images, held), images[held, CHANNELS.index("hmi")].astype(np.float32), days[held]


def read_physical(folder, side=None):
    """Images (n, 11, h, w) in G and DN/s, a memory map, and the table of their days.

    folder: a run's folder, or the one that holds images.npz and days.parquet.  Raises InputError when it lacks them.
    side: pixels along a side to which the images are binned, then in memory; None: as they are.
    """
    folder = Path(folder)
    folder = folder / STEP if (folder / STEP).is_dir() else folder
    for name in ("images.npz", "days.parquet"):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} holds no {name}: run `flarebook solarchip simulate {folder}` or notebook "
                "solarchip/1-simulated-sun and name its output folder"
            )
    images, days = open_arrays(folder / "images.npz")["images"], pd.read_parquet(folder / "days.parquet")
    return images if side in (None, images.shape[-1]) else bin_images(images, side), days


def training_and_held_out(days, last_tenth=False):
    """Which dates are for training and which are held out, two (n,) bool; see `read_archive`."""
    wanted = "split" in days and not last_tenth
    names = days["split"].to_numpy() if wanted else split_chronologically(days["time"], FRACTIONS, HALF)
    return names == TRAIN, np.isin(names, (VALIDATION, TEST))


def describe_images(images, days, rows):
    """What a weights file tells of its training images: how many, from when to when, whence, and a hash of them all.

    rows: mask of the training dates.
    """
    days, rows, step = days[rows], np.flatnonzero(rows), dates_at_once(images)
    digest = hashlib.sha256()
    for start in range(0, len(rows), step):
        digest.update(np.ascontiguousarray(images[rows[start : start + step]]))
    return {
        "origin": origin_of(days),
        "n_dates": len(rows),
        "first_date": str(days["time"].iloc[0])[:10],
        "last_date": str(days["time"].iloc[-1])[:10],
        "images_sha256": digest.hexdigest(),
    }
