"""Back-projection: the inverse Fourier transform of the few visibilities at hand, side lobes included."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.source_model import pixel_axis
from flarebook.stix.imaging.visibilities import Visibilities

WEIGHTS = ("natural", "uniform")


def back_project(
    visibilities: Visibilities, size: int = 257, pixel: float = 1.0, weights: str = "natural"
) -> np.ndarray:
    """Compute the dirty image: the inverse Fourier transform of the visibilities, side lobes included.

    The image is the sum over w Re[V exp(-2 pi i (x u + y v))] around the phase centre, with the sum of w = 1.

    Parameters
    ----------
    visibilities : Visibilities
        Measured points of the Fourier transform.
    size : int
        Pixels on a side.
    pixel : float
        Pixel size, arcsec.
    weights : {"natural", "uniform"}
        All equal, or in proportion to the baseline |uv|, as the density of an evenly covered plane requires.

    Returns
    -------
    ndarray of shape (size, size)
        Flux in the visibilities' unit; row 0 has the lowest y.

    Raises
    ------
    InputError
        For other weights, or a size or pixel that is not positive.

    Examples
    --------
    >>> from flarebook import stix
    >>> stix.back_project(stix.real_visibilities(), size=65, pixel=2.0).shape
    (65, 65)
    """
    u, v = visibilities.u, visibilities.v
    return to_image(visibilities.value * visibility_weights(u, v, weights), waves(u, v, size, pixel))


def point_spread_function(u, v, size, pixel, weights="natural"):
    """Dirty beam: back-projection of a point of flux 1 in the middle, (2 size - 1, 2 size - 1), peak 1, read-only.

    It spans twice the image, so that CLEAN can move its peak to every pixel.  Kept for the next call: thousands of
    images share one beam.
    """
    return _beam(np.asarray(u, float).tobytes(), np.asarray(v, float).tobytes(), int(size), float(pixel), weights)


@lru_cache(maxsize=16)
def _beam(u, v, size, pixel, weights):
    """The dirty beam from the bytes of u and v."""
    u, v = np.frombuffer(u), np.frombuffer(v)
    beam = to_image(visibility_weights(u, v, weights) + 0j, waves(u, v, 2 * size - 1, pixel))
    beam.setflags(write=False)
    return beam


def visibility_weights(u, v, weights):
    """Weights (n,) of sum 1; InputError for a scheme that does not exist."""
    if weights not in WEIGHTS:
        raise InputError(f'There are no weights {weights!r}: choose "natural" or "uniform"')
    unscaled = np.ones(len(u)) if weights == "natural" else np.hypot(u, v)
    return unscaled / unscaled.sum()


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
