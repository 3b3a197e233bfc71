"""Forward fit: the few numbers of a simple source whose visibilities match the measured ones best."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import back_project
from flarebook.stix.imaging.source_model import Component, pixel_axis, visibilities_of

WIDEST = 250.0  # arcsec, FWHM: the coarsest grids see nothing of a wider source
STARTS = (20.0, 110.0)  # degrees, first guesses of the angle


class Fit(NamedTuple):
    """A fitted sky: Components, their standard errors (Components too), and reduced chi-squared.

    x, y: arcsec from the phase centre.
    """

    sky: list
    errors: list
    chi_squared: float


def fit_ellipse(visibilities):
    """Fit one elliptical Gaussian, as the pipeline does below 16 keV.

    Returns a Fit with one Component.  Raises InputError for fewer than three visibilities.
    """
    x, y, flux = first_guess(visibilities)
    starts = [(x, y, flux, 25.0, 15.0, angle) for angle in STARTS]
    low, high = (-np.inf, -np.inf, 0, 0, 0, -np.inf), (np.inf, np.inf, np.inf, WIDEST, WIDEST, np.inf)
    best, error = _best(visibilities, starts, (low, high), (5, 5, flux, 10, 10, 30), _ellipse)
    return _named(visibilities, [best], [error])


def fit_two_circles(visibilities):
    """Fit two round Gaussians, as the pipeline does from 16 keV: the footpoints of a flare.

    Returns a Fit with two Components, the brighter first.  Raises InputError for fewer than four visibilities.
    """
    x, y, flux = first_guess(visibilities)
    steps = [20 * np.array([np.cos(a), np.sin(a)]) for a in np.radians((0, 45, 90, 135))]
    starts = [(x - dx, y - dy, flux / 2, 15.0, x + dx, y + dy, flux / 2, 15.0) for dx, dy in steps]
    low, high = (-np.inf, -np.inf, 0, 0) * 2, (np.inf, np.inf, np.inf, WIDEST) * 2
    best, error = _best(visibilities, starts, (low, high), (5, 5, flux / 2, 10) * 2, _two_circles)
    order = sorted((0, 1), key=lambda i: -best[4 * i + 2])
    circles = [best[4 * i : 4 * i + 4] for i in order]
    errors = [error[4 * i : 4 * i + 4] for i in order]
    return _named(visibilities, [(*c, c[3], 0.0) for c in circles], [(*e, e[3], 0.0) for e in errors], n_parameters=8)


def first_guess(visibilities):
    """Place of the dirty image's peak, arcsec from the phase centre, and the largest amplitude: x, y, flux."""
    dirty = back_project(visibilities, size=129, pixel=2.0)
    row, column = np.unravel_index(dirty.argmax(), dirty.shape)
    axis = pixel_axis(129, 2.0)
    return axis[column], axis[row], visibilities.amplitude.max()


def chi_squared(visibilities, model, n_parameters=0):
    """Reduced chi-squared of model visibilities (n,): real and imaginary parts are two data each."""
    return float((residuals(visibilities, model) ** 2).sum() / max(2 * len(visibilities) - n_parameters, 1))


def residuals(visibilities, model):
    """Differences of model and measured visibilities in standard errors, real parts first: (2 n,)."""
    difference = (model - visibilities.value) / visibilities.error
    return np.concatenate([difference.real, difference.imag])


def _ellipse(parameters):
    """Sky of the six parameters of an ellipse."""
    return [Component(*parameters)]


def _two_circles(parameters):
    """Sky of the eight parameters of two circles: x, y, flux, width of each."""
    return [Component(*parameters[i : i + 3], parameters[i + 3], parameters[i + 3], 0.0) for i in (0, 4)]


def _best(visibilities, starts, bounds, scale, sky_of):
    """Parameters of the best fit among several starts, and their standard errors from the curvature at it."""
    if 2 * len(visibilities) < len(starts[0]):
        needed = -(-len(starts[0]) // 2)
        raise InputError(
            f"{len(visibilities)} visibilities cannot fix {len(starts[0])} numbers: at least {needed} are needed"
        )

    def misfit(parameters):
        return residuals(visibilities, visibilities_of(sky_of(parameters), visibilities.u, visibilities.v))

    fits = [least_squares(misfit, start, bounds=bounds, x_scale=scale, max_nfev=100) for start in starts]
    best = min(fits, key=lambda fit: fit.cost)
    return best.x, np.sqrt(np.diag(np.linalg.pinv(best.jac.T @ best.jac)))


def _named(visibilities, parameters, errors, n_parameters=6):
    """Fit of rows of six numbers: the major axis is the longer one, angles lie between 0 and 180 degrees."""
    sky, spread = [], []
    for (x, y, flux, major, minor, angle), error in zip(parameters, errors, strict=True):
        if minor > major:
            major, minor, angle = minor, major, angle + 90
            error = (*error[:3], error[4], error[3], error[5])
        sky.append(Component(*map(float, (x, y, flux, major, minor, angle % 180))))
        spread.append(Component(*map(float, (*error[:5], min(error[5], 90.0)))))
    model = visibilities_of(sky, visibilities.u, visibilities.v)
    return Fit(sky, spread, chi_squared(visibilities, model, n_parameters))
