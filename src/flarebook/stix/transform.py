"""Between images and visibilities: the Fourier transform at a few points of the (u, v) plane, both ways."""

from typing import NamedTuple

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.sky import pixel_axis


class Waves(NamedTuple):
    """Waves of the visibilities along x and along y, both (n, size) complex: their product is a wave on the sky."""

    east: np.ndarray
    north: np.ndarray


def waves(u, v, size, pixel):
    """exp(2 pi i x u) and exp(2 pi i y v) at the pixels of a square image; u, v (n,) 1/arcsec; pixel: arcsec.

    Raises InputError for a size or pixel that is not positive.
    """
    if size < 1 or not pixel > 0:
        raise InputError(f"An image of {size} pixels of {pixel} arcsec cannot be made: both must be above 0")
    turns = 2j * np.pi * pixel_axis(size, pixel)
    return Waves(np.exp(np.multiply.outer(u, turns)), np.exp(np.multiply.outer(v, turns)))


def to_visibilities(image, wave):
    """Visibilities (n,) of an image (size, size) whose pixels hold flux: sum of I exp(2 pi i (x u + y v))."""
    return ((wave.north @ image) * wave.east).sum(axis=1)


def to_image(weighted, wave):
    """Image (size, size) of weighted visibilities (n,): Re sum of w V exp(-2 pi i (x u + y v)).

    x and y separate, so one product of two real matrices does it.
    """
    north = weighted[:, None] * wave.north.conj()
    return np.concatenate([north.real, north.imag]).T @ np.concatenate([wave.east.real, wave.east.imag])
