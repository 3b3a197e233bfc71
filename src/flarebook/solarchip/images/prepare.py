"""From an image as observed to the standard grid in physical units, and on to a network's input."""

import numpy as np
from scipy.ndimage import map_coordinates

from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.images.degradation import degradation
from flarebook.solarchip.images.grid import HALF_WIDTH, Disk
from flarebook.solarchip.images.limb import check_field_edge, check_limb, refuse_gaps, refuse_part
from flarebook.solarchip.images.scaling import LARGEST, scale, scale_channel, unscale, unscale_channel

__all__ = ["prepare", "register", "scale", "scale_channel", "unscale", "unscale_channel"]

SAMPLES = 2  # points that a pixel of the grid is averaged over along each axis, at least
BLOCKS = 4  # blocks of the data's pixels that a pixel of the grid is wide, at least


def prepare(image, size=128, correct=True):
    """One channel on the standard grid: (size, size) float32 in G or DN/s, north up, disk-centred, 2 x 1.1 radii wide.

    image: read.SunImage.  AIA counts are divided by exposure time and, unless correct is False (for data that are
    already), by what is left of the sensitivity; negative ones become 0.  More than 16,383 DN/s, which short exposures
    of flares reach, are cut there: no scale tells them apart, and float16 ends at 65,504.  HMI is 0 off the disk.  Gaps
    on the disk become 0, as the authors' NaN.  Raises InputError when more than 5 % of the disk is missing, the disk is
    not whole in the image, or its edge is not where the header puts it.
    """
    refuse_part(image)
    if image.channel == "hmi":
        check_field_edge(image)
    refuse_gaps(image)
    place = image.centre, image.solar_radius / image.pixel, image.roll
    grid = register(image.data, *place, size)
    check_limb(grid if size >= 64 else register(image.data, *place), image.channel, image.name)
    if image.channel in AIA:
        factor = image.exposure * (degradation(image.channel, image.time) if correct else 1.0)
        return np.clip(grid / factor, 0, LARGEST).astype(np.float32)
    return np.where(Disk(size).on, grid, 0).astype(np.float32)


def register(data, centre, radius, roll, size=128):
    """Image on the standard grid, each pixel the mean over its area: (size, size) float32.

    data: (h, w), missing NaN counts as 0; centre: column and row of disk centre; radius: of the Sun in pixels; roll:
    degrees that north is turned counter-clockwise from the rows' direction.  Linear interpolation at points that lie
    closer than the data's pixels; large images are averaged in blocks first, which moves nothing.
    """
    data, centre, radius = _blocks(np.nan_to_num(data, nan=0.0), np.array(centre, float), radius, size)
    step = 2 * HALF_WIDTH * radius / size
    fine = size * max(SAMPLES, int(np.ceil(step)))
    axis = ((np.arange(fine) + 0.5) / fine * 2 - 1) * HALF_WIDTH * radius
    x, y = np.meshgrid(axis, axis)
    cosine, sine = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    columns, rows = centre[0] + cosine * x + sine * y, centre[1] - sine * x + cosine * y
    sampled = map_coordinates(data, [rows, columns], np.float32, order=1, mode="constant")
    return sampled.reshape(size, fine // size, size, fine // size).mean((1, 3))


def _blocks(data, centre, radius, size):
    """Image averaged in square blocks of a quarter of the grid's pixel or less, its disk centre and radius."""
    block = int(2 * HALF_WIDTH * radius / size // BLOCKS)
    if block < 2:
        return data, centre, radius
    rows, columns = (length // block for length in data.shape)
    kept = data[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return kept.mean((1, 3)), (centre + 0.5) / block - 0.5, radius / block
