"""Find, fetch and read the published weights of an encoder; each way it can fail gets one sentence."""

import os
import pickle
from pathlib import Path

from flarebook.compendium.errors import InputError

FOLDER_VARIABLE = "FLAREBOOK_WEIGHTS"
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".pth.tar")
WAIT = 5.0  # seconds until a hub that does not answer counts as out of reach
WRAPPERS = ("state_dict", "model", "teacher")  # keys under which training scripts put the weights


def how_to_get(recipe):
    """What to do when the weights of an encoder are missing, in one clause."""
    return (
        f"fetch {recipe.identifier} ({recipe.megabytes:,} MB, {recipe.licence}) with "
        f"`hf download {recipe.identifier} --local-dir FOLDER/{recipe.name}` and set {FOLDER_VARIABLE}=FOLDER, "
        'or give the weights "hub" where there is a network'
    )


def find_weights(recipe, weights=None):
    """File with the weights of a published encoder.

    recipe: encoders.Recipe.  weights: a file, a folder, "hub", or None: then the folder FLAREBOOK_WEIGHTS and the hub's
    cache on this machine are looked through, without a network.  Returns a Path.
    Raises InputError when there is none, with the way to get it.
    """
    if weights == "hub":
        return fetch(recipe)
    if weights is not None:
        return _named(recipe, Path(weights).expanduser())
    found = _in_folder(recipe) or _in_cache(recipe)
    if found is None:
        raise InputError(f"the weights of encoder {recipe.name} are not on this machine: {how_to_get(recipe)}")
    return found


def _named(recipe, path):
    """The file that the caller names, or the one in the folder that he names."""
    if path.is_dir():
        return _only_file(recipe, path)
    if not path.is_file():
        raise InputError(f"there is no file or folder {path} with weights of {recipe.name}: {how_to_get(recipe)}")
    return path


def _only_file(recipe, folder):
    """Weights in a folder: the hub's file name first, else the only file that can be some."""
    for name in recipe.files:
        if (folder / name).is_file():
            return folder / name
    files = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    if len(files) != 1:
        found = ", ".join(path.name for path in files) or "none"
        raise InputError(
            f"folder {folder} should hold one file of weights for {recipe.name} ({' or '.join(recipe.files)}), "
            f"found {found}: name the file itself"
        )
    return files[0]


def _in_folder(recipe):
    """Weights in FLAREBOOK_WEIGHTS: a folder or a file named as the encoder or as its repository; None when absent."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise InputError(f"{FOLDER_VARIABLE} is {folder}, which is no folder: set it to the folder that holds weights")
    for name in (recipe.name, recipe.identifier.split("/")[-1]):
        if (folder / name).is_dir():
            return _only_file(recipe, folder / name)
        for suffix in SUFFIXES:
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    return None


def _in_cache(recipe):
    """Weights that the hub's client fetched earlier; None when absent."""
    from huggingface_hub import try_to_load_from_cache

    for name in recipe.files:
        found = try_to_load_from_cache(recipe.identifier, name)
        if isinstance(found, str):
            return Path(found)
    return None


def fetch(recipe):
    """Weights from the hub, through its client's cache.

    Raises InputError within seconds when the hub is out of reach or forbidden, and when it refuses.
    """
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError

    _check_hub(recipe)
    huggingface_hub.utils.disable_progress_bars()
    for name in recipe.files:
        try:
            path = Path(huggingface_hub.hf_hub_download(recipe.identifier, name, etag_timeout=WAIT))
        except EntryNotFoundError:
            continue
        except Exception as error:  # the client passes on the errors of several libraries
            reason = " ".join(str(error).split())[:160]
            raise InputError(f"the hub gives no weights of {recipe.name} ({reason}): {how_to_get(recipe)}") from error
        _fetch_settings(recipe)
        return path
    raise InputError(f"{recipe.identifier} holds none of {', '.join(recipe.files)}: name a file with weights of it")


def _fetch_settings(recipe):
    """Bring config.json beside the weights for encoders that are built from it."""
    if recipe.library == "transformers":
        from huggingface_hub import hf_hub_download

        hf_hub_download(recipe.identifier, "config.json", etag_timeout=WAIT)


def _check_hub(recipe):
    """Ask the hub for a sign of life: its client would try for minutes."""
    from huggingface_hub import constants

    from flarebook.compendium.data.download import answers

    if constants.HF_HUB_OFFLINE:
        raise InputError(f"HF_HUB_OFFLINE forbids to fetch {recipe.name} from the hub: {how_to_get(recipe)}")
    if not answers(constants.ENDPOINT, WAIT):
        raise InputError(
            f"the model hub {constants.ENDPOINT} is out of reach, so {recipe.name} has no weights: {how_to_get(recipe)}"
        )


def read_state(path):
    """Named weights of a checkpoint: {name: tensor}, or the nested dict of one that keeps several networks.

    path: .safetensors, or anything that torch saved (.pth, .pt, .bin); no code inside a file is ever run.
    Raises InputError when the file is cut short, holds more than weights, or none.
    """
    path = Path(path)
    state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for wrapper in WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(wrapper), dict):
            state = state[wrapper]
    if not isinstance(state, dict) or not state:
        raise InputError(f"{path} holds no named weights: save a network's state_dict, best as safetensors")
    return {str(name).removeprefix("module."): value for name, value in state.items()}


def _read_safetensors(path):
    """Content of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no whole safetensors file: fetch it again") from error


def _read_torch(path):
    """Content of a file that torch saved, restricted to tensors and plain containers."""
    import torch

    with open(path, "rb") as stream:
        if not stream.read(2).startswith((b"PK", b"\x80")):  # an archive, or a pickle of older versions
            raise InputError(f"{path} is no checkpoint of torch: fetch it again, or name another file")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds Python objects besides weights, which would have to be run to be read: "
            "save its state_dict alone, best as safetensors"
        ) from error
    except (RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} is no whole checkpoint of torch: fetch it again") from error
