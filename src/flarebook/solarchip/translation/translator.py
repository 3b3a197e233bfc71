"""From images of one instrument to images of another: autoencoder, latent diffusion, branches, and their one file."""

import json
from importlib.resources import files

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


def translate_images(translator, images, target, n_members=1, n_inference_steps=10, seed=1, sources=None):
    """Images of a target drawn from those of its sources: (n_members, n, h, w) scaled, float32.

    images: (n, 11, h, w) scaled, of which the sources' channels are looked at; n_inference_steps: of the noise's
    removal.  The same seed gives the same images.  Raises InputError for what the translator does not know.
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


def load_translator(path=None, device="cpu"):
    """A translator of `save_translator`, ready to draw; default, the one that ships with the package.

    Raises InputError for a missing file, a pickled one, and one that holds no translator of this architecture.
    """

    def build(about):
        denoiser = diffusion.build_diffusion(json.loads(about["diffusion"]))
        space = empty_latent_space(model_of(about), json.loads(about["channels"]))
        return Translator(space, denoiser), "this version's translator"

    needs = (*ARCHITECTURE, "channels", "diffusion")
    return load_weights(path or SHIPPED, build, SCRIPT, needs).to(device)
