"""The vision transformer autoencoder: tokens of patches, and patches of tokens."""

from dataclasses import dataclass

import torch
from torch import nn

from flarebook.learning.device import declare_torchvision_schemas
from flarebook.solarchip.models.patches import Tokens, patchify, unpatchify


@dataclass(frozen=True)
class VitSize:
    """Shape of a transformer autoencoder; the decoder is as deep as the encoder unless it is told otherwise."""

    image: int  # pixels along a side
    patch: int  # pixels along a side
    width: int  # numbers in a token
    depth: int  # blocks
    heads: int  # of the attention
    projection: int  # numbers in a contrasted vector
    decoder_depth: int | None = None
    cell: int = 1  # positions of the latent along a side of a patch

    @property
    def widths(self):
        """Numbers in a class token and in a patch token."""
        return self.width, self.width

    def encoder(self):
        """A new encoder of this shape."""
        return VitEncoder(self)

    def decoder(self):
        """A new decoder of this shape."""
        return VitDecoder(self)


def blocks(size, depth):
    """A row of pre-norm transformer blocks, timm's."""
    declare_torchvision_schemas()
    from timm.models.vision_transformer import Block, init_weights_vit_timm

    row = nn.Sequential(*(Block(size.width, size.heads, qkv_bias=True) for _ in range(depth)))
    for module in row.modules():
        init_weights_vit_timm(module)
    return row


def positions(n, width):
    """Learned positions, (1, n, width), drawn as CLIP's: timm's .02 takes hundreds of steps longer."""
    return nn.Parameter(nn.init.normal_(torch.empty(1, n, width), std=width**-0.5))


class VitEncoder(nn.Module):
    """Linear map of each patch, learned positions, a class token, transformer blocks, a last normalisation."""

    def __init__(self, size):
        super().__init__()
        self.patch = size.patch
        self.embed = nn.Linear(size.patch**2, size.width)
        self.cls = positions(1, size.width)
        self.positions = positions((size.image // size.patch) ** 2, size.width)
        self.blocks = blocks(size, size.depth)
        self.norm = nn.LayerNorm(size.width)

    def forward(self, images):
        """(b, 1, image, image) -> Tokens."""
        patches = self.embed(patchify(images, self.patch)) + self.positions
        row = torch.cat([self.cls.expand(len(patches), -1, -1), patches], dim=1)
        row = self.norm(self.blocks(row))
        return Tokens(row[:, 0], row[:, 1:])


class VitDecoder(nn.Module):
    """Transformer blocks over the patch tokens, a linear map of each to its pixels, and the patches put in place.

    The class token is left out, so that the patch tokens alone are the latent from which the Sun is drawn.
    """

    def __init__(self, size):
        super().__init__()
        self.patch = size.patch
        self.positions = positions((size.image // size.patch) ** 2, size.width)
        self.blocks = blocks(size, size.depth if size.decoder_depth is None else size.decoder_depth)
        self.norm = nn.LayerNorm(size.width)
        self.pixels = nn.Linear(size.width, size.patch**2)

    def forward(self, latent):
        """(b, width, image / patch, image / patch) -> (b, 1, image, image)."""
        row = self.blocks(patchify(latent, 1) + self.positions)
        return unpatchify(self.pixels(self.norm(row)), self.patch)
