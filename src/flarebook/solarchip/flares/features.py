"""Days to classify, and the features of frozen encoders: tokens of several channels, pooled and put in a row."""

from dataclasses import dataclass

import numpy as np
import torch

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.models.embeddings import embed_images, pool_tokens

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


def scale_inputs(images, channels, side):
    """Scaled images of the wanted channels in their places among the eleven, float32; the others stay zero.

    images: (n, 11, h, w) physical; side: pixels to which they are binned.  Zeros that nobody reads take no memory;
    scaling all channels of a thousand days would take a gigabyte.
    """
    scaled = np.zeros((*images.shape[:2], side, side), np.float32)
    for channel in channels:
        place = CHANNELS.index(channel)
        scaled[:, place] = scale_channel(bin_images(images[:, place : place + 1], side)[:, 0], channel)
    return scaled


def frozen_features(model, images, channels, batch_size=64, device="auto"):
    """Features of a SolarCHIP model that is not trained further: (n, d) float32.

    images: (n, 11, h, w) scaled; channels: names, one or more.
    """
    tokens = [embed_images(model, images, channel, batch_size, device) for channel in channels]
    return np.concatenate([pool_tokens(each.cls, each.patches) for each in tokens], axis=1)


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
