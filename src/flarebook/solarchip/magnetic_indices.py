"""What a magnetogram tells of activity: Schrijver's R and the unsigned flux of the visible disk."""

import numpy as np

from flarebook.solarchip.disk import SOLAR_RADIUS, Disk
from flarebook.solarchip.inversion_line import r_value
from flarebook.solarchip.limb import refuse_gaps, refuse_part
from flarebook.solarchip.prepare import register

FINE = 320  # pixels across the standard grid for R: 4.8 Mm each, as the maps of the simulated regions have
NEAR_LIMB = 0.35  # cosine to the vertical below which noise over mu would pass for field


def unsigned_flux(field):
    """Unsigned flux of the disk in Mx, the field taken as vertical: sum of |B| / mu over the surface.

    field: (n, n) line-of-sight field in G on the standard grid.
    """
    disk = Disk(len(field))
    near = disk.mu > NEAR_LIMB
    return float((np.abs(field[near]) / disk.mu[near] * disk.pixel_area[near]).sum())


def r_of_disk(image):
    """log10 of Schrijver's R of the disk, 0 when there is none; image: read.SunImage of an HMI magnetogram.

    On a finer grid than the networks see, since R lives on strong gradients.  Schrijver 2007, section 2.
    """
    refuse_part(image)
    refuse_gaps(image)
    disk = Disk(FINE)
    field = register(image.data, image.centre, image.solar_radius / image.pixel, image.roll, FINE)
    radial = np.where(disk.mu > NEAR_LIMB, field / np.maximum(disk.mu, NEAR_LIMB), 0)
    return float(np.log10(max(r_value(radial, disk.pixel * SOLAR_RADIUS), 1.0)))
