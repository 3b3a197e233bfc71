"""Expectation maximisation: the non-negative image under which the measured counts are likeliest."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import to_image, to_visibilities, waves
from flarebook.stix.imaging.forward_model import MODULATION, count_pattern

FLOOR = 1e-12  # of expected counts, relative to their mean: keeps a division finite


def expectation_maximisation(counts, u, v, size=129, pixel=2.0, n_iterations=200):
    """Image from the counts of pixels A to D by Richardson-Lucy steps, which keep it positive.

    counts: (4, n), background subtracted (negative ones count as none); u, v: (n,) 1/arcsec, counted from where the
    image's centre shall be; pixel: arcsec.  Returns (size, size), the counts of one whole detector dealt out over
    the pixels.  Fewer iterations give a smoother image.  Raises InputError for counts of another shape or without
    any.  Massa et al. 2019; the operator is never written out as a matrix.
    """
    counts = _checked(counts, len(u))
    wave = waves(u, v, size, pixel)
    image = np.full((size, size), counts.sum() / len(u) / size**2)
    for _ in range(n_iterations):
        expected = _forward(image, wave)
        ratio = counts / np.maximum(expected, FLOOR * expected.mean())
        image *= _back(ratio, wave) / len(u)  # each sub-collimator sees each pixel equally, summed over A to D
    return image


def counts_of(visibilities, flux):
    """Counts (4, n) that calibrated visibilities stand for, in units of flux, where the counts themselves are lost.

    flux: of the whole source, in the visibilities' unit; a fit tells it, STIX's coarsest visibility nearly.
    """
    return flux / 4 * count_pattern(visibilities.value / flux)


def _checked(counts, n):
    """Counts without negative ones; InputError for a wrong shape, no numbers, or none at all."""
    counts = np.asarray(counts, dtype=float)
    if counts.shape != (4, n):
        raise InputError(
            f"Counts of shape {counts.shape} do not fit {n} (u, v) points: give (4, {n}), pixels A to D of each"
        )
    if not np.isfinite(counts).all() or not counts.max() > 0:
        raise InputError("The counts hold no photon above the background, or no numbers: leave this map out")
    return np.maximum(counts, 0)


def _forward(image, wave):
    """Expected counts (4, n) of an image: a quarter of its total, modulated by its visibilities."""
    seen = MODULATION * to_visibilities(image, wave)
    return (image.sum() + np.stack([-seen.real, -seen.imag, seen.real, seen.imag])) / 4


def _back(counts, wave):
    """The adjoint of `_forward`: (4, n) to (size, size)."""
    a, b, c, d = counts
    return (counts.sum() + MODULATION * to_image((c - a) + 1j * (d - b), wave)) / 4
