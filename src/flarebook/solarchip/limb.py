"""Is the Sun where the header puts it: whole in the image, without large gaps, its limb at one solar radius."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.solarchip.disk import HALF_WIDTH, Disk

GAPS = 0.05  # largest share of the disk without values
# Where the limb may be found, in solar radii.  Light from above the photosphere reaches higher; the corona's hotter
# lines fade out too slowly to tell.
LIMBS = dict.fromkeys(("continuum", "4500", "1700", "1600"), (0.95, 1.05)) | {"304": (0.95, 1.07), "171": (0.95, 1.085)}


def refuse_part(image):
    """InputError when the disk is not whole in the image (a cut-out).  image: read.SunImage."""
    radius, (rows, columns) = image.solar_radius / image.pixel, image.data.shape
    inside = min(*image.centre, columns - 1 - image.centre[0], rows - 1 - image.centre[1])
    if inside < 0.99 * radius:
        raise InputError(
            f"{image.name} shows only a part of the disk (radius {radius:.0f} pixels, {inside:.0f} of them inside the "
            "image): give a full-disk image"
        )


def refuse_gaps(image):
    """InputError when more than 5 % of the disk's pixels are no numbers.  image: read.SunImage."""
    rows, columns = np.indices(image.data.shape, sparse=True)
    distance = np.hypot(columns - image.centre[0], rows - image.centre[1])
    missing = ~np.isfinite(image.data[distance < 0.95 * image.solar_radius / image.pixel])
    if missing.mean() > GAPS:
        raise InputError(f"{missing.mean():.0%} of the disk in {image.name} has no value: leave this image out")


def check_limb(grid, channel, name):
    """InputError when the limb of an image on the standard grid is not at one solar radius: a wrong plate scale.

    Only light with a sharp limb is looked at.  grid: (n, n); channel: its name, or "continuum".
    """
    if channel not in LIMBS:
        return
    found, (lowest, highest) = limb_radius(grid), LIMBS[channel]
    if not lowest < found < highest:
        raise InputError(
            f"the limb of {name} lies at {found:.2f} solar radii by its own header: correct its plate scale (CDELT1, "
            "CDELT2), its radius (RSUN_OBS) or its centre (CRPIX, CRVAL)"
        )


def limb_radius(grid):
    """Distance from the centre where the light falls off most steeply, in solar radii.

    grid: (n, n) on the standard grid.  The median over each ring of one pixel's width is taken, its square root to
    weigh the disk and its surroundings alike.
    """
    disk = Disk(len(grid))
    edges = np.arange(0.8, HALF_WIDTH, disk.pixel)
    ring = np.digitize(disk.radius, edges)
    profile = np.array([np.median(grid[ring == number]) for number in range(1, len(edges))])
    level = np.sqrt(np.maximum(profile, 0) + 0.002 * max(profile.max(), 1e-9))
    return edges[np.argmax(level[:-2] - level[2:]) + 1] + disk.pixel / 2
