"""Schrijver's R: the unsigned flux near strong-gradient polarity-inversion lines (Schrijver 2007, ApJ 655, L117)."""

import numba
import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from flarebook.solarchip.sun.surface import DEGREE

THRESHOLD = 150.0  # G, on each side of the line
KERNEL = 15e8 / 2.355  # cm, standard deviation of the weight around the line: 15 Mm full width at half maximum
UNIT = 2.2e16  # Mx, of one gauss in one MDI pixel: R is given in this unit
PATCH, STEP = 12.0, 0.4  # degrees: half width and sampling of the map around a region


def r_value(field, pixel):
    """R of a map of radial field, in gauss times MDI pixels: log10 R is 3 to 5 for regions that flare.

    field: (n, n) G; pixel: width in cm.
    """
    both = maximum_filter(field > THRESHOLD, 3) & maximum_filter(field < -THRESHOLD, 3)
    if not both.any():
        return 0.0
    weight = gaussian_filter(both.astype(float), KERNEL / pixel)
    return float((weight * np.abs(field)).sum() * pixel**2 / UNIT)


def region_r_values(surface):
    """R of each region alive, in the order of surface.regions, on whichever side of the Sun; seen from above."""
    values = []
    for region, latitude, longitude in zip(surface.regions, surface.latitude, surface.longitude, strict=True):
        parts = [_around(patches, region, latitude, longitude) for patches in (surface.spots, surface.plage)]
        east, north, peak, width = (np.concatenate(rows) for rows in zip(*parts, strict=True))
        values.append(r_value(_flat_map(east, north, peak, width, PATCH, STEP), STEP * DEGREE))
    return np.array(values)


def _around(patches, region, latitude, longitude):
    """Patches of one region on a plane through its middle: east, north (degrees), peak (G), width (degrees)."""
    mine = patches.region == region
    away = np.mod(patches.longitude[mine] - longitude + 180, 360) - 180
    north = patches.latitude[mine] - latitude
    return away * np.cos(np.deg2rad(latitude)), north, patches.peak[mine], patches.width[mine]


@numba.njit(cache=True, fastmath=True)
def _flat_map(east, north, peak, width, half, step):
    """Field of Gaussian patches on a square grid around their middle."""
    size = int(2 * half / step) + 1
    field = np.zeros((size, size))
    for k in range(len(peak)):
        wide = np.sqrt(width[k] ** 2 + 0.25 * step**2)
        top = peak[k] * (width[k] / wide) ** 2
        for i in range(size):
            dy = (i * step - half - north[k]) / wide
            if abs(dy) > 4:
                continue
            for j in range(size):
                dx = (j * step - half - east[k]) / wide
                if abs(dx) < 4:
                    field[i, j] += top * np.exp(-0.5 * (dx * dx + dy * dy))
    return field
