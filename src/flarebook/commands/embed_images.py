"""Features of a user's AIA and HMI files: the class token of each image's encoder."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.orientation import check_orientation, group_by_time
from flarebook.solarchip.images.prepare import prepare_files

BATCH = 32  # images of one channel that are encoded together


def embed_files(paths, model, progress=None):
    """Table of the files' features, and one sentence per file that was skipped.

    paths: AIA or HMI images; model: SolarChip, on its device; progress: wraps an iterable.  Columns file, channel,
    time, then feature_000 and so on: the class token of the channel's encoder.  Rows are in the order of the files.
    Co-temporal images with contradicting rolls are skipped.
    """
    images, reasons = prepare_files(paths, model.size.image, progress=progress)
    images = _consistent_images(images, reasons)
    table = pd.DataFrame([(str(i.path), i.channel, str(i.time)) for i in images], columns=["file", "channel", "time"])
    if not images:
        return table, reasons
    features = [None] * len(images)
    for channel in table["channel"].unique():
        rows = np.flatnonzero(table["channel"] == channel)
        tokens = model.features(np.array([images[row].grid for row in rows]), channel, BATCH)
        for row, token in zip(rows, tokens, strict=True):
            features[row] = token
    columns = [f"feature_{number:03d}" for number in range(len(features[0]))]
    return table.join(pd.DataFrame(np.array(features, np.float32), columns=columns)), reasons


def _consistent_images(images, reasons):
    """Images without the co-temporal groups whose rolls contradict each other; those are added to the reasons."""
    refused = set()
    for group in group_by_time(images):
        try:
            names = ", ".join(image.name for image in group.values())
            check_orientation({channel: image.grid for channel, image in group.items()}, names)
        except InputError as error:
            reasons.append(str(error))
            refused |= {id(image) for image in group.values()}
    return [image for image in images if id(image) not in refused]
