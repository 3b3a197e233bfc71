"""The Joint Science Operations Center: addresses of the eleven images of a day, and fetching them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import requests

from flarebook.compendium.data.download import OFFLINE, cache_folder, download, in_mirror
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.read import read_image

HOST = "https://jsoc1.stanford.edu/data"
FIRST = date(2010, 5, 1)


def jsoc_file_name(day, channel):
    """Name of the file of a channel on a day; 1700 is taken two minutes after midnight, the others at 00:00.

    day: datetime.date or ISO text.  Raises InputError for a channel that is not among the eleven or an earlier day.
    """
    day = parse_day(day)
    if channel not in CHANNELS:
        raise InputError(f"channel {channel!r} is unknown: take one of {', '.join(CHANNELS)}")
    if channel == "hmi":
        return f"hmi.M_720s.{day:%Y%m%d}_000000_TAI.fits"
    return f"AIA{day:%Y%m%d}_{'0002' if channel == '1700' else '0000'}_{int(channel):04d}.fits"


def image_url(day, channel, host=HOST):
    """Address of a channel on a day at the JSOC."""
    day, name = parse_day(day), jsoc_file_name(day, channel)
    folder = f"hmi/fits/{day:%Y/%m/%d}" if channel == "hmi" else f"aia/synoptic/{day:%Y/%m/%d}/H0000"
    return f"{host}/{folder}/{name}"


def day_urls(day, channels=CHANNELS, host=HOST):
    """Addresses of a day's images: {channel: url}."""
    return {channel: image_url(day, channel, host) for channel in channels}


def parse_day(day):
    """Day as datetime.date; InputError for a text that is none, or for a day before the first images."""
    try:
        found = pd.Timestamp(day).date()
    except (TypeError, ValueError) as error:
        raise InputError(f"{day!r} is no day: write it as 2014-03-29") from error
    if not found >= FIRST:
        raise InputError(f"there are no images of {found}: the series begins on {FIRST}")
    return found


def fetch_day(day, folder=None, channels=CHANNELS, host=HOST, progress=None):
    """Fetch a day's images that are not at hand yet: (paths, failures [(file, reason)]).

    folder: they are kept in a folder of the day in it; in the cache by default; files in FLAREBOOK_MIRROR are used
    where they lie.  A file that cannot be had or read does not keep the others from being fetched; what cannot be read
    is not kept.  progress: called with (bytes so far, bytes in all).
    """
    kept, paths, failures = day_folder(day, folder), [], []
    for url in day_urls(day, channels, host).values():
        try:
            paths.append(_fetch_image(url, kept, progress))
        except InputError as error:
            failures.append((Path(url).name, str(error)))
    return paths, failures


def fetch_days(
    days: list[str],
    folder: str | Path | None = None,
    channels: tuple[str, ...] = CHANNELS,
    host: str = HOST,
    progress: Callable | None = None,
) -> tuple[int, list[tuple[str, str]]]:
    """Fetch the images of several days from the JSOC.

    Parameters
    ----------
    days : list of str
        ISO dates from 2010-05-01 on.
    folder : str or Path, optional
        Folder of the images; the user's cache by default.
    channels : tuple of str
        Channels to fetch.
    host : str
        Address of the archive.
    progress : callable, optional
        Called with (bytes so far, bytes in all).

    Returns
    -------
    count : int
        Number of images that are now available.
    failures : list of (str, str)
        File name and reason of each image that is not.

    Raises
    ------
    InputError
        If no image is available and the archive is unreachable, or a day precedes the archive.

    Examples
    --------
    >>> fetch_days([])
    (0, [])
    """
    count, failures, reachable = 0, [], None
    for day in days:
        urls = day_urls(day, channels, host).values()
        missing = [url for url in urls if not _cached_file(url, day_folder(day, folder))]
        if missing and reachable is None:
            reachable = _host_answers(host)
        if missing and not reachable:
            failures += [(Path(url).name, f"cannot fetch {url}: {OFFLINE}") for url in missing]
            count += len(channels) - len(missing)
            continue
        paths, failed = fetch_day(day, folder, channels, host, progress)
        count, failures = count + len(paths), failures + failed
    if failures and not count:
        raise InputError(f"none of the {len(failures)} images can be had; first: {failures[0][1]}")
    return count, failures


def day_folder(day, folder=None):
    """Folder in which a day's images are kept."""
    return (Path(folder) if folder else cache_folder() / "sdo") / f"{parse_day(day):%Y-%m-%d}"


def _cached_file(url, folder):
    """Path of a file in the mirror or the folder, None when it is in neither."""
    here = folder / Path(url).name
    return here if here.is_file() else in_mirror(here.name)


def _fetch_image(url, folder, progress):
    """Path of one file, downloaded and read once when it was not at hand."""
    if found := _cached_file(url, folder):
        return found
    target = folder / Path(url).name
    download(url, target, None, progress)
    try:
        read_image(target)
    except InputError as error:
        target.unlink()
        raise InputError(f"{url} sent no image that can be used ({error}): nothing was kept; try later") from error
    return target


def _host_answers(host):
    """Whether the archive's machine answers at all."""
    try:
        requests.head(host, timeout=10)
    except requests.RequestException:
        return False
    return True
