"""Latent diffusion of solar images with a ControlNet branch that sees the source: diffusers' classes, in small.

The diffusion learns what images of each target look like (Rombach et al. 2022); then it is locked, and a branch learns
to steer it by the latent of the source (Zhang et al. 2023, ControlNet).  Noise is removed along the trajectory
of DDIM (Song et al. 2021), predicting the velocity (Salimans & Ho 2022), from pure noise on (Lin et al. 2024).
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

from flarebook.compendium.errors import InputError
from flarebook.learning.device import declare_torchvision_schemas
from flarebook.learning.training import fit

LEVELS = 1000  # of the noise


@dataclass(frozen=True)
class DiffusionShape:
    """Shape of a diffusion: what its U-Net takes and how wide it is."""

    targets: tuple  # channels that it can draw
    latent: int = 8  # channels of a latent
    side: int = 16  # positions of a latent along a side
    widths: tuple = (32, 48, 48)  # feature maps of each level; each level but the last halves the latent
    label: int = 32  # numbers that name the target to the cross-attention


class LatentDiffusion(nn.Module):
    """U-Net that removes noise from latents of named targets, and branches that steer it, one per source.

    shape: Shape; branches are added by `add_branch`.
    """

    def __init__(self, shape):
        super().__init__()
        declare_torchvision_schemas()
        from diffusers import DDIMScheduler, UNet2DConditionModel

        self.shape, self.branches = shape, nn.ModuleDict()
        plain = len(shape.widths) - 1
        self.unet = UNet2DConditionModel(
            sample_size=shape.side,
            in_channels=shape.latent,
            out_channels=shape.latent,
            down_block_types=("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",),
            up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * plain,
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

        noisy: (b, c, h, w); level: (b,) of the noise; targets: (b,) numbers of targets; conditions: (b, k, h, w) latent
        latents of the source, for the branch of that name.
        """
        words, steering = self.labels(targets)[:, None], {}
        if branch is not None:
            down, middle = self.branches[branch](noisy, level, words, controlnet_cond=conditions, return_dict=False)
            steering = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
        return self.unet(noisy, level, words, **steering).sample

    def number(self, target):
        """Number of a target; InputError when this diffusion has not learned it."""
        if target not in self.shape.targets:
            raise InputError(f"this diffusion draws {', '.join(self.shape.targets)} and not {target!r}")
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


def build_diffusion(about, device="cpu"):
    """An untrained LatentDiffusion of the shape and with the branches that `about` told."""
    shape = {key: tuple(value) if isinstance(value, list) else value for key, value in about["shape"].items()}
    diffusion = LatentDiffusion(DiffusionShape(**shape)).to(device)
    for name, n_conditions in about["branches"].items():
        diffusion.add_branch(name, n_conditions)
    return diffusion.eval()


def fit_unet(diffusion, latents, config):
    """Teach the U-Net what the targets look like, without any source; returns the loss of each step.

    latents: {target: (n, c, h, w)}, scaled latents of training dates; config: TrainingConfig.
    """
    targets, stack = _stack(diffusion, latents)
    weights = [*diffusion.unet.parameters(), *diffusion.labels.parameters()]
    loss = _denoising_loss(diffusion, stack, targets)
    diffusion.train()
    loss_history = fit(loss, weights, stack.shape[1], config, "the diffusion model")
    diffusion.eval()
    return loss_history


def fit_controlnet(diffusion, branch, conditions, latents, config, locked=True):
    """Teach a branch to steer the U-Net by the source; returns the loss of each step.

    conditions: (n, k, h, w) latents of the source; latents: {target: (n, c, h, w)} of the same dates; locked:
    whether the U-Net stays as it is, as in ControlNet, or learns on.  Raises InputError when the dates do not match.
    """
    targets, stack = _stack(diffusion, latents)
    if len(conditions) != stack.shape[1]:
        raise InputError(f"{len(conditions)} sources are no pairs with {stack.shape[1]} targets: give the same dates")
    weights = list(diffusion.branches[branch].parameters())
    if not locked:
        weights += [*diffusion.unet.parameters(), *diffusion.labels.parameters()]
    loss = _denoising_loss(diffusion, stack, targets, branch, conditions)
    for part in (diffusion.unet, diffusion.labels):
        part.requires_grad_(not locked)
    diffusion.train()
    loss_history = fit(loss, weights, len(conditions), config, f"the branch {branch}")
    diffusion.eval().requires_grad_(True)
    return loss_history


def _stack(diffusion, latents):
    """Numbers of the targets, (t,), and their latents, (t, n, c, h, w)."""
    return torch.tensor([diffusion.number(target) for target in latents]), torch.stack(list(latents.values()))


def _denoising_loss(diffusion, stack, targets, branch=None, conditions=None):
    """Function of a batch's dates and a generator: mean squared error of the velocity at random noise and target."""
    device, schedule = diffusion.device, diffusion.scheduler

    def loss(chosen, generator):
        which = torch.randint(len(targets), (len(chosen),), generator=generator)
        clean = stack[which, chosen]
        noise = torch.randn(clean.shape, generator=generator)
        level = torch.randint(LEVELS, (len(chosen),), generator=generator)
        noisy, velocity = schedule.add_noise(clean, noise, level), schedule.get_velocity(clean, noise, level)
        seen = None if branch is None else conditions[chosen].to(device)
        made = diffusion(noisy.to(device), level.to(device), targets[which].to(device), branch, seen)
        return mse_loss(made.float(), velocity.to(device))

    return loss


def sample_latents(
    diffusion, target, conditions=None, branch=None, n_members=1, n_inference_steps=10, seed=1, batch_size=64, n=None
):
    """Draw latents of a target: (n_members, n, c, h, w) on the CPU.

    conditions: (n, k, h, w) latents of the source, for a branch; without one, n latents of the target are
    drawn freely.  n_inference_steps: of DDIM.  Seed, member and the date's place among the n decide the noise, however
    many members and dates there are.
    """
    n = len(conditions) if conditions is not None else n
    shape = diffusion.shape.latent, diffusion.shape.side, diffusion.shape.side
    noise = torch.stack([_noise(shape, seed, member, date) for member in range(n_members) for date in range(n)])
    seen = None if conditions is None else conditions.repeat(n_members, 1, 1, 1)
    parts = []
    for start in range(0, len(noise), batch_size):
        part = slice(start, start + batch_size)
        source = None if seen is None else seen[part]
        parts.append(_denoise(diffusion, noise[part], target, branch, source, n_inference_steps))
    return torch.cat(parts).unflatten(0, (n_members, n))


def _noise(shape, *key):
    """Noise that belongs to a key of whole numbers."""
    number = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])
    return torch.randn(shape, generator=torch.Generator().manual_seed(number))


@torch.inference_mode()
def _denoise(diffusion, noise, target, branch, conditions, n_inference_steps):
    """Follow DDIM's trajectory from noise to a latent."""
    device, schedule = diffusion.device, diffusion.scheduler
    schedule.set_timesteps(n_inference_steps)
    latent, number = noise.to(device), diffusion.number(target)
    targets = torch.full((len(noise),), number, device=device)
    conditions = None if conditions is None else conditions.to(device)
    for level in schedule.timesteps:
        levels = torch.full((len(noise),), int(level), device=device)
        velocity = diffusion(latent, levels, targets, branch, conditions)
        latent = schedule.step(velocity, int(level), latent).prev_sample
    return latent.cpu()
