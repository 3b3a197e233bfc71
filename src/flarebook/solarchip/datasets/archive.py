"""Images to pretrain on: the training dates of an archive, scaled, and those that are held out."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.solarchip.datasets.splits import HALF, TEST, TRAIN, VALIDATION, split_chronologically
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.scaling import scale_images

STEP = Path("results") / "solarchip" / "1-simulated-sun"
FRACTIONS = (0.9, 0.05, 0.05)  # of the time, where the last tenth is held out
LAST_TENTH = "Hold out the last tenth of the time: for a Sun that no notebook reads."  # help of the scripts' option
CHUNK = 64  # dates scaled together


def read_archive(folder, last_tenth=False):
    """Scaled images that a pretraining may see, those held out after a gap, and what the archive is.

    folder: a run's folder, or the one that holds images.npz and days.parquet.  The training dates are those that the
    notebooks train on, as the column split tells; held out are validation and test.  last_tenth: for a Sun that no
    notebook reads, hold out the last tenth of the time alone, as where that column is missing.
    Returns (images, held-out images, about): (n, 11, h, w) float16, {name: text or number}.
    Raises InputError when the files are not there.
    """
    images, days = _read_archive_files(folder)
    train, held = training_and_held_out(days, last_tenth)
    return scale_archive(images[train]), scale_archive(images[held]), describe_images(images[train], days[train])


def read_held_out(folder):
    """Last tenth of an archive's time: scaled images (n, 11, h, w), magnetograms (n, h, w) in G, and their days."""
    images, days = _read_archive_files(folder)
    _, held = training_and_held_out(days, last_tenth=True)
    return scale_archive(images[held]), images[held, CHANNELS.index("hmi")].astype(np.float32), days[held]


def training_and_held_out(days, last_tenth=False):
    """Which dates are for training and which are held out, two (n,) bool; see `read_archive`."""
    wanted = "split" in days and not last_tenth
    names = days["split"].to_numpy() if wanted else split_chronologically(days["time"], FRACTIONS, HALF)
    return names == TRAIN, np.isin(names, (VALIDATION, TEST))


def origin_of(days):
    """Where the images of a table of days come from: "simulated", "real", "real and simulated", else "unknown"."""
    return " and ".join(sorted(set(days["origin"]))) if "origin" in days else days.attrs.get("origin", "unknown")


def _read_archive_files(folder):
    """Physical images and their days; InputError when the files are not there."""
    folder = Path(folder)
    folder = folder / STEP if (folder / STEP).is_dir() else folder
    for name in ("images.npz", "days.parquet"):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} holds no {name}: run `flarebook solarchip simulate {folder}` or notebook "
                "solarchip/1-simulated-sun and name its output folder"
            )
    days = pd.read_parquet(folder / "days.parquet")
    return open_arrays(folder / "images.npz")["images"], days


def scale_archive(images):
    """Images as the networks read them, float16 and a few dates at a time, since an archive fills the memory."""
    out = np.empty(images.shape, np.float16)
    for start in range(0, len(images), CHUNK):
        out[start : start + CHUNK] = scale_images(images[start : start + CHUNK])
    return out


def describe_images(images, days):
    """What a weights file tells of its training images: how many, from when to when, whence, and a hash of them all."""
    return {
        "origin": origin_of(days),
        "n_dates": len(images),
        "first_date": str(days["time"].iloc[0])[:10],
        "last_date": str(days["time"].iloc[-1])[:10],
        "images_sha256": hashlib.sha256(np.ascontiguousarray(images)).hexdigest(),
    }
