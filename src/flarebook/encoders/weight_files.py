"""Find, download and read the published weights of an encoder; each way it can fail has one sentence."""

import os
from pathlib import Path

from flarebook.compendium.errors import InputError

FOLDER_VARIABLE = "FLAREBOOK_WEIGHTS"
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".pth.tar")
WAIT = 5.0  # seconds until a hub that does not answer counts as unreachable


def how_to_get(spec):
    """State the remedy for missing weights in one clause."""
    return (
        f"download {spec.identifier} ({spec.megabytes:,} MB, {spec.licence}) with "
        f"`hf download {spec.identifier} --local-dir FOLDER/{spec.name}` and set {FOLDER_VARIABLE}=FOLDER, "
        'or, where there is a network, pass weights="hub" (on the command line: --weights hub)'
    )


def find_weights(spec, weights=None):
    """Find the file with the weights of a published encoder.

    spec: specs.EncoderSpec.  weights: a file, a folder, "hub", or None: then the folder FLAREBOOK_WEIGHTS and the
    hub's cache on this machine are searched, without a network.  Returns a Path.
    Raises InputError when there is none, with the way to get it.
    """
    if weights == "hub":
        return download_weights(spec)
    if weights is not None:
        path = Path(weights).expanduser()
        if not (path.is_file() or path.is_dir()):  # a device or a pipe may have no end
            raise InputError(f"there is no file or folder {path} with weights of {spec.name}: {how_to_get(spec)}")
        return _only_file(spec, path) if path.is_dir() else path
    found = _in_folder(spec) or _in_cache(spec)
    if found is None:
        raise InputError(f"the weights of encoder {spec.name} are not on this machine: {how_to_get(spec)}")
    return found


def _only_file(spec, folder):
    """Weights in a folder: the hub's file name first, else the only file with a suffix of weights."""
    for name in spec.files:
        if (folder / name).is_file():
            return folder / name
    files = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    if len(files) != 1:
        found = ", ".join(path.name for path in files) or "none"
        raise InputError(
            f"folder {folder} should hold one file of weights for {spec.name} ({' or '.join(spec.files)}), "
            f"found {found}: name the file itself"
        )
    return files[0]


def _in_folder(spec):
    """Weights in FLAREBOOK_WEIGHTS: a folder or a file named as the encoder or as its repository; None when absent."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise InputError(f"{FOLDER_VARIABLE} is {folder}, which is not a folder: set it to the folder of the weights")
    for name in (spec.name, spec.identifier.split("/")[-1]):
        if (folder / name).is_dir():
            return _only_file(spec, folder / name)
        for suffix in SUFFIXES:
            if (folder / f"{name}{suffix}").is_file():
                return folder / f"{name}{suffix}"
    return None


def _in_cache(spec):
    """Weights that the hub's client downloaded earlier; None when absent."""
    from huggingface_hub import try_to_load_from_cache

    found = (try_to_load_from_cache(spec.identifier, name) for name in spec.files)
    return next((Path(path) for path in found if isinstance(path, str)), None)


def download_weights(spec):
    """Download weights from the hub into its client's cache, with the config.json beside them where there is one.

    Raises InputError within seconds when the hub is unreachable, forbidden or refuses.
    """
    import huggingface_hub
    from huggingface_hub import constants

    huggingface_hub.utils.disable_progress_bars()
    try:  # the question comes first, since a download retries for half a minute
        answer = huggingface_hub.HfApi(constants.ENDPOINT).model_info(spec.identifier, timeout=WAIT)
        held = {item.rfilename for item in answer.siblings}
        wanted = [name for name in spec.files if name in held][:1] + sorted(held & {"config.json"})
        paths = [Path(huggingface_hub.hf_hub_download(spec.identifier, name)) for name in wanted]
    except Exception as error:  # the client passes on the errors of several libraries
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"cannot download {spec.name} from the hub {constants.ENDPOINT} ({reason}): {how_to_get(spec)}"
        ) from error
    if not wanted or wanted[0] not in spec.files:
        raise InputError(f"{spec.identifier} holds none of {', '.join(spec.files)}: name a file with weights of it")
    return paths[0]


def read_state(path):
    """Read the named weights of a checkpoint: {name: tensor}, or the nested dict of one that keeps several networks.

    path: .safetensors, or anything that torch saved (.pth, .pt, .bin); code inside a file is never run.
    Raises InputError when the file is truncated, or holds more than weights, or none.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    from flarebook.learning.device import declare_torchvision_schemas

    declare_torchvision_schemas()
    from timm.models import load_state_dict

    try:
        return load_state_dict(str(path), use_ema=False, weights_only=True)
    except (UnpicklingError, SafetensorError, RuntimeError, EOFError, OSError, AttributeError, TypeError) as error:
        raise InputError(
            f"{path} is not a file of weights: truncated, or with other Python objects, which are refused because "
            "they can run code; download it again, or save the network's state_dict as safetensors"
        ) from error
