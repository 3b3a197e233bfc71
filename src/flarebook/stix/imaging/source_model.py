"""A model sky: a list of Gaussian components, whose visibilities are known exactly."""

from typing import NamedTuple

import numpy as np

FWHM = 2 * np.sqrt(2 * np.log(2))  # full width at half maximum of a Gaussian over its standard deviation


class Component(NamedTuple):
    """Describe one elliptical Gaussian source.

    Parameters
    ----------
    x, y : float
        Position, arcsec.
    flux : float
        Photons cm-2 s-1 keV-1.
    fwhm_major, fwhm_minor : float
        Full widths at half maximum, arcsec.
    angle : float
        Position angle of the major axis, degrees, counter-clockwise from x.

    Examples
    --------
    >>> from flarebook import stix
    >>> stix.Component(x=3.0, y=-2.0, flux=1.0, fwhm_major=20.0, fwhm_minor=10.0).angle
    0.0
    """

    x: float
    y: float
    flux: float
    fwhm_major: float
    fwhm_minor: float
    angle: float = 0.0


def visibilities_of(sky: list, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Compute the exact visibilities of a model sky.

    Parameters
    ----------
    sky : list of Component
        Gaussian sources, positions in arcsec from the phase centre.
    u, v : ndarray of shape (n,)
        Points of the (u, v) plane, 1/arcsec.

    Returns
    -------
    ndarray of shape (n,), complex
        V = sum over the sky of I exp(2 pi i (x u + y v)), in the unit of the sources' flux.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> point = stix.Component(x=0.0, y=0.0, flux=2.0, fwhm_major=0.0, fwhm_minor=0.0)
    >>> print(stix.visibilities_of([point], np.array([0.01]), np.array([0.02])))
    [2.+0.j]
    """
    x, y, flux, major, minor, angle = np.array(sky, float).reshape(-1, 6).T[:, :, None]
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along, across = u * cosine + v * sine, v * cosine - u * sine
    decay = -2 * np.pi**2 / FWHM**2 * ((major * along) ** 2 + (minor * across) ** 2)
    return (flux * np.exp(decay + 2j * np.pi * (x * u + y * v))).sum(axis=0)


def loop(length, width, angle, bend, n=9):
    """A flare loop of total flux 1 about the origin: an arc of n round components, brightest at its middle.

    length: arcsec, foot to foot; width: arcsec, FWHM of a component; angle: degrees, of the line through the feet;
    bend: degrees, of the arc.  Returns a list of Components.
    """
    half = np.radians(max(bend, 1.0)) / 2
    radius = length / 2 / np.sin(half)
    place = np.linspace(-0.5, 0.5, n)
    along = radius * np.sin(2 * half * place)
    height = radius * (np.cos(2 * half * place) - (1 + np.cos(half)) / 2)  # half the arc's height below, half above
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    share = np.exp(-((place / 0.45) ** 2))
    columns = (cosine * along - sine * height, sine * along + cosine * height, share / share.sum())
    return [Component(*map(float, row), width, width, 0.0) for row in zip(*columns, strict=True)]


def moved(sky, dx, dy):
    """The same sky shifted by dx, dy arcsec."""
    return [part._replace(x=part.x + dx, y=part.y + dy) for part in sky]


def total_flux(sky):
    """Flux of all components, photons cm-2 s-1 keV-1."""
    return float(sum(part.flux for part in sky))


def render(sky: list, size: int = 257, pixel: float = 1.0) -> np.ndarray:
    """Render a model sky as a telescope without limits would see it.

    Parameters
    ----------
    sky : list of Component
        Gaussian sources, positions in arcsec from the image's centre.
    size : int
        Pixels on a side.
    pixel : float
        Pixel size, arcsec.

    Returns
    -------
    ndarray of shape (size, size)
        Flux per arcsec2; row 0 has the lowest y.

    Examples
    --------
    >>> from flarebook import stix
    >>> image = stix.render([stix.Component(0.0, 0.0, 3.0, 20.0, 10.0)], size=129)
    >>> image.shape, round(float(image.sum()), 3)
    ((129, 129), 3.0)
    """
    axis = pixel_axis(size, pixel)
    x, y = axis[None, :], axis[:, None]
    image = np.zeros((size, size))
    for part in sky:
        cosine, sine = np.cos(np.radians(part.angle)), np.sin(np.radians(part.angle))
        along = ((x - part.x) * cosine + (y - part.y) * sine) / (part.fwhm_major / FWHM)
        across = ((y - part.y) * cosine - (x - part.x) * sine) / (part.fwhm_minor / FWHM)
        area = 2 * np.pi * part.fwhm_major * part.fwhm_minor / FWHM**2
        image += part.flux / area * np.exp(-0.5 * (along**2 + across**2))
    return image


def pixel_axis(size, pixel):
    """Coordinates of pixel centres along one axis, (size,) arcsec from the image's centre."""
    return (np.arange(size) - (size - 1) / 2) * pixel
