"""From images of one instrument to those of another: autoencoder, latent diffusion, its branches, and their file."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import interpolate

from flarebook.compendium.errors import InputError
from flarebook.learning.device import chosen_device
from flarebook.learning.training import TrainingConfig
from flarebook.learning.weights import load_weights, write_weights
from flarebook.solarchip.images.channels import AIA, channel_index
from flarebook.solarchip.models.weights import ARCHITECTURE, architecture, model_of
from flarebook.solarchip.translation import diffusion
from flarebook.solarchip.translation.latent_space import empty_latent_space, measure_latent_space

SHIPPED = files("flarebook.solarchip") / "data" / "translator.safetensors"
SCRIPT = "scripts.solarchip.train_translator"  # makes such files
FIELD_SOURCES = ("171", "193", "304")  # from which the field is translated
ROUTES = {("hmi",): AIA, FIELD_SOURCES: ("hmi",)}  # sources -> targets


@dataclass(frozen=True)
class TranslatorConfig:
    """Length and batches of the trainings of a translator's networks."""

    unet_steps: int  # of the diffusion of all targets, without a source
    branch_steps: int  # of each branch
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 1

    def training(self, n_steps):
        """TrainingConfig of one network."""
        return TrainingConfig(n_steps, self.batch_size, self.learning_rate, self.seed)


class Translator(nn.Module):
    """The space of latents, and the diffusion with a branch for each set of sources.

    space: LatentSpace; denoiser: LatentDiffusion; about: description of the training, {name: text or number}.
    """

    def __init__(self, space, denoiser, about=()):
        super().__init__()
        self.space, self.diffusion, self.about = space, denoiser, dict(about)

    @property
    def size(self):
        """Pixels along a side of its images."""
        return self.space.model.size.image

    def sources_of(self, target):
        """Source channels of a target: of the first branch that does not contain it.  InputError if none."""
        self.diffusion.number(target)
        for name in self.diffusion.branches:
            sources = tuple(name.split("+"))
            if target not in sources and ("hmi" in sources) != (target == "hmi"):
                return sources
        raise InputError(f"this translator has no way to {target}: it has branches for {list(self.diffusion.branches)}")


def branch_name(sources):
    """Name of the branch that sees these channels: ("171", "193") -> "171+193"."""
    return "+".join(sources)


def encode_conditions(space, images, sources, side):
    """Conditions of a branch: scaled latents of the sources, one after the other, (n, k, side, side).

    space: LatentSpace of the source encoder; images: (n, 11, h, w) scaled.  Latents of another size, those of a
    transformer, are interpolated to the diffusion's.
    """
    seen = torch.cat([space.encode(images[:, channel_index(channel)], channel) for channel in sources], dim=1)
    return seen if seen.shape[-1] == side else interpolate(seen, size=(side, side), mode="bilinear")


def train_translator(model, images, config, routes=None, device="auto", about=()):
    """A translator between the channels of the routes, in the latent space of a pretrained autoencoder.

    model: SolarChip; images: (n, 11, h, w) scaled, of training dates; routes: {sources: targets}, default ROUTES.
    Returns (Translator, DataFrame with part, step and loss).
    """
    routes, device = routes or ROUTES, chosen_device(device)
    channels = tuple(dict.fromkeys(channel for route in routes.items() for group in route for channel in group))
    space = measure_latent_space(model.to(device), images, channels)
    latents = encode_targets(space, images, dict.fromkeys(target for group in routes.values() for target in group))
    first = next(iter(latents.values()))
    shape = diffusion.DiffusionShape(tuple(latents), first.shape[1], first.shape[-1])
    denoiser = diffusion.create_diffusion(shape, config.seed, device)
    histories = {"diffusion": diffusion.fit_denoiser(denoiser, latents, config.training(config.unet_steps))}
    for sources, targets in routes.items():
        wanted = {target: latents[target] for target in targets}
        seen = encode_conditions(space, images, sources, denoiser.shape.side)
        histories[branch_name(sources)] = train_controlnet(denoiser, branch_name(sources), seen, wanted, config)
    parts = [
        pd.DataFrame({"part": name, "step": range(1, len(losses) + 1), "loss": losses})
        for name, losses in histories.items()
    ]
    return Translator(space, denoiser, about).eval(), pd.concat(parts, ignore_index=True)


def encode_targets(space, images, targets):
    """Scaled latents of the targets, {target: (n, c, h, w)}; images: (n, 11, h, w) scaled."""
    return {target: space.encode(images[:, channel_index(target)], target) for target in targets}


def train_controlnet(denoiser, name, seen, latents, config):
    """Add a branch and train it to steer; returns the loss of each step.

    seen: (n, k, h, w) latents of the sources; latents: {target: (n, c, h, w)}; config: TranslatorConfig.
    """
    denoiser.add_branch(name, seen.shape[1], config.seed)
    return diffusion.fit_denoiser(denoiser, latents, config.training(config.branch_steps), name, seen)


def translate_images(
    translator: Translator,
    images: np.ndarray,
    target: str,
    n_members: int = 1,
    n_inference_steps: int = 10,
    seed: int = 1,
    sources: tuple[str, ...] | None = None,
) -> np.ndarray:
    """Translate images to another channel.

    Parameters
    ----------
    translator : Translator
        Such as `load_translator` returns.
    images : numpy.ndarray, shape (n, 11, h, w)
        Scaled images, of which the source channels are used.
    target : str
        Channel to predict, such as "171" or "hmi".
    n_members : int
        Ensemble members per image.
    n_inference_steps : int
        Number of denoising steps.
    seed : int
        Random seed of the noise.
    sources : tuple of str, optional
        Source channels; by default those that the translator has for the target.

    Returns
    -------
    numpy.ndarray, shape (n_members, n, h, w), float32
        Scaled images of the target.

    Raises
    ------
    InputError
        If the translator has no such target or sources.

    Examples
    --------
    >>> from flarebook.solarchip import load_translator, translate_images
    >>> import numpy as np
    >>> translate_images(load_translator(), np.zeros((1, 11, 128, 128)), "171", n_inference_steps=1).shape
    (1, 1, 128, 128)
    """
    sources = translator.sources_of(target) if sources is None else sources
    seen = encode_conditions(translator.space, images, sources, translator.diffusion.shape.side)
    sampling = diffusion.Sampling(n_members, n_inference_steps, seed)
    members = diffusion.sample_latents(translator.diffusion, target, seen, branch_name(sources), sampling)
    return np.stack([translator.space.decode(latents, target) for latents in members])


def save_translator(translator, path):
    """Write a translator as safetensors in half precision, whole and with its architecture; returns the path."""
    about = {"channels": list(translator.space.channels), "diffusion": json.dumps(translator.diffusion.about())}
    return write_weights(translator, path, translator.about | architecture(translator.space.model) | about)


def load_translator(path: str | Path | None = None, device: str = "cpu") -> Translator:
    """Load a translator.

    Parameters
    ----------
    path : str or Path, optional
        A file of `save_translator`; by default the translator that ships with the package.
    device : str
        Torch device of the weights.

    Returns
    -------
    Translator
        The translator in evaluation mode.

    Raises
    ------
    InputError
        If the file is missing, is a pickle, or holds no translator of this architecture.

    Examples
    --------
    >>> from flarebook.solarchip import load_translator
    >>> load_translator().sources_of("171")
    ('hmi',)
    """

    def build(about):
        denoiser = diffusion.build_diffusion(json.loads(about["diffusion"]))
        space = empty_latent_space(model_of(about), json.loads(about["channels"]))
        return Translator(space, denoiser), "this version's translator"

    needs = (*ARCHITECTURE, "channels", "diffusion")
    return load_weights(path or SHIPPED, build, SCRIPT, needs).to(device)
