"""The convolutional autoencoder, in the style of latent diffusion: diffusers' encoder and decoder."""

from dataclasses import dataclass

import torch
from torch import nn

from flarebook.learning.device import declare_torchvision_schemas
from flarebook.solarchip.models.patches import Tokens, patchify


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
