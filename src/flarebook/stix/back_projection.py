"""Back-projection: the inverse Fourier transform of the few visibilities at hand, side lobes included."""

from functools import lru_cache

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.sky import pixel_axis

WEIGHTS = ("natural", "uniform")


def back_project(visibilities, size=257, pixel=1.0, weights="natural"):
    """Dirty image around the phase centre: sum over w Re[V exp(-2 pi i (x u + y v))], with the sum of w = 1.

    size: pixels on a side; pixel: arcsec; weights: "natural" (all equal) or "uniform" (in proportion to |uv|, as the
    density of a plane evenly covered asks for).  Returns (size, size), flux; row 0 at the lowest y.
    Raises InputError for other weights, or a size or pixel that is not positive.
    """
    u, v = visibilities.u, visibilities.v
    return _transform(visibilities.value * visibility_weights(u, v, weights), u, v, size, pixel)


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
    beam = _transform(visibility_weights(u, v, weights).astype(complex), u, v, 2 * size - 1, pixel)
    beam.setflags(write=False)
    return beam


def visibility_weights(u, v, weights):
    """Weights (n,) of sum 1; InputError for a scheme that does not exist."""
    if weights not in WEIGHTS:
        raise InputError(f'There are no weights {weights!r}: choose "natural" or "uniform"')
    unscaled = np.ones(len(u)) if weights == "natural" else np.hypot(u, v)
    return unscaled / unscaled.sum()


def _transform(weighted, u, v, size, pixel):
    """Re sum of weighted exp(-2 pi i (x u + y v)): x and y separate, so one product of two real matrices does it."""
    if size < 1 or not pixel > 0:
        raise InputError(f"An image of {size} pixels of {pixel} arcsec cannot be made: both must be above 0")
    axis = pixel_axis(size, pixel)
    east = np.exp(-2j * np.pi * np.outer(u, axis))
    north = weighted[:, None] * np.exp(-2j * np.pi * np.outer(v, axis))
    return np.concatenate([north.real, -north.imag]).T @ np.concatenate([east.real, east.imag])
