"""Weights of the pretrained models: what ships, what a file says of itself, refusal of another architecture."""

import json
from importlib.resources import files

from flarebook.compendium.errors import InputError
from flarebook.learning import weights as learning
from flarebook.solarchip.models.autoencoder import create

FOLDER = files("flarebook.solarchip") / "data"
SHIPPED = ("vit-tiny", "cnn-tiny")
ARCHITECTURE = ("backbone", "sharing", "image")
SCRIPT = "flarebook.solarchip.pretraining.pretrain"  # makes the weights files
# names of settings in the shipped files -> names of today
RENAMED = {"drawing_first": "reconstruction_warmup", "pieces": "micro_batches", "relative": "standardize"}


def load(name, device="cpu"):
    """A pretrained model that ships with the package.

    name: "vit-tiny" or "cnn-tiny".  Returns a SolarChip in evaluation mode, whose `about` tells of its training;
    embeddings.embed turns images into its features.  Raises InputError for another name.
    """
    if name not in SHIPPED:
        raise InputError(f"there is no shipped model {name!r}: known are {', '.join(SHIPPED)}")
    return load_weights(FOLDER / file_name(name), name, device)


def file_name(name):
    """File of a backbone's weights: "vit-tiny" -> vit_tiny.safetensors."""
    return f"{name.replace('-', '_')}.safetensors"


def load_weights(path, name=None, device="cpu"):
    """Model of a weights file.

    path: of `save`; name: the backbone that it must be of, default that which the file names; device: to put it on.
    Returns a SolarChip in evaluation mode and single precision, without gradients, with the dict `about`.
    Raises InputError for a missing or damaged file, a pickled one, and weights of another architecture.
    """

    def build(about):
        if name not in (None, about["backbone"]):
            raise InputError(f"{path} holds weights of {about['backbone']}, not of {name}: name a file of {name}")
        model = model_of(about)
        return model, f"{model.name} with sharing {model.sharing}"

    return learning.load_weights(path, build, SCRIPT, ARCHITECTURE).to(device)


def model_of(about):
    """Return the untrained SolarChip that a weights file describes."""
    return create(about["backbone"], about["sharing"], image=int(about["image"]))


def save(model, path, about, history=None):
    """Write a SolarChip's weights in half precision, with its architecture and a description of its training.

    about: {name: text or number}, told by `load_weights`; history: of the training, written beside them.  Returns the
    path.
    """
    return learning.write_weights(model, path, about | architecture(model), history)


def architecture(model):
    """Return what a weights file holds of a SolarChip besides its weights, {name of ARCHITECTURE: value}."""
    return dict(zip(ARCHITECTURE, (model.name, model.sharing, model.size.image), strict=True))


def training_settings(about):
    """Return the settings of a training that a weights file describes, under the names of `PretrainingConfig`."""
    return {RENAMED.get(name, name): value for name, value in json.loads(about["settings"]).items()}


def open_model(weights):
    """Encoder by name ("vit-tiny", "cnn-tiny") or from a safetensors file of one's own, in evaluation mode."""
    from flarebook.solarchip import load
    from flarebook.solarchip.models.weights import load_weights

    return load_weights(weights) if str(weights).endswith(".safetensors") else load(weights)
