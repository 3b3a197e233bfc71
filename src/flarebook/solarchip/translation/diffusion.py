"""Latent diffusion of solar images with a ControlNet branch that sees the source: diffusers' classes, in small.

The diffusion learns what images of each target look like (Rombach et al. 2022); then it is locked, and a branch learns
to steer it by the latent of the source (Zhang et al. 2023, ControlNet).  Noise is removed along the trajectory
of DDIM (Song et al. 2021), predicting the velocity (Salimans & Ho 2022), from pure noise on (Lin et al. 2024).
"""

from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

from flarebook.compendium.errors import InputError
from flarebook.learning.device import declare_torchvision_schemas
from flarebook.learning.training import fit

LEVELS = 1000  # of the noise


@dataclass(frozen=True)
class Sampling:
    """Sampling of the diffusion: ensemble members per image, denoising steps of DDIM, and random seed."""

    n_members: int = 1
    n_levels: int = 10
    seed: int = 1


@dataclass(frozen=True)
class DiffusionShape:
    """Shape of a diffusion: the latents of its U-Net, and its width."""

    targets: tuple  # channels that it generates
    latent: int = 8  # channels of a latent
    side: int = 16  # positions of a latent along a side
    widths: tuple = (32, 48, 48)  # feature maps of each level; each level but the last halves the latent
    label: int = 32  # numbers that name the target to the cross-attention


class LatentDiffusion(nn.Module):
    """U-Net that removes noise from latents of named targets, and branches that steer it, one per source.

    shape: DiffusionShape; branches are added by `add_branch`.
    """

    def __init__(self, shape):
        super().__init__()
        declare_torchvision_schemas()
        from diffusers import DDIMScheduler, UNet2DConditionModel

        self.shape, self.branches = shape, nn.ModuleDict()
        n_plain = len(shape.widths) - 1
        self.unet = UNet2DConditionModel(
            sample_size=shape.side,
            in_channels=shape.latent,
            out_channels=shape.latent,
            down_block_types=("DownBlock2D",) * n_plain + ("CrossAttnDownBlock2D",),
            up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * n_plain,
            block_out_channels=shape.widths,
            layers_per_block=1,
            norm_num_groups=8,
            cross_attention_dim=shape.label,
            attention_head_dim=2,  # which in diffusers is the number of heads
        )
        self.labels = nn.Embedding(len(shape.targets), shape.label)
        self.scheduler = DDIMScheduler(
            LEVELS,
            beta_schedule="squaredcos_cap_v2",
            prediction_type="v_prediction",
            clip_sample=False,
            timestep_spacing="trailing",
            rescale_betas_zero_snr=True,
        )

    def add_branch(self, name, n_conditions, seed=1):
        """A ControlNet that begins as a copy of the U-Net and changes nothing yet; replaces one of the same name.

        n_conditions: channels of the source's latent.
        """
        from diffusers import ControlNetModel

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            branch = ControlNetModel.from_unet(
                self.unet,
                conditioning_channels=n_conditions,
                conditioning_embedding_out_channels=(self.shape.widths[0],),  # as large as the latent: no strides
            )
        self.branches[name] = branch.to(self.device)

    @property
    def device(self):
        """Where the weights are."""
        return self.labels.weight.device

    def forward(self, noisy, level, targets, branch=None, conditions=None):
        """Velocity of noisy latents.

        noisy: (b, c, h, w); level: (b,) of the noise; targets: (b,) numbers of targets; conditions: (b, k, h, w)
        latents of the source, for the branch of that name.
        """
        labels, steering = self.labels(targets)[:, None], {}
        if branch is not None:
            down, middle = self.branches[branch](noisy, level, labels, controlnet_cond=conditions, return_dict=False)
            steering = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
        return self.unet(noisy, level, labels, **steering).sample

    def number(self, target):
        """Number of a target; InputError when this diffusion has not learned it."""
        if target not in self.shape.targets:
            raise InputError(f"this diffusion generates {', '.join(self.shape.targets)} and not {target!r}")
        return self.shape.targets.index(target)

    def about(self):
        """Its shape and branches as plain values, from which `build_diffusion` makes it again."""
        sources = {name: branch.config.conditioning_channels for name, branch in self.branches.items()}
        return {"shape": asdict(self.shape), "branches": sources}


def create_diffusion(shape, seed=1, device="cpu"):
    """A new LatentDiffusion with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LatentDiffusion(shape).to(device)


def build_diffusion(about):
    """An untrained LatentDiffusion of the shape and with the branches that `about` describes."""
    shape = {key: tuple(value) if isinstance(value, list) else value for key, value in about["shape"].items()}
    diffusion = LatentDiffusion(DiffusionShape(**shape))
    for name, n_conditions in about["branches"].items():
        diffusion.add_branch(name, n_conditions)
    return diffusion.eval()


def fit_denoiser(diffusion, latents, config, branch=None, conditions=None):
    """Train the U-Net on the targets alone or, with a branch, that ControlNet; returns the loss of each step.

    latents: {target: (n, c, h, w)}, scaled latents of training dates; config: TrainingConfig; conditions: (n, k, h, w)
    latents of the source on the same dates, by which the branch steers the U-Net, which is locked meanwhile.
    Raises InputError when the dates do not match.
    """
    targets = torch.tensor([diffusion.number(target) for target in latents])
    stack = torch.stack(list(latents.values()))  # (t, n, c, h, w)
    n_dates = stack.shape[1]
    if branch is not None and len(conditions) != n_dates:
        raise InputError(f"{len(conditions)} sources are no pairs with {n_dates} targets: give the same dates")
    networks = [diffusion.unet, diffusion.labels] if branch is None else [diffusion.branches[branch]]
    weights = [weight for network in networks for weight in network.parameters()]
    diffusion.train().requires_grad_(False)
    for weight in weights:
        weight.requires_grad_(True)
    loss = _denoising_loss(diffusion, stack, targets, branch, conditions)
    name = "the diffusion model" if branch is None else f"the branch {branch}"
    loss_history = fit(loss, weights, n_dates, config, name)
    diffusion.eval().requires_grad_(True)
    return loss_history


def _denoising_loss(diffusion, stack, targets, branch, conditions):
    """Function of a batch's dates and a generator: mean squared error of the velocity at random noise and target."""
    device, schedule = diffusion.device, diffusion.scheduler

    def loss(chosen, generator):
        which = torch.randint(len(targets), (len(chosen),), generator=generator)
        clean = stack[which, chosen]
        noise = torch.randn(clean.shape, generator=generator)
        level = torch.randint(LEVELS, (len(chosen),), generator=generator)
        noisy, velocity = schedule.add_noise(clean, noise, level), schedule.get_velocity(clean, noise, level)
        seen = None if branch is None else conditions[chosen].to(device)
        predicted = diffusion(noisy.to(device), level.to(device), targets[which].to(device), branch, seen)
        return mse_loss(predicted.float(), velocity.to(device))

    return loss


def sample_latents(diffusion, target, conditions, branch=None, sampling=Sampling(), batch_size=64):
    """Draw latents of a target: (n_members, n, c, h, w) on the CPU.

    conditions: (n, k, h, w) latents of the source, for the branch; without a branch only their number counts.
    Seed, member and the date's place among the n decide the noise, however many members and dates there are.
    """
    shape = diffusion.shape.latent, diffusion.shape.side, diffusion.shape.side
    keys = product(range(sampling.n_members), range(len(conditions)))
    noise = torch.stack([_noise(shape, sampling.seed, *key) for key in keys]).split(batch_size)
    seen = conditions.repeat(sampling.n_members, 1, 1, 1).split(batch_size)
    batches = [
        _denoise(diffusion, *batch, target, branch, sampling.n_levels) for batch in zip(noise, seen, strict=True)
    ]
    return torch.cat(batches).unflatten(0, (sampling.n_members, len(conditions)))


def _noise(shape, *key):
    """Noise that belongs to a key of whole numbers."""
    number = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])
    return torch.randn(shape, generator=torch.Generator().manual_seed(number))


@torch.inference_mode()
def _denoise(diffusion, noise, conditions, target, branch, n_levels):
    """Follow DDIM's trajectory from noise to a latent."""
    schedule = diffusion.scheduler
    schedule.set_timesteps(n_levels)
    latent, conditions = noise.to(diffusion.device), conditions.to(diffusion.device)
    targets = torch.full((len(noise),), diffusion.number(target), device=diffusion.device)
    for level in schedule.timesteps:
        levels = torch.full((len(noise),), int(level), device=diffusion.device)
        velocity = diffusion(latent, levels, targets, branch, conditions)
        latent = schedule.step(velocity, int(level), latent).prev_sample
    return latent.cpu()
