"""Translation with an adversarial loss, which rewards images that a discriminator cannot tell from real ones.

The objective of pix2pix (Isola et al. 2017), in small: the same U-Net as the direct regression, a discriminator of
patches that sees source and target, least squares in place of the logarithms (Mao et al. 2017), no dropout.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import l1_loss

from flarebook.learning.training import adamw, descend, sample_batches, training_loop
from flarebook.solarchip.translation import unet

L1_WEIGHT = 100.0  # section 3.3 there
BETAS = (0.5, 0.999)  # of the optimisers, as there


def create_discriminator(n_channels, seed=1, width=16, device="cpu"):
    """Return a network that scores patches of (source, target): (b, n_channels, h, w) -> (b, 1, h / 8, w / 8)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(n_channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            *_block(width, 2 * width),
            *_block(2 * width, 4 * width),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        ).to(device, memory_format=torch.channels_last)


def _block(n_in, n_out):
    """Strided convolution, normalisation, leaky slope."""
    return nn.Conv2d(n_in, n_out, 4, 2, 1), unet.norm(n_out), nn.LeakyReLU(0.2)


def train_pix2pix(sources, targets, config, width=16, levels=4, device="cpu", l1_weight=L1_WEIGHT):
    """Return a U-Net trained with a discriminator, and the history of both losses.

    sources: (n, n_in, h, w), targets: (n, n_out, h, w), both scaled; config: TrainingConfig.
    Returns (UNet, (n_steps, 2) of the U-Net's and the discriminator's loss).  Raises InputError when sources and
    targets do not match, and when a loss becomes NaN.
    """
    unet.check_pairs(sources, targets, levels)
    n_in, n_out = sources.shape[1], targets.shape[1]
    generator = unet.create_unet(n_in, n_out, config.seed, width, levels, device)
    discriminator = create_discriminator(n_in + n_out, config.seed, width, device)
    sources, targets = unet.as_tensor(sources), unet.as_tensor(targets)
    players = [(network, *adamw(list(network.parameters()), config, BETAS)) for network in (generator, discriminator)]
    batches = sample_batches(len(sources), config)

    def train_step(_):
        chosen, _ = next(batches)
        return _step(players, sources[chosen].to(device), targets[chosen].to(device), l1_weight)

    rows = training_loop(train_step, config.n_steps, "pix2pix")
    return generator.eval(), np.array([(row["generator"], row["discriminator"]) for row in rows])


def _step(players, sources, targets, l1_weight):
    """Take one step of each network; return the loss of each, {"generator": number, "discriminator": number}."""
    (generator, *its_optimiser), (discriminator, *other_optimiser) = players
    made = generator(sources)
    judged = discriminator(torch.cat([sources, made.detach()], dim=1))
    real = discriminator(torch.cat([sources, targets], dim=1))
    discriminator_loss = descend(0.5 * ((real - 1).square().mean() + judged.square().mean()), *other_optimiser)
    discriminator.requires_grad_(False)
    fooled = (discriminator(torch.cat([sources, made], dim=1)) - 1).square().mean()
    loss = descend(fooled + l1_weight * l1_loss(made, targets), *its_optimiser)
    discriminator.requires_grad_(True)
    return {"generator": loss, "discriminator": discriminator_loss}
