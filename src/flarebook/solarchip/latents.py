"""Latent pictures of a pretrained autoencoder, shifted and scaled to be of order one, and images of them again."""

from dataclasses import dataclass

import numpy as np
import torch

from flarebook.compendium.errors import InputError
from flarebook.solarchip.channels import CHANNELS, index

LEAST = 1e-3  # of a latent channel's deviation: one that never changes is not blown up


@dataclass(frozen=True)
class Scales:
    """Mean latent picture of a channel's dates, (c, h, w), and deviation of each latent channel from it, (c, 1, 1)."""

    mean: torch.Tensor
    deviation: torch.Tensor


class LatentSpace:
    """An autoencoder and the scales of its latent pictures: what a latent diffusion works in.

    The mean picture holds the disk and its limb, which are the same on all dates, so that the diffusion need not learn
    them.  model: SolarChip; scales: {channel: Scales}.
    """

    def __init__(self, model, scales):
        self.model, self.scales = model.eval().requires_grad_(False), scales

    def encode(self, images, channel, batch_size=64):
        """Scaled latent pictures of one channel's images: (n, h, w) scaled -> (n, c, h', w') on the CPU."""
        scales = self._scales(channel)
        return (latents(self.model, images, channel, batch_size) - scales.mean) / scales.deviation

    def decode(self, pictures, channel, batch_size=64):
        """Images of scaled latent pictures: (n, c, h', w') -> (n, h, w) scaled, float32, cut to what can be.

        The values of a channel end at -1 and 1; off the disk there is no field.
        """
        scales, device = self._scales(channel), _device(self.model)
        with torch.inference_mode():
            batches = (pictures * scales.deviation + scales.mean).split(batch_size)
            parts = [self.model.decode_latent(part.to(device), channel).float().cpu() for part in batches]
        return within(torch.cat(parts)[:, 0].numpy(), channel)

    def reconstruct(self, images, channel):
        """Images as the autoencoder alone gives them back: the best that translation through it can reach."""
        return self.decode(self.encode(images, channel), channel)

    def _scales(self, channel):
        if channel not in self.scales:
            raise InputError(
                f"the latent space has no channel {channel!r}: it was measured on {', '.join(self.scales)}"
            )
        return self.scales[channel]


def measure(model, images, channels):
    """LatentSpace of a model whose scales are those of training images.

    images: (n, 11, h, w) scaled, channels in the order of CHANNELS; channels: those to measure.
    """
    scales = {}
    for channel in channels:
        found = latents(model, images[:, index(channel)], channel)
        mean = found.mean(dim=0)
        deviation = (found - mean).square().mean(dim=(0, 2, 3)).sqrt()
        scales[channel] = Scales(mean, deviation.clamp(min=LEAST)[:, None, None])
    return LatentSpace(model, scales)


def latents(model, images, channel, batch_size=64):
    """Latent pictures as the model gives them, (n, c, h', w') on the CPU; images: (n, h, w) scaled."""
    if channel not in CHANNELS:
        raise InputError(f"there is no channel {channel!r}: take one of {', '.join(CHANNELS)}")
    device, parts = _device(model), []
    with torch.inference_mode():
        for start in range(0, len(images), batch_size):
            batch = np.ascontiguousarray(images[start : start + batch_size], dtype=np.float32)
            parts.append(model.latent(torch.from_numpy(batch)[:, None].to(device), channel).float().cpu())
    return torch.cat(parts)


def within(images, channel):
    """Scaled images cut to the values that the channel can have; the field ends with the disk."""
    from flarebook.solarchip.disk import Disk

    images = np.clip(images, -1, 1)
    return images * Disk(images.shape[-1]).on if "hmi" in channel else images


def _device(model):
    """Where a model's weights are."""
    return next(model.parameters()).device
