"""CLEAN as the STIX pipeline runs it: 200 iterations, gain 0.1, a beam of 20 arcsec, the residual added."""

from typing import NamedTuple

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.learning.compiled import compiled
from flarebook.stix.imaging.source_model import FWHM


class CleanMap(NamedTuple):
    """image = convolved + residual, both flux per arcsec2; components: flux per pixel; all (size, size).

    n_iterations: how many were made before the deepest negative outgrew the highest peak.
    """

    image: np.ndarray
    components: np.ndarray
    convolved: np.ndarray
    residual: np.ndarray
    n_iterations: int


def clean(
    dirty: np.ndarray,
    psf: np.ndarray,
    pixel: float = 1.0,
    gain: float = 0.1,
    n_iterations: int = 200,
    beam_fwhm: float = 20.0,
) -> CleanMap:
    """Remove the dirty beam from a dirty image, peak by peak.

    The iteration stops early when the deepest negative exceeds the highest peak.

    Parameters
    ----------
    dirty : ndarray of shape (size, size)
        Back-projection, flux.
    psf : ndarray of shape (2 size - 1, 2 size - 1)
        Dirty beam, peak in the middle.
    pixel : float
        Pixel size, arcsec.
    gain : float
        Fraction of a peak that one iteration subtracts, above 0 and at most 1.
    n_iterations : int
        Largest number of iterations.
    beam_fwhm : float
        Full width at half maximum of the Gaussian that replaces the dirty beam, arcsec.

    Returns
    -------
    CleanMap
        The image, its components and residual, and the number of iterations.

    Raises
    ------
    InputError
        When the shapes do not match, the gain is out of range, or the dirty image holds NaN or infinite values.

    References
    ----------
    Högbom 1974, A&AS 15, 417.

    Examples
    --------
    >>> from flarebook import stix
    >>> from flarebook.stix.imaging.back_projection import point_spread_function
    >>> seen = stix.real_visibilities()
    >>> dirty = stix.back_project(seen, size=65, pixel=2.0)
    >>> stix.clean(dirty, point_spread_function(seen.u, seen.v, 65, 2.0), pixel=2.0).image.shape
    (65, 65)
    """
    dirty = np.array(dirty, dtype=float, order="C")  # a copy: it becomes the residual
    _check(dirty, psf, gain)
    components = np.zeros_like(dirty)
    made = _iterate(dirty, np.ascontiguousarray(psf, dtype=float), components, gain, n_iterations)
    sigma = beam_fwhm / FWHM / pixel
    convolved = _convolve(components, sigma) / pixel**2
    residual = dirty / beam_area(beam_fwhm)
    return CleanMap(convolved + residual, components, convolved, residual, made)


def beam_area(beam_fwhm=20.0):
    """Area of CLEAN's Gaussian beam, arcsec2: by it the archive divides residuals and back-projections."""
    return 2 * np.pi * (beam_fwhm / FWHM) ** 2


def _check(dirty, psf, gain):
    """InputError for a dirty image and a beam that do not fit each other, or no numbers."""
    expected = tuple(2 * side - 1 for side in dirty.shape)
    if dirty.ndim != 2 or np.shape(psf) != expected:
        raise InputError(
            f"A dirty image of {dirty.shape} needs a beam of {expected}, not {np.shape(psf)}: "
            "make it with point_spread_function(u, v, size, pixel)"
        )
    if not np.isfinite(dirty).all():
        raise InputError("The dirty image holds values that are not numbers: leave this map out")
    if not 0 < gain <= 1:
        raise InputError(f"CLEAN cannot run with a gain of {gain}: it must lie between 0 and 1")


@compiled(fastmath=True, boundscheck=False)
def _iterate(residual, psf, components, gain, n_iterations):
    """Högbom's loop, in place; subtraction and search of the next peak share one pass.  Returns iterations made."""
    height, width = residual.shape
    row, highest, lowest = _extremes(residual)
    peak = psf[height - 1, width - 1]
    for made in range(n_iterations):
        if -lowest > highest or highest <= 0:
            return made
        column = np.argmax(residual[row])
        flux = gain * highest / peak
        components[row, column] += flux
        top, left = height - 1 - row, width - 1 - column
        row, highest, lowest = 0, -np.inf, np.inf
        for i in range(height):
            line, beam = residual[i], psf[top + i, left : left + width]
            high, low = -np.inf, np.inf
            for j in range(width):
                value = line[j] - flux * beam[j]
                line[j] = value
                high, low = max(high, value), min(low, value)
            lowest = min(lowest, low)
            if high > highest:
                row, highest = i, high
    return n_iterations


@compiled()
def _extremes(image):
    """Row of the maximum, the maximum and the minimum."""
    best = np.argmax(image)
    return best // image.shape[1], image.max(), image.min()


def _convolve(components, sigma):
    """Components (size, size) with a Gaussian of volume 1 in each one's place; sigma: pixels.

    Few pixels hold components: their Gaussians are summed, exactly and faster than by a convolution.
    """
    rows, columns = np.nonzero(components)
    y = _profiles(components.shape[0], rows, sigma)
    x = _profiles(components.shape[1], columns, sigma)
    return (y * components[rows, columns]) @ x.T


def _profiles(size, places, sigma):
    """Gaussians of area 1 around pixels, (size, n)."""
    distance = np.arange(size)[:, None] - places
    return np.exp(-0.5 * (distance / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)
