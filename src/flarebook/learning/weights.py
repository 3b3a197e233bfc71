"""Weights of a network as safetensors: half precision, a description of the training, read without running code."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.reading import reading
from flarebook.compendium.errors import InputError

HISTORY = "history.csv"  # beside the weights of a training


def load_weights(path, build, script, needs=()):
    """Return the network of a weights file, in evaluation mode, single precision and without gradients.

    build(about): the untrained network of a description {name: text}, and its name for messages; script: module that
    makes such files; needs: names that the description must have.  The network's attribute `about` is the description.
    Raises InputError for a missing or damaged file, a pickled one, and weights of another network.
    """
    state, about = _read(Path(path), script)
    missing = sorted(set(needs) - about.keys())
    if missing:
        raise InputError(f"{path} does not describe its network ({missing[0]} is missing): take a file of {script}")
    with reading(path, f"a weights file of {script}"):
        network, name = build(about)
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    wrong = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    if wrong:
        key = wrong[0]
        raise InputError(
            f"{path} holds weights of another network: {key} is {found.get(key, 'missing')} in the file and "
            f"{wanted.get(key, 'not used')} in {name}; take a file of {script}"
        )
    if bad := next((key for key, value in state.items() if not value.isfinite().all()), None):
        raise InputError(f"{path} holds weights that are NaN or infinite ({bad}): take another file of {script}")
    network.load_state_dict({key: value.float() for key, value in state.items()})
    network.about = about
    return network.eval().requires_grad_(False)


def _read(path, script):
    """Return tensors and description of a file: ({name: tensor}, {name: text})."""
    if not path.is_file():
        raise InputError(f"there is no weights file {path}: make one with `python -m {script}`")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
        return load_file(path), about
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"cannot read {path}: truncated, or not a safetensors file (pickle checkpoints are refused because they "
            f"can run code); make one with `python -m {script}`"
        ) from error


def write_weights(network, path, about, history=None):
    """Write the weights in half precision with a description of their training; return the path.

    about: {name: text or number}; history: DataFrame, written beside them as "history.csv".
    """
    state = {key: value.detach().half().contiguous().cpu() for key, value in network.state_dict().items()}
    text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    with atomic_write(path) as partial:
        save_file(state, partial, metadata=text)
        partial.chmod(0o644)  # safetensors lets nobody else read it
    if history is not None:
        with atomic_write(Path(path).with_name(HISTORY)) as partial:
            history.to_csv(partial, index=False, float_format="%.6g")
    return Path(path)
