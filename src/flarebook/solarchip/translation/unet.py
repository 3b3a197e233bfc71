"""Direct translation: a U-Net from images to images that makes the mean squared error small."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

from flarebook.compendium.errors import InputError
from flarebook.learning.training import fit


class UNet(nn.Module):
    """Encoder and decoder with skips, each level a strided convolution of 4 x 4, as the generator of pix2pix.

    Normalised by groups, since batches are small.  The last layer sees the source itself, at full resolution.
    Isola et al. 2017, section 3.2.1 and appendix.
    """

    def __init__(self, n_in, n_out, width=16, levels=4):
        super().__init__()
        sizes = [n_in, *(width * 2 ** min(level, 3) for level in range(levels))]
        self.down = nn.ModuleList(_level(nn.Conv2d, a, b) for a, b in zip(sizes, sizes[1:], strict=False))
        wide = [sizes[level + 1] * (1 if level == levels - 1 else 2) for level in range(levels)]  # with the skip
        narrow = [width // 2, *sizes[1:-1]]
        self.up = nn.ModuleList(_level(nn.ConvTranspose2d, wide[i], narrow[i]) for i in reversed(range(levels)))
        self.last = nn.Conv2d(width // 2 + n_in, n_out, 3, padding=1)
        self.levels = levels

    def forward(self, images):
        """(b, n_in, h, w) -> (b, n_out, h, w); sides are multiples of 2**levels."""
        kept = [images]
        for level in self.down:
            kept.append(level(kept[-1]))
        values = kept.pop()
        for level in self.up:
            values = torch.cat([level(values), kept.pop()], dim=1)
        return self.last(values)


def _level(convolution, n_in, n_out):
    """A strided convolution, or its transpose, with what follows it."""
    return nn.Sequential(convolution(n_in, n_out, 4, 2, 1), norm(n_out), nn.SiLU())


def norm(n_channels):
    """Normalisation by groups of four channels or, where they are few, of all."""
    return nn.GroupNorm(max(1, n_channels // 4), n_channels)


def create_unet(n_in, n_out, seed=1, width=16, levels=4, device="cpu"):
    """A new U-Net with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(n_in, n_out, width, levels).to(device, memory_format=torch.channels_last)


def train_unet(sources, targets, config, width=16, levels=4, device="cpu"):
    """U-Net that turns sources into targets, and its loss history.

    sources: (n, n_in, h, w), targets: (n, n_out, h, w), both scaled; config: TrainingConfig.
    Returns (UNet, (n_steps,)).  Raises InputError when the pairs do not match or the sides cannot be halved.
    """
    check_pairs(sources, targets, levels)
    network = create_unet(sources.shape[1], targets.shape[1], config.seed, width, levels, device)
    sources, targets = as_tensor(sources), as_tensor(targets)

    def loss(chosen, _):
        return mse_loss(network(sources[chosen].to(device)), targets[chosen].to(device))

    loss_history = fit(loss, list(network.parameters()), len(sources), config, "the U-Net")
    return network.eval(), loss_history


def predict_images(network, sources, batch_size=16):
    """Targets of sources, (n, n_out, h, w) float32; sources: (n, n_in, h, w) scaled."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [network(part.to(device)).float().cpu() for part in as_tensor(sources).split(batch_size)]
    return torch.cat(parts).numpy()


def as_tensor(images):
    """Images as a tensor of single precision on the CPU."""
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))


def check_pairs(sources, targets, levels=4):
    """Refuse sources and targets that are no pairs, or whose sides cannot be halved so often."""
    if len(sources) != len(targets) or sources.shape[2:] != targets.shape[2:]:
        raise InputError(
            f"sources of shape {sources.shape} and targets of shape {targets.shape} are no pairs: give the same dates "
            "at the same size"
        )
    if any(side % 2**levels for side in sources.shape[2:]):
        raise InputError(
            f"images of {sources.shape[2]} x {sources.shape[3]} pixels cannot be halved {levels} times: take a "
            f"multiple of {2**levels}"
        )
