"""Days to classify, and the features of frozen encoders: tokens of several channels, pooled and put in a row."""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.device import chosen_device
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.models.embeddings import encode_batches, pool_tokens

NATURAL = "dinov2-focus"  # the encoder of study 2 that learned from photographs


@dataclass(frozen=True, eq=False)
class FlareDays:
    """Days to classify and the channels that the encoders see.

    images: (n, 11, h, w) scaled; label: (n,) of 0 and 1; parts: {"train", "validation", "test": positions}.
    """

    images: np.ndarray
    label: np.ndarray
    parts: dict
    channels: tuple = ("hmi",)
    device: str = "auto"

    def first(self, n):
        """The first n days alone: those of which there are images of all channels."""
        parts = {part: rows[rows < n] for part, rows in self.parts.items()}
        return replace(self, images=self.images[:n], label=self.label[:n], parts=parts)


def join_test_days(days, further, label="label_m", channels=("hmi",)):
    """Table of the imaged days, then of further test days of which there are magnetograms alone.

    days: table of notebook 1; further: its table of test days, of another Sun; label: the column that is asked for;
    channels: what the encoders see.  Raises InputError when further days have another part than the test, or the
    encoders see more than the magnetogram.
    """
    if not len(further):
        return days
    if tuple(channels) != ("hmi",):
        raise InputError(
            f"the {len(further)} further test days have magnetograms alone, not {', '.join(channels)}: "
            "run solarchip/1-simulated-sun with n_test_days=0"
        )
    if wrong := sorted(set(further["split"]) - {"test"}):
        raise InputError(
            f"further test days belong to the part {', '.join(wrong)}: run solarchip/1-simulated-sun again"
        )
    return pd.concat([days, further.astype({label: int})], ignore_index=True)


def scale_inputs(images, channels, side, magnetograms=None):
    """Scaled images of the wanted channels in their places among the eleven, float32; the others stay zero.

    images: (n, 11, h, w) physical; side: pixels to which they are binned; magnetograms: (m, 1, h, w) G, of days that
    follow and have no other channel.  Zeros that nobody reads take no memory; scaling all channels of a thousand days
    would take a gigabyte.
    """
    n_more = 0 if magnetograms is None else len(magnetograms)
    scaled = np.zeros((len(images) + n_more, len(CHANNELS), side, side), np.float32)
    for channel in channels:
        place = CHANNELS.index(channel)
        scaled[: len(images), place] = scale_channel(bin_images(images[:, place : place + 1], side)[:, 0], channel)
    if n_more:
        scaled[len(images) :, CHANNELS.index("hmi")] = scale_channel(bin_images(magnetograms, side)[:, 0], "hmi")
    return scaled


def frozen_features(model, images, channels, batch_size=64, device="auto"):
    """Features of a SolarCHIP model that is not trained further: (n, d) float32.

    images: (n, 11, h, w) scaled; channels: names, one or more.
    """
    model, columns = deepcopy(model).eval().to(chosen_device(device)), []
    for channel in channels:
        batches = encode_batches(model, images[:, CHANNELS.index(channel)], channel, batch_size)
        columns.append(
            np.concatenate([pool_tokens(*(part.float().cpu().numpy() for part in each)) for each in batches])
        )
    return np.concatenate(columns, axis=1)


@torch.inference_mode()
def natural_features(images, channels, input_size=112, batch_size=32, device="auto"):
    """Features of the DINOv2 backbone of study 2, which has seen photographs and no Sun: (n, d) float32.

    images: (n, 11, h, w) scaled, shown to it in grey; input_size: pixels, a multiple of 14.
    """
    from flarebook.encoders.registry import create_encoder

    encoder, columns = create_encoder(NATURAL, input_size=input_size, device=device), []
    for channel in channels:
        grey, rows = to_grey(images[:, CHANNELS.index(channel)]), []
        for start in range(0, len(grey), batch_size):
            outputs = encoder.outputs(grey[start : start + batch_size])
            tokens = outputs.tokens.float().cpu().numpy()
            rows.append(pool_tokens(tokens[:, 0], tokens[:, outputs.n_prefix :]))
        columns.append(np.concatenate(rows))
    return np.concatenate(columns, axis=1)


def to_grey(images):
    """Scaled images as eight-bit grey ones: -1 black, 1 white."""
    return np.round(np.clip((np.asarray(images, np.float32) + 1) * 127.5, 0, 255)).astype(np.uint8)
