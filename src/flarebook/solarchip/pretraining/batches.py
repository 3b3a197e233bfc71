"""Batches of the pretraining: which dates, which AIA channels, and one turn and mirror for all channels of a date."""

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from flarebook.compendium.errors import InputError
from flarebook.learning.training import epoch_batch
from flarebook.solarchip.datasets.archive import training_scale
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.channels import AIA, CHANNELS

SMALLEST_DEVIATION = 0.07  # in scaled values; visible light hardly varies, and its limb would outweigh all channels


def sample_batch(images, settings, step, aia=AIA, mask=None):
    """Sample the images of a step, (b, 1 + k, h, w) float32, HMI first, and the names of their channels.

    images: (n, 11, h, w) scaled, an array or a memory map; settings: of the pretraining; aia: channels to draw from;
    mask: PartMask of what is hidden, none: nothing.
    Everything drawn depends on the seed and the step alone, so that a resumed training draws what it would have drawn.
    """
    rng = np.random.default_rng((settings.seed, step, 1))
    channels = sample_channels(settings.aia_per_step, rng, aia)
    batch = select_images(images, epoch_batch(len(images), settings, step), channels, mask)
    return rotate_images(batch, rng, settings.rotation, settings.mirror), channels


def sample_channels(n_aia, rng, aia=AIA):
    """HMI and n_aia different channels of aia drawn at random, or all where it has fewer, in the order of CHANNELS."""
    chosen = np.sort(rng.choice(len(aia), min(n_aia, len(aia)), replace=False))
    return ("hmi", *(aia[place] for place in chosen))


def available_channels(images):
    """Names of the channels of which at least one date has a pixel: SDOML, for one, has no 4500.

    images: (n, 11, h, w), NaN where missing.  Looks no further than the first date of a channel that is there.
    """
    return tuple(name for place, name in enumerate(CHANNELS) if any(np.isfinite(one[place]).any() for one in images))


def describe_missing_channels(images):
    """Sentence about the channels that are missing on all dates, "" when none is."""
    there = available_channels(images)
    absent = ", ".join(name for name in CHANNELS if name not in there)
    return f"missing on all dates, and therefore left out of the pretraining: {absent}" if absent else ""


def select_images(images, dates, channels, mask=None):
    """Images of some dates, in the order of time, and channels, (dates, channels, h, w) float32 tensor.

    mask: PartMask of what is hidden, which needs HMI first; none: nothing.
    """
    places = [CHANNELS.index(channel) for channel in channels]
    chosen = np.asarray(images[np.ix_(np.sort(dates), places)], np.float32)
    return torch.from_numpy(mask.apply(chosen, places) if mask else chosen)


def anomaly_scale(images, n_dates=128):
    """Mean image of each channel and its usual departure from it, (11, h, w) and (11,), from dates spread over all.

    images: (n, 11, h, w) scaled.  The departure is at least SMALLEST_DEVIATION.
    """
    dates = subsample_evenly(np.arange(len(images)), n_dates)
    found = training_scale(np.nan_to_num(np.asarray(images[dates], np.float32)))  # the first step refuses the gaps
    return found.mean, np.maximum(found.deviation[:, 0, 0], SMALLEST_DEVIATION)


def rotate_images(images, rng, degrees=90.0, mirror=True):
    """Turn each date by a random angle and mirror it at random, all its channels alike.

    images: (b, k, h, w); degrees: largest angle, either way; mirror: along each axis in half of the dates.  Between
    the pixels the brightness is interpolated linearly; beyond the edge the outermost pixels are
    repeated.  As the authors' code: common flips and turns up to 90 degrees.
    """
    if not degrees and not mirror:
        return images
    angle = np.deg2rad(rng.uniform(-degrees, degrees, len(images)))
    side = rng.choice([-1.0, 1.0], (2, len(images))) if mirror else np.ones((2, len(images)))
    cos, sin, none = np.cos(angle), np.sin(angle), np.zeros(len(images))
    rows = [[side[0] * cos, -side[0] * sin, none], [side[1] * sin, side[1] * cos, none]]
    grid = affine_grid(torch.tensor(np.array(rows), dtype=torch.float32).permute(2, 0, 1), images.shape, False)
    return grid_sample(images, grid.to(images), padding_mode="border", align_corners=False)


def check_training_images(images, settings):
    """Refuse images that no training can use."""
    if np.ndim(images) != 4 or images.shape[1] != len(CHANNELS):
        raise InputError(
            f"images of shape {np.shape(images)} cannot be trained on: give (dates, {len(CHANNELS)}, rows, columns), "
            "a date only when all its channels are there"
        )
    if len(images) < settings.batch_size:
        raise InputError(
            f"{len(images)} dates do not fill a batch of {settings.batch_size}: simulate more, or lower the batch size"
        )


def first_invalid_channel(images, channels):
    """Name of the first channel with a NaN or infinite pixel, None when there is none."""
    bad = ~torch.isfinite(images).all(dim=0).flatten(1).all(dim=1)
    return channels[int(bad.nonzero()[0])] if bad.any() else None
