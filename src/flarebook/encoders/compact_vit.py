"""The compact vision transformer of the in-domain encoders: its shape, its weights files, its tokens."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import torch

from flarebook.compendium.errors import InputError
from flarebook.encoders.handcrafted import pixels
from flarebook.learning.device import declare_torchvision_schemas
from flarebook.learning.weights import load_weights

SHAPE = {"img_size": 48, "patch_size": 8, "in_chans": 1, "embed_dim": 128, "depth": 6, "num_heads": 4, "num_classes": 0}
SIZE = SHAPE["img_size"]
MEAN, DEVIATION = 0.25, 0.25  # of the brightness, 0 to 1, roughly; the same for every image
OBJECTIVES = ("dino", "msn", "ijepa", "clip")
FOLDER = files("flarebook.encoders") / "data"
SCRIPT = "scripts.stix.pretrain_encoder"  # makes the weights files


def build_network():
    """Build an untrained transformer: 48 pixels, patches of 8, width 128, six blocks, four heads, 1.2 million weights.

    Weights are drawn from torch's generator.  Returns timm's VisionTransformer, (n, 1, 48, 48) -> (n, 128).
    """
    declare_torchvision_schemas()
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(**SHAPE, dynamic_img_size=True)  # smaller views in training have fewer patches


def prepare(images):
    """Prepare images for the networks: averaged down to 48 x 48 pixels.

    images: (n, h, w), 0 to 255.  Returns (n, 1, 48, 48) float32 tensor, 0 to 1.
    """
    return torch.from_numpy(pixels(images, SIZE)).reshape(-1, 1, SIZE, SIZE)


def standardise(batch):
    """Return brightness of 0 to 1 shifted and scaled to be of order one."""
    return (batch - MEAN) / DEVIATION


def tokens(network, images):
    """Compute the normalised tokens of images, (n, 1 + 36, 128): the class token, then the patches row by row.

    network: of `load`; images: (n, h, w), 0 to 255.
    """
    device = next(network.parameters()).device
    with torch.inference_mode():
        return network.forward_features(standardise(prepare(images)).to(device))


def features(network, images, pooling="cls", batch_size=256):
    """Compute features of images, (n, 128) float32.

    images: (n, h, w), 0 to 255; pooling: "cls" the class token or "mean" over the patches (the usual one for I-JEPA,
    whose class token is not trained for anything).
    """
    batches = (tokens(network, images[i : i + batch_size]) for i in range(0, len(images), batch_size))
    parts = [(made[:, 0] if pooling == "cls" else made[:, 1:].mean(dim=1)).cpu().numpy() for made in batches]
    return np.concatenate([np.empty((0, SHAPE["embed_dim"]), np.float32), *parts])


def pooling_of(objective):
    """Usual pooling of an objective's features: I-JEPA trains its patches alone, the others their class token."""
    return "mean" if objective == "ijepa" else "cls"


def weights_file(name):
    """Shipped file of an encoder: "dino-stix" -> data/dino_stix.safetensors.  InputError for an unknown name."""
    objective, _, domain = name.partition("-")
    if objective not in OBJECTIVES or domain != "stix":
        known = ", ".join(f"{objective}-stix" for objective in OBJECTIVES)
        raise InputError(f"there is no in-domain encoder {name!r}: known are {known}")
    return FOLDER / f"{objective}_stix.safetensors"


def load_network(name, weights=None, device="cpu"):
    """Load a trained transformer, ready to encode.

    name: "dino-stix", "msn-stix", "ijepa-stix" or "clip-stix"; weights: a file of `pretrain`, default the shipped one.
    Returns the network in single precision; its attribute `about` holds what the file says of its training.
    Raises InputError for an unknown name, a missing file, and one that is no safetensors or of another network.
    """
    path = weights_file(name) if weights is None else Path(weights).expanduser()

    def build_checked(about):
        if about.get("objective", name.split("-")[0]) != name.split("-")[0]:
            raise InputError(
                f"{path} was trained with the objective {about['objective']}, not as {name}: name its own file"
            )
        return build_network(), "the compact transformer"

    return load_weights(path, build_checked, SCRIPT).to(device)
