"""Weights files of the pretrained models: written as safetensors with what was done, read without running any code."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from flarebook.compendium.errors import InputError
from flarebook.compendium.files import whole_file
from flarebook.solarchip.backbones import create

FOLDER = Path(__file__).with_name("data")
SHIPPED = ("vit-tiny", "cnn-tiny")
MAKE = "`python -m flarebook.solarchip.pretrain`"


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
    state, about = read(path)
    made_as = about.get("backbone", name)
    if made_as is None:
        raise InputError(f"{path} does not say which backbone it is of: make one with {MAKE}")
    if name is not None and made_as != name:
        raise InputError(f"{path} holds weights of {made_as}, not of {name}: name its own file, or load {made_as}")
    model = create(made_as, about.get("sharing", "two"), image=int(about["image"]) if "image" in about else None)
    check_fit(model, state, path)
    model.load_state_dict({key: value.float() for key, value in state.items()})
    model.about = about
    return model.eval().requires_grad_(False).to(device)


def read(path):
    """Weights and description of a file: ({name: tensor}, {name: text}).

    Only safetensors are read, since a pickled checkpoint can run code.  Raises InputError for anything else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no weights file {path}: make one with {MAKE}")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
        return load_file(path), about
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path} is no whole safetensors file (pickled checkpoints are not read, since they can run code): "
            "save the weights with flarebook.solarchip.weights.save"
        ) from error


def check_fit(model, state, path):
    """Refuse weights of another architecture, naming the first that differs."""
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    wrong = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    if wrong:
        key = wrong[0]
        raise InputError(
            f"{path} holds weights of another architecture: {key} is {found.get(key, 'missing')} in the file and "
            f"{wanted.get(key, 'not used')} in {model.name} with sharing {model.sharing}; take a file of {MAKE}"
        )


def save(model, path, about):
    """Write the weights in half precision with a description of their training.

    model: SolarChip; about: {name: text or number}, told by `load_weights`.  Returns the path.
    """
    shape = {"backbone": model.name, "sharing": model.sharing, "image": model.size.image}
    state = {key: value.detach().half().contiguous().cpu() for key, value in model.state_dict().items()}
    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (about | shape).items()}
    with whole_file(path) as partial:
        save_file(state, partial, metadata=text)
        partial.chmod(0o644)  # safetensors lets nobody else read it
    return Path(path)
