"""Images cut into patches and put together again, and the tokens that stand for them."""

from typing import NamedTuple

import torch
from torch.nn.functional import pixel_shuffle, pixel_unshuffle


class Tokens(NamedTuple):
    """What an encoder makes of a batch of images.

    cls: (b, d) the class token, one vector a image; patches: (b, L, k) one vector a patch, row by row.
    """

    cls: torch.Tensor
    patches: torch.Tensor


def patchify(images, size):
    """Patches of images, row by row: (b, c, h, w) -> (b, L, c size size) with L = h w / size**2."""
    return pixel_unshuffle(images, size).flatten(2).transpose(1, 2)


def unpatchify(patches, size):
    """Square images of patches, the inverse of `patchify`: (b, L, c size size) -> (b, c, h, w).

    Every pixel goes back to its place; a plain reshape of the tokens, as in the authors' code, would write the
    pixels of a patch into a row.
    """
    side = round(patches.shape[1] ** 0.5)
    return pixel_shuffle(patches.transpose(1, 2).unflatten(2, (side, side)), size)
