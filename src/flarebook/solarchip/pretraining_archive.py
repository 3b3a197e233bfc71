"""Images to pretrain on: the dates of a simulated Sun, scaled, and the last ones held out."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.solarchip.channels import CHANNELS
from flarebook.solarchip.prepare import scale
from flarebook.solarchip.splits import HALF, chronological

STEP = Path("results") / "solarchip" / "1-simulated-sun"
FRACTIONS = (0.9, 0.05, 0.05)  # the last tenth of the time is held out
CHUNK = 64  # dates scaled together


def read_archive(folder):
    """Scaled images that a pretraining may see, those held out after a gap, and what the archive is.

    folder: a run's folder, or the one that holds images.npz and days.parquet.  The last tenth of the time is held out.
    Returns (images, held-out images, about): (n, 11, h, w) float16, {name: text or number}.
    Raises InputError when the files are not there.
    """
    images, days, held = _read(folder)
    train = chronological(days["time"], FRACTIONS, HALF) == "train"
    return scaled(images[train]), scaled(images[held]), about_images(images[train], days[train])


def read_held_out(folder):
    """Held-out dates of an archive: scaled images (n, 11, h, w), magnetograms (n, h, w) in G, and their days."""
    images, days, held = _read(folder)
    return scaled(images[held]), images[held, CHANNELS.index("hmi")].astype(np.float32), days[held]


def _read(folder):
    """Physical images, their days, and which are held out; InputError when the files are not there."""
    folder = Path(folder)
    folder = folder / STEP if (folder / STEP).is_dir() else folder
    for name in ("images.npz", "days.parquet"):
        if not (folder / name).is_file():
            raise InputError(
                f"{folder} holds no {name}: run `python -m flarebook.solarchip.simulate {folder}` "
                "or notebook solarchip/1-simulated-sun and name its output folder"
            )
    days = pd.read_parquet(folder / "days.parquet")
    images = open_arrays(folder / "images.npz")["images"]
    return images, days, np.isin(chronological(days["time"], FRACTIONS, HALF), ("validation", "test"))


def scaled(images):
    """Images as the networks read them, float16 and a few dates at a time, since an archive fills the memory."""
    out = np.empty(images.shape, np.float16)
    for start in range(0, len(images), CHUNK):
        out[start : start + CHUNK] = scale(images[start : start + CHUNK])
    return out


def about_images(images, days):
    """What a weights file tells of its training images: how many, from when to when, and a hash of them all."""
    return {
        "n_dates": len(images),
        "first_date": str(days["time"].iloc[0])[:10],
        "last_date": str(days["time"].iloc[-1])[:10],
        "images_sha256": hashlib.sha256(np.ascontiguousarray(images)).hexdigest(),
    }
