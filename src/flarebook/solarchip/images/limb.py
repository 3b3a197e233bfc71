"""Is the Sun where the header puts it: whole in the image, without large gaps, its limb at one solar radius."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.grid import HALF_WIDTH, Disk

GAPS = 0.05  # largest share of the disk without values
ZERO_FIELD = 0.25  # largest share of the disk where a magnetogram may be exactly zero
# Where the limb may be found, in solar radii: of light with an edge, where that falls off most steeply; of the corona,
# which fades out slowly, where it is brightest, for there the line of sight through it is longest.
EDGES = dict.fromkeys(("continuum", "4500", "1700", "1600"), (0.95, 1.05)) | {"304": (0.95, 1.06)}
CORONA = dict.fromkeys(("94", "131", "171", "193", "211", "335"), (0.95, 1.065))
DECISIVE = 1.03  # by so much the corona must be brighter elsewhere: regions may outshine a faint limb by a little
STRAY = 0.02  # share of a row or column with values that counts as a part of the disk
REMEDY = "correct its plate scale (CDELT1, CDELT2), its radius (RSUN_OBS) or its centre (CRPIX, CRVAL)"
FIELD = 0.05  # solar radii, by which the edge of a magnetogram's values, and their centre, may be off


def check_full_disk(image):
    """InputError when the disk is not whole in the image (a cut-out).  image: read.SunImage."""
    radius, (rows, columns) = image.solar_radius / image.pixel, image.data.shape
    inside = min(*image.centre, columns - 1 - image.centre[0], rows - 1 - image.centre[1])
    if inside < 0.99 * radius:
        raise InputError(
            f"{image.name} shows only a part of the disk (radius {radius:.4g} pixels, {inside:.4g} of them inside the "
            "image): give a full-disk image"
        )


def check_missing_pixels(image):
    """InputError when more than 5 % of the disk's pixels are no numbers.  image: read.SunImage."""
    if np.isfinite(image.data).all():
        return
    rows, columns = np.indices(image.data.shape, sparse=True)
    distance = np.hypot(columns - image.centre[0], rows - image.centre[1])
    missing = ~np.isfinite(image.data[distance < 0.95 * image.solar_radius / image.pixel])
    if missing.mean() > GAPS:
        raise InputError(f"{missing.mean():.0%} of the disk in {image.name} has no value: leave this image out")


def check_lost_blocks(grid, channel, name):
    """InputError when many of the disk's pixels on the standard grid are exactly zero: lost, or eclipsed.

    grid: (n, n), each pixel a mean over several of the image's, which noise keeps from zero; a magnetogram that was
    rounded or cut at a threshold may hold more zeros than an image.
    """
    lost = (grid == 0)[Disk(len(grid)).radius < 0.95].mean()
    if lost > (ZERO_FIELD if channel == "hmi" else GAPS):
        raise InputError(f"{lost:.0%} of the disk in {name} is zero, lost or in eclipse: leave this image out")


def check_contrast(grid, name):
    """InputError for an image that has one value everywhere when it is in physical units.  grid: (n, n)."""
    if grid.min() == grid.max():
        raise InputError(f"{name} has the value {grid.min():.4g} everywhere: correct BSCALE and BZERO or leave it out")


def check_limb(grid, channel, name):
    """InputError when the limb of an image on the standard grid is not at one solar radius: a wrong plate scale.

    grid: (n, n); channel: an AIA channel's name, or "continuum"; others are not looked at (see `check_field_edge`).
    """
    found = {**EDGES, **CORONA}.get(channel)
    if found is None:
        return
    radius = limb_radius(grid) if channel in EDGES else brightest_radius(grid, *found)
    if not found[0] < radius < found[1]:
        raise InputError(f"the limb of {name} lies at {radius:.2f} solar radii by its own header: {REMEDY}")


def check_field_edge(image):
    """InputError when a magnetogram's values do not end at one solar radius around its centre: a wrong plate scale.

    image: read.SunImage of HMI, whose pixels off the disk have no value, or are zero.  Where all pixels have one, noise
    off the disk among them, there is nothing to see.
    """
    extent = _extent(image.data)
    if extent is None:
        return
    radius, centre = image.solar_radius / image.pixel, np.array(image.centre)
    found, off = extent[0] / radius, np.abs(extent[1] - centre).max() / radius
    if abs(found - 1) > FIELD or off > FIELD:
        raise InputError(
            f"the values of {image.name} end at {found:.2f} solar radii by its own header, {off:.2f} off its "
            f"centre: {REMEDY}"
        )


def _extent(data):
    """Radius and centre (column, row) of the pixels with a value, in pixels; None when they fill the image."""
    valued = np.isfinite(data)
    valued = valued & (data != 0) if valued.mean() > 1 - GAPS else valued
    if not 0 < valued.mean() < 1 - GAPS:
        return None
    ends = [np.flatnonzero(valued.mean(axis=axis) > STRAY)[[0, -1]] for axis in (0, 1)]
    return np.mean([np.ptp(end) + 1 for end in ends]) / 2, np.mean(ends, axis=1)


def brightest_radius(grid, lowest, highest):
    """Distance from the centre of the brightest ring, in solar radii; the limb, when no other is decidedly brighter.

    grid: (n, n) on the standard grid; lowest, highest: where the limb is expected.
    """
    middle, profile = _rings(grid)
    expected = np.where((middle > lowest) & (middle < highest), profile, -np.inf)
    decided = profile.max() > DECISIVE * max(expected.max(), 0)
    return middle[np.argmax(profile if decided else expected)]


def limb_radius(grid):
    """Distance from the centre where the light falls off most steeply, in solar radii.

    grid: (n, n) on the standard grid.  The median over each ring of one pixel's width is taken, its square root to
    weigh the disk and its surroundings alike.
    """
    middle, profile = _rings(grid)
    level = np.sqrt(np.maximum(profile, 0) + 0.002 * max(profile.max(), 1e-9))
    return middle[np.argmax(level[:-2] - level[2:]) + 1]


def _rings(grid):
    """Rings one pixel wide from .8 solar radii to the edge of the standard grid: radii, and medians of the light."""
    disk = Disk(len(grid))
    edges = np.arange(0.8, HALF_WIDTH, disk.pixel)
    ring = np.digitize(disk.radius, edges)
    return edges[:-1] + disk.pixel / 2, np.array([np.median(grid[ring == number]) for number in range(1, len(edges))])
