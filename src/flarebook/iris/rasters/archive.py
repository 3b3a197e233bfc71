"""Addresses of IRIS level-2 rasters in the public archive."""

import re
import tarfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flarebook.compendium.data.download import fetch_url, local_files
from flarebook.compendium.data.reading import file_reader
from flarebook.compendium.data.transfer import LIMIT, read_page
from flarebook.compendium.errors import InputError

ARCHIVE = "https://www.lmsal.com/solarsoft/irisa/data/level2_compressed"
TOLERANCE = timedelta(minutes=2)  # of a start, which the paper's tables give to the minute


def day_url(start, archive=ARCHIVE):
    """Address of the archive's folder of a day.

    start: datetime (UTC) or ISO text, "2014-03-29T14:09:38".
    """
    return f"{archive}/{_time(start):%Y/%m/%d}/"


def raster_url(start, obsid, archive=ARCHIVE):
    """Address of an observation's raster archive, .../iris_l2_YYYYMMDD_HHMMSS_OBSID_raster.tar.gz.

    start: datetime (UTC) or ISO text, exact to the second (see `exact_start`).  obsid: the ten-digit OBSID.
    """
    name = f"{_time(start):%Y%m%d_%H%M%S}_{int(obsid):010d}"
    return f"{day_url(start, archive)}{name}/iris_l2_{name}_raster.tar.gz"


def nearest_start(page, start, obsid):
    """Start to the second of the observation that a table lists to the minute.

    page: HTML listing of the day, whose folder names give seconds where Tables 1 and 2 give minutes.
    Raises InputError when none lies within two minutes.
    """
    start = _time(start)
    names = re.findall(rf"(\d{{8}}_\d{{6}})_0*{int(obsid)}\b", page)
    listed = [datetime.strptime(name, "%Y%m%d_%H%M%S") for name in names]
    near = [other for other in listed if abs(other - start) < TOLERANCE]
    if not near:
        raise InputError(
            f"the archive lists no observation {obsid} near {start:%Y-%m-%d %H:%M}: check the start time and the OBSID"
        )
    return min(near, key=lambda other: abs(other - start))


def exact_start(start, obsid, archive=ARCHIVE):
    """Start to the second of an observation, looked up in the archive's listing of its day.

    Raises InputError without a network, or when the day lists no such observation.
    """
    return nearest_start(read_page(day_url(start, archive)), start, obsid)


def fetch_raster(
    start: datetime | str,
    obsid: int | str,
    archive: str = ARCHIVE,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Find the raster archive of an observation, or download it.

    The folder FLAREBOOK_MIRROR is searched first, then the cache, then the public archive.  The archive lists no hash.

    Parameters
    ----------
    start : datetime or str
        Start (UTC) to the minute at least, for example "2014-03-29T14:09".
    obsid : int or str
        The ten-digit OBSID.
    archive : str
        Root address of the level-2 archive.
    progress : callable, optional
        Called with the bytes so far and the bytes in all.

    Returns
    -------
    Path
        The `.tar.gz` file.

    Raises
    ------
    InputError
        Without a network, or when the archive has no such observation.

    Examples
    --------
    >>> from flarebook import iris
    >>> row = iris.find_observation("PF 16")
    >>> path = iris.fetch_raster(row["start"], row["obsid"])  # doctest: +SKIP
    """
    digits = "[0-9]" * 8 + "_" + "[0-9]" * 6
    for path in local_files(f"iris_l2_{digits}_{int(obsid):010d}_raster.tar.gz"):
        if abs(file_start(path) - _time(start)) < TOLERANCE:
            return path
    url = raster_url(exact_start(start, obsid, archive), obsid, archive)
    return fetch_url(url, check_archive, progress=progress, limit=LIMIT)


@file_reader("an archive of IRIS rasters")
def check_archive(path):
    """Read an archive to its end; InputError when it is cut, or holds no FITS file."""
    with tarfile.open(path, "r:gz") as archive:
        names = archive.getnames()
        if not any(name.endswith((".fits", ".fits.gz")) for name in names):
            raise InputError(f"{path.name} holds no FITS file: give an archive of rasters")


def file_start(path):
    """Start of the observation to the second, from a file's name, iris_l2_YYYYMMDD_HHMMSS_..."""
    return datetime.strptime(Path(path).name[8:23], "%Y%m%d_%H%M%S")


def _time(start):
    """Datetime of a datetime or ISO text; InputError for other text."""
    try:
        return start if isinstance(start, datetime) else datetime.fromisoformat(str(start))
    except ValueError as error:
        raise InputError(f"{start!r} is not a time: write it as 2014-03-29T14:09:38") from error
