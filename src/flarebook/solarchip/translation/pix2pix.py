"""Translation against a critic: a U-Net that is also paid for images which a second network takes for real.

The objective of pix2pix (Isola et al. 2017), in small: the same U-Net as the direct regression, a discriminator of
patches that sees source and target, least squares in place of the logarithms (Mao et al. 2017), no dropout.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import l1_loss

from flarebook.compendium.errors import InputError
from flarebook.learning.optimization import adamw, batches
from flarebook.solarchip.translation import unet

L1_WEIGHT = 100.0  # section 3.3 there
BETAS = (0.5, 0.999)  # of the optimisers, as there


def discriminator(n_channels, seed=1, width=16, device="cpu"):
    """Network that judges patches of (source, target): (b, n_channels, h, w) -> (b, 1, h / 8, w / 8)."""
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


def train(sources, targets, steps, width=16, levels=4, device="cpu", l1_weight=L1_WEIGHT):
    """U-Net trained with a discriminator, and the course of both losses.

    sources: (n, n_in, h, w), targets: (n, n_out, h, w), both scaled; steps: gradient_steps.Steps.
    Returns (UNet, (n_steps, 2) of the U-Net's and the discriminator's loss).  Raises InputError for what is no pair,
    and when a loss is no number.
    """
    unet.check_pairs(sources, targets, levels)
    n_in, n_out = sources.shape[1], targets.shape[1]
    generator = unet.create(n_in, n_out, steps.seed, width, levels, device)
    critic = discriminator(n_in + n_out, steps.seed, width, device)
    sources, targets = unet.as_tensor(sources), unet.as_tensor(targets)
    players = [(network, *adamw(list(network.parameters()), steps, BETAS)) for network in (generator, critic)]
    course = np.empty((steps.n_steps, 2))
    for step, (chosen, _) in enumerate(batches(len(sources), steps)):
        course[step] = _round(players, sources[chosen].to(device), targets[chosen].to(device), l1_weight)
        if not np.isfinite(course[step]).all():
            raise InputError(f"pix2pix runs into no numbers at step {step + 1}: lower the learning rate")
    return generator.eval(), course


def _round(players, sources, targets, l1_weight):
    """One step of each network; returns (loss of the U-Net, loss of the discriminator)."""
    (generator, *its_steps), (critic, *critics_steps) = players
    made = generator(sources)
    judged = critic(torch.cat([sources, made.detach()], dim=1))
    critic_loss = 0.5 * ((critic(torch.cat([sources, targets], dim=1)) - 1).square().mean() + judged.square().mean())
    _step(critic_loss, *critics_steps)
    critic.requires_grad_(False)
    loss = (critic(torch.cat([sources, made], dim=1)) - 1).square().mean() + l1_weight * l1_loss(made, targets)
    _step(loss, *its_steps)
    critic.requires_grad_(True)
    return float(loss.detach()), float(critic_loss.detach())


def _step(loss, optimiser, schedule):
    """One step down a loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    schedule.step()
