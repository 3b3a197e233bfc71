"""Weights of a network as safetensors: written in half precision with what was done, read without running any code."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError


def read_weights(path, script):
    """Weights and description of a file: ({name: tensor}, {name: text}).

    Only safetensors are read, since a pickled checkpoint can run code.  script: module that makes such files, for the
    messages.  Raises InputError for anything else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no weights file {path}: make one with `python -m {script}`")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
        return load_file(path), about
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path} is no whole safetensors file (pickled checkpoints are not read, since they can run code): "
            f"make one with `python -m {script}`"
        ) from error


def check_fit(network, state, path, name, script):
    """Refuse weights of another network than the one called `name`, telling the first that differs."""
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    wrong = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    if wrong:
        key = wrong[0]
        raise InputError(
            f"{path} holds weights of another network: {key} is {found.get(key, 'missing')} in the file and "
            f"{wanted.get(key, 'not used')} in {name}; take a file of {script}"
        )


def load_into(network, state, about, path, name, script):
    """The network called `name` with weights and `about` of `read_weights`: to be used, in single precision.

    Returns it in evaluation mode and without gradients.  Raises InputError as `check_fit` does.
    """
    check_fit(network, state, path, name, script)
    network.load_state_dict({key: value.float() for key, value in state.items()})
    network.about = about
    return network.eval().requires_grad_(False)


def write_weights(network, path, about):
    """Write the weights in half precision with a description of their training; returns the path.

    about: {name: text or number}.
    """
    state = {key: value.detach().half().contiguous().cpu() for key, value in network.state_dict().items()}
    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    with atomic_write(path) as partial:
        save_file(state, partial, metadata=text)
        partial.chmod(0o644)  # safetensors lets nobody else read it
    return Path(path)


def line(name, numbers):
    """Line of a card's table: a name and numbers."""
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in numbers) + " |"
