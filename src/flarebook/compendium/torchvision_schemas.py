"""Make torchvision importable beside a CPU build of torch.

torchvision's wheel on the package index is built for CUDA; next to a CPU build of torch its compiled operators do not
load, and the import stops at "operator torchvision::nms does not exist".  timm, open_clip and lightly need only its
image transforms, which are plain Python.  It is enough to declare the two missing operators' signatures: the
import then succeeds, and only a call of those operators (non-maximum suppression of boxes) would still fail.
"""

from functools import cache

MISSING = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache  # the library's registration lasts as long as the returned object is kept
def declare_torchvision_schemas():
    """Import torchvision, declaring the operators that its compiled part should have brought when that did not load.

    Call before importing timm, open_clip or lightly.  Returns the torch.library.Library, None when nothing was missing.
    """
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for signature in MISSING:
            library.define(signature)
        import torchvision  # noqa: F401

        return library
    return None
