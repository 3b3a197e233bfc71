"""Weights files of the pretrained models: loading, saving, and the check of the architecture."""

from importlib.resources import files

from flarebook.compendium.errors import InputError
from flarebook.learning import weights as learning
from flarebook.solarchip.models.autoencoder import SolarChip, create_autoencoder

FOLDER = files("flarebook.solarchip") / "data"
SHIPPED = ("vit-tiny", "cnn-tiny")
ARCHITECTURE = ("backbone", "sharing", "image")
SCRIPT = "scripts.solarchip.pretrain"  # makes the weights files


def load_encoder(name: str, device: str = "cpu") -> SolarChip:
    """Load a pretrained encoder that ships with the package.

    Parameters
    ----------
    name : str
        "vit-tiny" (Vision Transformer) or "cnn-tiny" (convolutional network).
    device : str
        Torch device of the weights.

    Returns
    -------
    SolarChip
        The model in evaluation mode; its attribute `about` describes the training.

    Raises
    ------
    InputError
        For another name.

    Examples
    --------
    >>> from flarebook.solarchip import load_encoder
    >>> load_encoder("cnn-tiny").size.image
    128
    """
    if name not in SHIPPED:
        raise InputError(f"there is no shipped model {name!r}: known are {', '.join(SHIPPED)}")
    return load_weights(FOLDER / weights_file_name(name), name, device)


def weights_file_name(name):
    """File of a backbone's weights: "vit-tiny" -> vit_tiny.safetensors."""
    return f"{name.replace('-', '_')}.safetensors"


def load_weights(path, name=None, device="cpu"):
    """Model of a weights file.

    path: of `save_encoder`; name: expected backbone, default that of the file; device: of the weights.
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
    return create_autoencoder(about["backbone"], about["sharing"], image=int(about["image"]))


def save_encoder(model, path, about, history=None):
    """Write a SolarChip's weights in half precision, with its architecture and a description of its training.

    about: {name: text or number}, told by `load_weights`; history: of the training, written beside them.  Returns the
    path.
    """
    return learning.write_weights(model, path, about | architecture(model), history)


def architecture(model):
    """Return what a weights file holds of a SolarChip besides its weights, {name of ARCHITECTURE: value}."""
    return dict(zip(ARCHITECTURE, (model.name, model.sharing, model.size.image), strict=True))


def open_encoder(weights):
    """Load an encoder by name ("vit-tiny", "cnn-tiny") or from a safetensors file, in evaluation mode."""
    return load_weights(weights) if str(weights).endswith(".safetensors") else load_encoder(weights)
