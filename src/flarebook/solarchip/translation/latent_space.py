"""Latents of a pretrained autoencoder, shifted and scaled to be of order one, and images of them again."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS, channel_index
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.models.backbones import unpatchify
from flarebook.solarchip.models.embeddings import encode_batches

LEAST = 1e-3  # of a latent channel's deviation: one that never changes is not blown up


class Scales(NamedTuple):
    """Mean latent of a channel's dates, (c, h, w), and deviation of each latent channel from it, (c, 1, 1)."""

    mean: torch.Tensor
    deviation: torch.Tensor


class LatentSpace(nn.Module):
    """An autoencoder and the scales of its latents: what a latent diffusion works in.

    The mean latent holds the disk and its limb, which are the same on all dates, so that the diffusion need not learn
    them.  model: SolarChip; scales: {channel: Scales}.
    """

    def __init__(self, model, scales):
        super().__init__()
        self.model = model.eval().requires_grad_(False)
        self.channels = tuple(scales)
        for channel, (mean, deviation) in scales.items():
            self.register_buffer(f"mean_{channel}", mean)
            self.register_buffer(f"deviation_{channel}", deviation)

    def encode(self, images, channel, batch_size=64):
        """Scaled latents of one channel's images: (n, h, w) scaled -> (n, c, h', w') on the CPU."""
        mean, deviation = self._scales(channel)
        return (encode_latents(self.model, images, channel, batch_size) - mean) / deviation

    def decode(self, latents, channel, batch_size=64):
        """Images of scaled latents: (n, c, h', w') -> (n, h, w) scaled, float32, cut to what can be.

        The values of a channel end at -1 and 1; off the disk there is no field.
        """
        (mean, deviation), device = self._scales(channel), next(self.model.parameters()).device
        with torch.inference_mode():
            batches = (latents * deviation + mean).split(batch_size)
            parts = [self.model.decode_latent(part.to(device), channel).float().cpu() for part in batches]
        return clip_to_range(torch.cat(parts)[:, 0].numpy(), channel)

    def reconstruct(self, images, channel):
        """Images as the autoencoder alone gives them back: a mark for translations through it, not a bound."""
        return self.decode(self.encode(images, channel), channel)

    def _scales(self, channel):
        """Mean and deviation of a channel, on the CPU; InputError for one that was not measured."""
        if channel not in self.channels:
            known = ", ".join(self.channels)
            raise InputError(f"the latent space has no channel {channel!r}: it was measured on {known}")
        return Scales(*(getattr(self, f"{part}_{channel}").cpu() for part in Scales._fields))


def measure_latent_space(model, images, channels):
    """LatentSpace of a model whose scales are those of training images.

    images: (n, 11, h, w) scaled, channels in the order of CHANNELS; channels: those to measure.
    """
    scales = {}
    for channel in channels:
        found = encode_latents(model, images[:, channel_index(channel)], channel)
        mean = found.mean(dim=0)
        deviation = (found - mean).square().mean(dim=(0, 2, 3)).sqrt()
        scales[channel] = Scales(mean, deviation.clamp(min=LEAST)[:, None, None])
    return LatentSpace(model, scales)


def encode_latents(model, images, channel, batch_size=64):
    """Latents as the model gives them, (n, c, h', w') on the CPU; images: (n, h, w) scaled."""
    if channel not in CHANNELS:
        raise InputError(f"there is no channel {channel!r}: take one of {', '.join(CHANNELS)}")
    found = encode_batches(model, images, channel, batch_size)
    return torch.cat([unpatchify(tokens.patches, model.size.cell).float().cpu() for tokens in found])


def clip_to_range(images, channel):
    """Scaled images cut to the values that the channel can have; the field ends with the disk."""
    images = np.clip(images, -1, 1)
    return images * Disk(images.shape[-1]).on if "hmi" in channel else images


def empty_latent_space(model, channels):
    """LatentSpace without scales yet, to be filled from a file."""
    with torch.inference_mode():
        shape = model.latent(torch.zeros(1, 1, model.size.image, model.size.image), channels[0]).shape[1:]
    return LatentSpace(model, {c: Scales(torch.zeros(shape), torch.ones(shape[0], 1, 1)) for c in channels})
