"""Cutting and joining are inverses: every pixel comes back to its place."""

import pytest
import torch

from flarebook.solarchip.models.backbones import patchify, unpatchify


@pytest.mark.parametrize("row,column", [(0, 0), (5, 17), (13, 2), (23, 23)])
def test_one_bright_pixel_comes_back_in_its_place(row, column):
    picture = torch.zeros(1, 1, 24, 24)
    picture[0, 0, row, column] = 1
    patches = patchify(picture, 8)
    assert patches.shape == (1, 9, 64)
    patch, pixel = divmod(patches.flatten().argmax().item(), 64)
    assert patch == row // 8 * 3 + column // 8 and pixel == row % 8 * 8 + column % 8
    assert torch.equal(unpatchify(patches, 8), picture)


def test_several_channels_stay_apart():
    pictures = torch.randn(2, 3, 12, 12)
    patches = patchify(pictures, 4)
    assert patches.shape == (2, 9, 48)
    assert torch.equal(patches[0, 4, 16:32].reshape(4, 4), pictures[0, 1, 4:8, 4:8])
    assert torch.equal(unpatchify(patches, 4), pictures)


def test_a_plain_reshape_would_put_pixels_elsewhere():
    picture = torch.arange(144.0).reshape(1, 1, 12, 12)
    assert not torch.equal(patchify(picture, 4).reshape(1, 1, 12, 12), picture)
