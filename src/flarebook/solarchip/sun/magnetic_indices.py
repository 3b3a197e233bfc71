"""Magnetic indices of activity: the inversion-line flux and the unsigned flux of the visible disk.

The inversion-line flux is the unsigned flux near strong-gradient polarity-inversion lines, by the recipe of Schrijver's
R (2007, ApJ 655, L117).  It is R on pixels of 1.5 Mm alone, those of MDI; on the 12 Mm of the networks' images and the
4.9 Mm of the simulator's maps it is another quantity (datasets/sharp_patches.py compares both with HMI's R_VALUE).
"""

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from flarebook.solarchip.images.grid import SOLAR_RADIUS, Disk
from flarebook.solarchip.sun.surface import DEGREE, join_patches

NEAR_LIMB = 0.35  # cosine to the vertical below which noise over mu would pass for field
THRESHOLD = 150.0  # G, on each side of the line
KERNEL = 15e8 / 2.355  # cm, standard deviation of the weight around the line: 15 Mm full width at half maximum
UNIT = 2.2e16  # Mx, of one gauss in one MDI pixel: R is given in this unit
PATCH, STEP = 12.0, 0.4  # degrees: half width and sampling of the map around a region


def unsigned_flux(field, threshold=0.0, smallest_mu=NEAR_LIMB):
    """Compute the unsigned flux in Mx, the field taken as vertical: sum of |B| / mu over the pixels, shape (...).

    field: (..., n, n) line-of-sight field in G on the standard grid; threshold: G, weaker pixels do not count;
    smallest_mu: cosine to the vertical beyond which a pixel counts.  NaN where a counted pixel is.
    """
    field = np.asarray(field, float)
    disk = Disk(field.shape[-1])
    near = disk.mu > smallest_mu
    strength = np.abs(field[..., near])
    strength = np.where(strength <= threshold, 0.0, strength)
    return (strength / disk.mu[near] * disk.pixel_area[near]).sum(axis=-1)


def r_of_disk(field):
    """log10 of the inversion-line flux of the visible disk, 0 when there is none, NaN for an empty image.

    field: (n, n) line-of-sight field in G on the standard grid, taken as vertical.  It is measured on the pixels that
    the networks see, noise included, and is no R: a finer image gives another value.  Schrijver 2007, section 2.
    """
    if np.isnan(field).all():
        return np.nan
    disk = Disk(len(field))
    radial = np.where(disk.mu > NEAR_LIMB, np.nan_to_num(field) / np.maximum(disk.mu, NEAR_LIMB), 0)
    return float(np.log10(max(r_value(radial, disk.pixel * SOLAR_RADIUS), 1.0)))


def r_value(field, pixel):
    """Inversion-line flux of a map of radial field, in gauss times MDI pixels.

    field: (h, w) G; pixel: width in cm.  At 1.5 Mm this is Schrijver's R, whose log10 is 3 to 5 for regions that flare.
    """
    both = maximum_filter(field > THRESHOLD, 3) & maximum_filter(field < -THRESHOLD, 3)
    if not both.any():
        return 0.0
    weight = gaussian_filter(both.astype(float), KERNEL / pixel)
    return float((weight * np.abs(field)).sum() * pixel**2 / UNIT)


def region_r_values(surface):
    """Inversion-line flux of each region alive, in the order of surface.regions, on either side; seen from above."""
    values, patches = [], join_patches(surface.spots, surface.plage)
    blurred = np.sqrt(patches.width**2 + 0.25 * STEP**2)
    peak = patches.peak * (patches.width / blurred) ** 2
    for region, latitude, longitude in zip(surface.regions, surface.latitude, surface.longitude, strict=True):
        mine = patches.region == region
        north = patches.latitude[mine] - latitude
        east = (np.mod(patches.longitude[mine] - longitude + 180, 360) - 180) * np.cos(np.deg2rad(latitude))
        rows, columns = (_gaussians(middle, blurred[mine]) for middle in (north, east))
        values.append(r_value((rows * peak[mine]) @ columns.T, STEP * DEGREE))
    return np.array(values)


def _gaussians(middle, width):
    """Gaussians along an axis of the map around a region, cut at four widths: (pixels, n).  middle, width: degrees."""
    distance = (np.arange(int(2 * PATCH / STEP) + 1)[:, None] * STEP - PATCH - middle) / width
    return np.where(np.abs(distance) < 4, np.exp(-0.5 * distance**2), 0.0)
