"""From images of one instrument to images of another: autoencoder, latent diffusion, branches, and their one file."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate

from flarebook.compendium.errors import InputError
from flarebook.learning.weights import load_weights, write_weights
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.models.weights import ARCHITECTURE, architecture, model_of
from flarebook.solarchip.translation import diffusion
from flarebook.solarchip.translation.latent_space import empty_latent_space

SHIPPED = files("flarebook.solarchip") / "data" / "translator.safetensors"
SCRIPT = "flarebook.solarchip.translation.train"  # makes such files


class Translator(nn.Module):
    """What translates: the space of latents, and the diffusion with a branch for each set of sources.

    space: LatentSpace; denoiser: LatentDiffusion; about: what they learned from, {name: text or number}.
    """

    def __init__(self, space, denoiser, about=()):
        super().__init__()
        self.space, self.diffusion, self.about = space, denoiser, dict(about)

    @property
    def size(self):
        """Pixels along a side of its images."""
        return self.space.model.size.image

    def sources_of(self, target):
        """Channels from which a target is drawn: of the first branch that does not contain it.  InputError if none."""
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
    """What a branch sees: scaled latents of the sources, one after the other, (n, k, side, side).

    space: LatentSpace of the source encoder; images: (n, 11, h, w) scaled.  Latent latents of another size, those of a
    transformer, are brought to the diffusion's.
    """
    seen = torch.cat([space.encode(images[:, channel_index(channel)], channel) for channel in sources], dim=1)
    return seen if seen.shape[-1] == side else interpolate(seen, size=(side, side), mode="bilinear")


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
    drawn = diffusion.sample_latents(
        translator.diffusion, target, seen, branch_name(sources), n_members, n_inference_steps, seed
    )
    return np.stack([translator.space.decode(latents, target) for latents in drawn])


def save_translator(translator, path):
    """Write a translator as safetensors in half precision, whole and with its architecture; returns the path."""
    parts = {"channels": list(translator.space.channels), "diffusion": json.dumps(translator.diffusion.about())}
    return write_weights(translator, path, translator.about | architecture(translator.space.model) | parts)


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
