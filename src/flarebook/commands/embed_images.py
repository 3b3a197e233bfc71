"""Features of a user's own AIA and HMI files: read, prepared, scaled, and turned into the encoder's class token."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS

BATCH = 32  # images of one channel that are encoded together
TOLD = ("file", "channel", "time")  # columns before the features


def find_images(items):
    """Files as they are, and the FITS files of folders in order of their names.

    Raises InputError for a folder without any.
    """
    from flarebook.solarchip.datasets.real import find_images as images_in

    paths = []
    for item in map(Path, items):
        inside = images_in(item) if item.is_dir() else [item]
        if not inside:
            raise InputError(f"{item} holds no FITS file: name the files, or a folder that holds some")
        paths += inside
    return paths


def embed_files(paths, model, progress=None):
    """Table of the files' features and sentences about the files that were left out.

    paths: AIA or HMI images; model: SolarChip, on its device; progress: wraps an iterable.  Columns file, channel,
    time, then feature_000 and so on: the class token of the channel's encoder.  Rows in the order of the files.  Those
    of one time whose rolls contradict one another are left out.
    """
    found, bad = [], []
    for path in (progress or iter)(paths):
        try:
            found.append(_prepared(path, model.size.image))
        except InputError as error:
            bad.append(str(error))
    found = _standing_alike(found, bad)
    table = pd.DataFrame([(str(one.path), one.channel, str(one.time)) for one in found], columns=TOLD)
    stacks = {channel: [one.image for one in found if one.channel == channel] for channel in table["channel"].unique()}
    tokens = {channel: model.features(np.array(stack), channel, BATCH) for channel, stack in stacks.items()}
    return _with_features(table, tokens), bad


class Prepared(NamedTuple):
    """A file's image on the standard grid in physical units, (n, n), with its channel and time."""

    path: Path
    name: str
    channel: str
    time: pd.Timestamp
    image: np.ndarray


def _prepared(path, size):
    """A file's image, Prepared."""
    from flarebook.solarchip.images.prepare import prepare
    from flarebook.solarchip.images.read import read_image

    image = read_image(path)
    if image.channel not in CHANNELS:
        raise InputError(
            f"{Path(path).name} is a {image.channel} image: features are for magnetograms and AIA channels"
        )
    return Prepared(path, image.name, image.channel, image.time, prepare(image, size))


def _standing_alike(found, bad):
    """The images without those of a time whose rolls contradict one another; a sentence on each such time joins bad."""
    from flarebook.solarchip.images.orientation import by_time, check_turns

    refused = set()
    for group in by_time(found):
        try:
            check_turns({channel: one.image for channel, one in group.items()}, group)
        except InputError as error:
            bad.append(str(error))
            refused |= {id(one) for one in group.values()}
    return [one for one in found if id(one) not in refused]


def _with_features(table, tokens):
    """The table with its features' columns, each channel's rows in order."""
    if not len(table):
        return table
    features = np.empty((len(table), next(iter(tokens.values())).shape[1]), np.float32)
    for channel, values in tokens.items():
        features[(table["channel"] == channel).to_numpy()] = values
    columns = [f"feature_{number:03d}" for number in range(features.shape[1])]
    return table.join(pd.DataFrame(features, columns=columns))
