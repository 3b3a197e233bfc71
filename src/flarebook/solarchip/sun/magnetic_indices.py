"""What a magnetogram tells of activity: Schrijver's R and the unsigned flux of the visible disk."""

import numpy as np

from flarebook.solarchip.images.grid import SOLAR_RADIUS, Disk
from flarebook.solarchip.sun.r_value import r_value

NEAR_LIMB = 0.35  # cosine to the vertical below which noise over mu would pass for field


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
    """log10 of Schrijver's R of the visible disk, 0 when there is none, not a number for an empty image.

    field: (n, n) line-of-sight field in G on the standard grid, taken as vertical.  It is measured on the pixels that
    the networks see, noise and all; a finer image gives another R.  Schrijver 2007, section 2.
    """
    if np.isnan(field).all():
        return np.nan
    disk = Disk(len(field))
    radial = np.where(disk.mu > NEAR_LIMB, np.nan_to_num(field) / np.maximum(disk.mu, NEAR_LIMB), 0)
    return float(np.log10(max(r_value(radial, disk.pixel * SOLAR_RADIUS), 1.0)))
