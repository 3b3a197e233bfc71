"""From images to features: class token and patch tokens of every date, as the encoder gives and projects them."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.device import chosen_device
from flarebook.solarchip.images.channels import CHANNELS


@dataclass(frozen=True)
class Embedding:
    """Features of one channel of many dates: raw tokens, and their projections of unit length."""

    cls: np.ndarray  # (n, d)
    patches: np.ndarray  # (n, L, d), L patches row by row, the first in the south-east corner
    cls_projected: np.ndarray  # (n, p)
    patches_projected: np.ndarray  # (n, L, p)

    def __len__(self):
        return len(self.cls)


def embed_images(
    model: torch.nn.Module, images: np.ndarray, channel: str, batch_size: int = 64, device: str = "auto"
) -> Embedding:
    """Compute the features of one channel of all dates.

    Parameters
    ----------
    model : SolarChip
        An encoder, such as `load_encoder` returns; it is not modified.
    images : numpy.ndarray, shape (n, 11, h, w)
        Scaled images, channels in the order of `CHANNELS`.
    channel : str
        Channel to encode, such as "hmi" or "171".
    batch_size : int
        Images encoded together.
    device : str
        "cpu", "cuda" or "auto".

    Returns
    -------
    Embedding
        Class and patch tokens (n, d) and (n, L, d), and their projections of unit length, float32.

    Raises
    ------
    InputError
        For an unknown channel, no dates, another number of channels, or NaN or infinite pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook.solarchip import embed_images
    >>> from flarebook.solarchip.models.weights import load_encoder
    >>> embed_images(load_encoder("cnn-tiny"), np.zeros((1, 11, 128, 128)), "171", device="cpu").cls.shape
    (1, 64)
    """
    images, device = _select_channel(images, channel), chosen_device(device)
    model, parts = deepcopy(model).eval().to(device), []
    for tokens in encode_batches(model, images, channel, batch_size):
        with torch.inference_mode():
            parts.append([part.float().cpu().numpy() for part in (*tokens, *model.project(tokens))])
    return Embedding(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def encode_batches(model, images, channel, batch_size=64):
    """Tokens of one channel's images, batch by batch, made where the model is and without gradients.

    model: SolarChip; images: (n, h, w) scaled.  Raises InputError for NaN or infinite pixels.
    """
    device = next(model.parameters()).device
    for start in range(0, len(images), batch_size):
        batch = np.ascontiguousarray(images[start : start + batch_size], dtype=np.float32)
        _check_finite(batch, channel, start)
        with torch.inference_mode():
            tokens = model.encode(torch.from_numpy(batch)[:, None].to(device), channel)
        yield tokens


def _select_channel(images, channel):
    """Images of a channel, (n, h, w); InputError when there are none."""
    if channel not in CHANNELS:
        raise InputError(f"channel {channel!r} is unknown: take one of {', '.join(CHANNELS)}")
    if np.ndim(images) != 4 or images.shape[1] != len(CHANNELS) or not len(images):
        raise InputError(
            f"images of shape {np.shape(images)} cannot be embedded: give (dates, {len(CHANNELS)}, rows, columns)"
        )
    return images[:, CHANNELS.index(channel)]


def _check_finite(batch, channel, start):
    """InputError for the first image with a NaN or infinite pixel: it would spoil the features of its batch."""
    bad = np.flatnonzero(~np.isfinite(batch).all(axis=(1, 2)))
    if bad.size:
        raise InputError(
            f"the {channel} image of date {start + bad[0]} has NaN or infinite pixels: prepare it or leave it out"
        )


def pool_tokens(cls, patches):
    """Class token, mean and largest value of the patch tokens in a row: (n, d), (n, L, e) -> (n, d + 2 e).

    A flare comes from one region, and a mean over the disk would drown it; the largest value does not.
    """
    return np.concatenate([cls, patches.mean(axis=1), patches.max(axis=1)], axis=1)
