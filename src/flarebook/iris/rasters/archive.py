"""Addresses of IRIS level-2 rasters in the public archive."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.data.batch import check_parameters, local_index, matches
from flarebook.compendium.data.cache import cached_listing, read_listing
from flarebook.compendium.data.download import archive_file, fetch, local_files
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.data.reading import check_tar, file_reader
from flarebook.compendium.errors import InputError, plain
from flarebook.iris.observations import observation_table

ARCHIVE = "https://www.lmsal.com/solarsoft/irisa/data/level2_compressed"
MIRROR = "http://sdc.uio.no/vol/fits/iris/level2"  # without https: asked only where the hash is known
NAMES = ("iris_l2_*.fits.gz", "iris_l2_*_raster.tar.gz")  # patterns of the archive's files
TYPICAL_SIZE = (
    2_000_000_000  # bytes of a raster archive, a guess: PF 15 has 1,440 exposures of 1.25 MB at Mg II, packed
)
SLIT_JAW = ("1330", "1400", "2796", "2832")  # Å
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

    Listings are kept in the cache for a month.  Raises InputError without a network, or when the day lists no such
    observation.
    """
    return nearest_start(read_listing(day_url(start, archive)), start, obsid)


def fetch_raster(
    start: datetime | str,
    obsid: int | str,
    archive: str = ARCHIVE,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Find the raster archive of an observation, or download it.

    The folder FLAREBOOK_MIRROR is searched first, then the cache, then the public archive.  The archive lists no hash.
    Where its file cannot be had, the mirror of the archive is asked, if its hash is known from an earlier fetch.

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
    raster, *_ = _files_of(exact_start(start, obsid, archive), obsid, (), archive)
    return fetch(raster, progress, check_archive)


def archive_files(parameters, only=(), resolve=True, skipped=None, archive=ARCHIVE):
    """Files of the observations of the paper's Tables 1 and 2 in the archive: list of DataFile.

    parameters: {"sji": filters of slit-jaw images to add, "2796,1400"}, optional.  only: patterns, one of which must
    match an observation's name ("PF 15") or its file's.  resolve: whether the archive is asked for the second of each
    start; otherwise a name that is not known yet has ?? in its place, and no address.  skipped: list that receives a
    sentence for each observation whose address cannot be found.
    Raises InputError for other parameters, and when none can be found.
    """
    filters, skipped, index = _filters(parameters), [] if skipped is None else skipped, local_index()
    files = []
    for row in observation_table().itertuples():
        unknown = f"iris_l2_{_time(row.start):%Y%m%d_%H%M}??_{int(row.obsid):010d}_raster.tar.gz"
        if not matches(only, row.observation, unknown):
            continue
        with skipping(skipped, row.observation):
            start = _known_start(row, index, resolve, archive)
            files += _files_of(start, row.obsid, filters, archive) if start else [DataFile(saved_as=unknown)]
    if skipped and not files:
        raise InputError(f"no observation can be found: {skipped[0]}")
    return files


def _filters(parameters):
    """Filters of the slit-jaw images that parameters ask for; InputError for others."""
    check_parameters(parameters, ("sji",))
    filters = [text for text in parameters.get("sji", "").split(",") if text]
    if unknown := sorted(set(filters) - set(SLIT_JAW)):
        raise InputError(f"there are no slit-jaw images of {', '.join(unknown)}: choose among {', '.join(SLIT_JAW)}")
    return filters


def _known_start(row, index, resolve, archive):
    """Start to the second from the name of a file that is here, or from the archive's listing; None if not resolved."""
    start = _time(row.start)
    for name in index:
        if name.startswith("iris_l2_") and name.endswith(f"_{int(row.obsid):010d}_raster.tar.gz"):
            if re.fullmatch(r"\d{8}_\d{6}", name[8:23]) and abs(file_start(name) - start) < TOLERANCE:
                return file_start(name)
    if resolve:
        return exact_start(start, row.obsid, archive)
    listing = cached_listing(day_url(start, archive))
    return nearest_start(listing, start, row.obsid) if listing else None


def _files_of(start, obsid, filters, archive):
    """Files of an observation: its rasters, and slit-jaw images of some filters."""
    url = raster_url(start, obsid, archive)
    stem = url.removesuffix("_raster.tar.gz")
    urls = [url, *(f"{stem}_SJI_{wavelength}_t000.fits.gz" for wavelength in filters)]
    return [archive_file(url, [MIRROR + url.removeprefix(archive)]) for url in urls]


def typical_size(name):
    """Bytes of a file that is not here, a guess: PF 15 has 1,440 exposures of 1.25 MB at Mg II, packed."""
    return 5_000_000 if "_SJI_" in name else 2_000_000_000


def check_file(path):
    """Raise an error for a file of the archive that is not what its name says."""
    from flarebook.iris.rasters.read import is_archive, open_level2  # astropy, which the addresses need not wait for

    if is_archive(path):
        return check_archive(path)
    with open_level2(path):
        pass


@file_reader("an archive of IRIS rasters")
def check_archive(path):
    """Read an archive to its end.

    Raises InputError when it is cut, holds no FITS file, other than files (`check_tar`), or another observation.
    """
    from flarebook.iris.rasters.read import unpacked_limit

    names = [Path(name).name for name in check_tar(path, unpacked_limit(path)) if name.endswith((".fits", ".fits.gz"))]
    if not names:
        raise InputError(f"{path.name} holds no FITS file: give an archive of rasters")
    own = path.name.removesuffix("_raster.tar.gz")
    if foreign := next((name for name in names if not name.startswith(own)), None):
        raise InputError(f"{path.name} holds {plain(foreign)}, which is of another observation: give its own rasters")


def check_start(start, path):
    """Raise InputError for a file whose header gives another start of the observation (datetime) than its name."""
    if abs(file_start(path) - start) > TOLERANCE:
        raise InputError(
            f"{Path(path).name} holds the observation that began at {start:%Y-%m-%d %H:%M:%S}, "
            "not the one that its name says: delete it and fetch it again"
        )


def file_start(path):
    """Start of the observation to the second, from a file's name, iris_l2_YYYYMMDD_HHMMSS_..."""
    return datetime.strptime(Path(path).name[8:23], "%Y%m%d_%H%M%S")


def _time(start):
    """Datetime of a datetime or ISO text; InputError for other text."""
    try:
        return start if isinstance(start, datetime) else datetime.fromisoformat(str(start))
    except ValueError as error:
        raise InputError(f"{start!r} is not a time: write it as 2014-03-29T14:09:38") from error
