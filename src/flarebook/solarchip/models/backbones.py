"""Encoders and decoders: a vision transformer, and the convolutional network of latent diffusion."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from flarebook.learning.device import declare_torchvision_schemas


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


@dataclass(frozen=True)
class CnnSize:
    """Shape of a convolutional autoencoder."""

    image: int  # pixels along a side
    patch: int  # pixels along a side of the square that one patch token stands for
    stem: int  # stride of the first convolution
    base: int  # feature maps after the first convolution
    multipliers: tuple  # feature maps of each level, in units of base; each level but the last halves the image
    residual_blocks: int  # of each level
    projection: int  # numbers in a contrasted vector
    latent: int = 8  # channels of the latent

    @property
    def cell(self):
        """Positions of the latent along a side of a patch."""
        return self.patch // (self.stem * 2 ** (len(self.multipliers) - 1))

    @property
    def widths(self):
        """Numbers in a class token and in a patch token."""
        return 2 * self.base * self.multipliers[-1], self.latent * self.cell**2

    def encoder(self):
        """A new encoder of this shape."""
        return CnnEncoder(self)

    def decoder(self):
        """A new decoder of this shape."""
        return CnnDecoder(self)

    def settings(self):
        """Arguments that diffusers' encoder and decoder share."""
        levels = tuple(self.base * factor for factor in self.multipliers)
        groups = min(8, self.base)
        return {"block_out_channels": levels, "layers_per_block": self.residual_blocks, "norm_num_groups": groups}


class CnnEncoder(nn.Module):
    """Residual blocks and strided convolutions down to the latent.

    The class token is the mean and the largest value of the last feature maps (activity is sparse on the Sun: a mean
    alone would drown it); a patch token is a square of the latent, all its numbers in a row.
    """

    def __init__(self, size):
        super().__init__()
        declare_torchvision_schemas()
        from diffusers.models.autoencoders.vae import Encoder

        levels = ("DownEncoderBlock2D",) * len(size.multipliers)
        settings = size.settings() | {"double_z": False, "mid_block_add_attention": False}
        self.cell = size.cell
        self.stem = nn.PixelUnshuffle(size.stem)  # with the next convolution: one convolution with that stride
        self.body = Encoder(size.stem**2, size.latent, levels, **settings)
        self.body.conv_out, self.to_latent = nn.Identity(), self.body.conv_out

    def forward(self, images):
        """(b, 1, image, image) -> Tokens."""
        maps = self.body(self.stem(images))
        cls = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
        return Tokens(cls, patchify(self.to_latent(maps), self.cell))


class CnnDecoder(nn.Module):
    """Residual blocks and upsampling from the latent back to the Sun."""

    def __init__(self, size):
        super().__init__()
        declare_torchvision_schemas()
        from diffusers.models.autoencoders.vae import Decoder

        levels = ("UpDecoderBlock2D",) * len(size.multipliers)
        self.body = Decoder(size.latent, size.stem**2, levels, mid_block_add_attention=False, **size.settings())
        self.stem = nn.PixelShuffle(size.stem)

    def forward(self, latent):
        """(b, latent, h, w) -> (b, 1, image, image)."""
        return self.stem(self.body(latent))
