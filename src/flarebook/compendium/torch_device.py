"""The device on which torch computes, asked for by name."""

import torch

from flarebook.compendium.errors import InputError


def chosen_device(device):
    """Name of a device that is there: "cpu", "cuda" or "cuda:N"; "auto" takes the GPU where there is one.

    Raises InputError for any other name and for a device that is not there.
    """
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if n_gpus else "cpu"
    gpus = ["cuda", *(f"cuda:{number}" for number in range(n_gpus))] if n_gpus else []
    if device not in ("cpu", *gpus):
        raise InputError(f'there is no device {device!r} here: take "cpu" or "auto"')
    return device
