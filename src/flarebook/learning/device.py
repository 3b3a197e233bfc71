"""The device on which torch computes, asked for by name."""

from functools import cache

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


MISSING = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache  # the library's registration lasts as long as the returned object is kept
def declare_torchvision_schemas():
    """Import torchvision, declaring the operators that its compiled part should have brought when that did not load.

    Call before importing timm, open_clip or lightly.  Returns the torch.library.Library, None when nothing was missing.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for signature in MISSING:
            library.define(signature)
        import torchvision  # noqa: F401

        return library
    return None
