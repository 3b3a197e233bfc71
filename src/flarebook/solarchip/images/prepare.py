"""Preparation of full-disk images: calibration, registration to the standard grid, and whole sets of files."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates
from scipy.sparse import csr_array

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import AIA, CHANNELS
from flarebook.solarchip.images.degradation import degradation
from flarebook.solarchip.images.grid import HALF_WIDTH, Disk, solar_b0
from flarebook.solarchip.images.limb import (
    check_contrast,
    check_field_edge,
    check_full_disk,
    check_limb,
    check_lost_blocks,
    check_missing_pixels,
)
from flarebook.solarchip.images.read import SunImage, read_image
from flarebook.solarchip.images.scaling import LARGEST

if TYPE_CHECKING:
    import sunpy.map

SAMPLES = 2  # points per axis over which a pixel of the grid is averaged, at least
BLOCKS = 4  # blocks of the data's pixels that a pixel of the grid is wide, at least


class PreparedImage(NamedTuple):
    """An image on the standard grid in physical units, (n, n); radius: of the Sun in arcsec; b0: degrees."""

    path: Path
    name: str
    channel: str
    time: pd.Timestamp
    grid: np.ndarray
    radius: float
    b0: float


def prepare_files(paths, size, channels=CHANNELS, progress=None, response=None):
    """Read and prepare files one at a time: [PreparedImage], and one sentence per file that cannot be used.

    size: pixels along a side; channels: those that are accepted; progress: wraps an iterable; response: table of AIA's
    degradation (see `degradation`).
    """
    images, reasons = [], []
    for path in (progress or iter)(paths):
        with skipping(reasons, path.name):
            image = read_image(path)
            if image.channel not in channels:
                raise InputError(f"{image.name} is a {image.channel} image: expected one of {', '.join(channels)}")
            observer = image.solar_radius, observer_latitude(image)
            grid = prepare_image(image, size, response=response)
            images.append(PreparedImage(path, image.name, image.channel, image.time, grid, *observer))
    return images, reasons


def observer_latitude(image):
    """Heliographic latitude of the observer in degrees; that of the day where the header of a SunImage has none."""
    latitude = image.header.get("HGLT_OBS", image.header.get("CRLT_OBS"))
    known = isinstance(latitude, (int, float)) and np.isfinite(latitude)
    return float(latitude if known else solar_b0(image.time.day_of_year))


def prepare_image(
    image: "SunImage | sunpy.map.GenericMap | str | Path",
    size: int = 128,
    correct: bool = True,
    response: str | None = None,
) -> np.ndarray:
    """Calibrate an image and register it to the standard grid.

    Parameters
    ----------
    image : SunImage, or sunpy.map.GenericMap, str or Path
        A full-disk image, such as `read_image` returns, or what it reads one from.
    size : int
        Pixels along a side of the grid, which is 2.2 solar radii wide.
    correct : bool
        Whether to correct the degradation of AIA; False for data that are corrected already.
    response : str or None
        Response table for that: "JSOC", "SSW" or a file; None is the shipped one of December 2017.

    Returns
    -------
    numpy.ndarray, shape (size, size), float32
        Field in G, or intensity in DN/s clipped to [0, 16383].  North is up and disk centre in the middle.
        HMI is 0 off the disk; missing pixels on the disk are 0.

    Raises
    ------
    InputError
        If the image does not hold the full disk, more than 5 % of the disk is missing, or the limb is not at the
        radius that the header gives.

    Examples
    --------
    >>> from flarebook.solarchip import prepare_image
    >>> from flarebook.solarchip.datasets.load import load_real_aia
    >>> prepare_image(load_real_aia(), size=64).shape
    (64, 64)
    """
    image = image if isinstance(image, SunImage) else read_image(image)
    check_full_disk(image)
    if image.channel == "hmi":
        check_field_edge(image)
    check_missing_pixels(image)
    pointing = image.centre, image.solar_radius / image.pixel, image.roll
    grid = register(image.data, *pointing, size)
    check_lost_blocks(grid, image.channel, image.name)
    check_limb(grid if size >= 64 else register(image.data, *pointing), image.channel, image.name)
    if image.channel in AIA:
        factor = image.exposure * (degradation(image.channel, image.time, response) if correct else 1.0)
        grid = np.clip(grid / factor, 0, LARGEST)
    else:
        grid = np.where(Disk(size).on, grid, 0)
    check_contrast(grid, image.name)
    return grid.astype(np.float32)


def register(data, centre, radius, roll, size=128):
    """Image on the standard grid, each pixel the mean over its area: (size, size) float32.

    data: (h, w), missing NaN counts as 0; centre: column and row of disk centre; radius: of the Sun in pixels; roll:
    degrees that north is turned counter-clockwise from the rows' direction.  Linear interpolation at points that lie
    closer than the data's pixels; large images are averaged in blocks first, which moves nothing.  Without a roll, rows
    and columns are interpolated one after the other, which is the same sum and ten times faster.
    """
    data, centre, radius = _average_blocks(np.nan_to_num(data, nan=0.0), np.array(centre, float), radius, size)
    step = 2 * HALF_WIDTH * radius / size
    fine = size * max(SAMPLES, int(np.ceil(step)))
    axis = ((np.arange(fine) + 0.5) / fine * 2 - 1) * HALF_WIDTH * radius
    if roll == 0:
        columns, rows = (
            _mean_weights(*one, size, fine, float(radius)) for one in zip(centre, data.shape[::-1], strict=True)
        )
        return (rows @ data.astype(np.float64) @ columns.T).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    cosine, sine = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    columns, rows = centre[0] + cosine * x + sine * y, centre[1] - sine * x + cosine * y
    sampled = map_coordinates(data, [rows, columns], np.float32, order=1, mode="constant")
    return sampled.reshape(size, fine // size, size, fine // size).mean((1, 3))


@lru_cache(maxsize=8)
def _mean_weights(centre, length, size, fine, radius):
    """Weights with which the data's pixels enter the mean over each pixel of the grid, along one axis.

    Returns a sparse array (size, length); points outside the data count as 0.
    """
    points = centre + ((np.arange(fine) + 0.5) / fine * 2 - 1) * HALF_WIDTH * radius
    inside = np.flatnonzero((points >= 0) & (points <= length - 1))
    before = np.minimum(points[inside].astype(int), length - 2)
    after = (points[inside] - before) * (size / fine)
    weights = np.concatenate([size / fine - after, after])
    places = np.tile(inside * size // fine, 2), np.concatenate([before, before + 1])
    return csr_array((weights, places), (size, length))


def _average_blocks(data, centre, radius, size):
    """Image averaged in square blocks of a quarter of the grid's pixel or less, its disk centre and radius."""
    block = int(2 * HALF_WIDTH * radius / size // BLOCKS)
    if block < 2:
        return data, centre, radius
    rows, columns = (length // block for length in data.shape)
    kept = data[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return kept.mean((1, 3)), (centre + 0.5) / block - 0.5, radius / block
