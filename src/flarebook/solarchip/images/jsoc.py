"""The Joint Science Operations Center: addresses of the eleven images of a day, and fetching them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pandas as pd

from flarebook.compendium.data.batch import check_parameters, matches
from flarebook.compendium.data.download import archive_file, fetch
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.read import read_image

HOST = "https://jsoc1.stanford.edu/data"
FIRST, LAST = date(2010, 5, 1), date(2024, 12, 31)  # of the study's days
NAMES = ("AIA[0-9]*.fits", "hmi.M_720s.*.fits")  # patterns of the archive's files


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


def image_file(day, channel, host=HOST):
    """File of a channel on a day at the JSOC, kept in the folder of its day: DataFile."""
    url = image_url(day, channel, host)
    return archive_file(url, saved_as=f"sdo/{parse_day(day)}/{url.rsplit('/', 1)[1]}")


def parse_day(day):
    """Day as datetime.date; InputError for a text that is none, or for a day before the first images."""
    try:
        found = datetime.strptime(str(day), "%Y-%m-%d").date()
    except ValueError as error:
        raise InputError(f"{day!r} is no day: write it as 2014-03-29") from error
    if not found >= FIRST:
        raise InputError(f"there are no images of {found}: the series begins on {FIRST}")
    return found


def fetch_days(
    days: list[str],
    folder: str | Path | None = None,
    channels: tuple[str, ...] = CHANNELS,
    host: str = HOST,
    progress: Callable | None = None,
    jobs: int = 1,
) -> tuple[int, list[tuple[str, str]]]:
    """Fetch the images of several days from the JSOC; those that are available are not fetched again.

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
        Wraps the iterable of days, which advances when the images of a day are done.
    jobs : int
        Images that are fetched at a time.  Whatever their number, at most four connections go to one host.

    Returns
    -------
    count : int
        Number of images that are now available.
    failures : list of (str, str)
        File name and reason of each image that is not, in the order of the days.

    Raises
    ------
    InputError
        If no image is available and the archive is unreachable, or a day precedes the archive.

    Examples
    --------
    >>> from flarebook.solarchip import fetch_days
    >>> fetch_days([])
    (0, [])
    """
    wanted = [[image_file(day, channel, host) for channel in channels] for day in days]

    def fetch_one(place):
        number, file = place
        try:
            return fetch(file, check=check_file, folder=day_folder(days[number], folder)) and None
        except InputError as error:
            return file.name, str(error)

    count, failures = 0, []
    with ThreadPool(jobs) as pool:
        results = pool.imap(fetch_one, [(number, file) for number, files in enumerate(wanted) for file in files])
        for day, files in zip(days, (progress or iter)(wanted), strict=True):
            failed = [next(results) for _ in files]
            with suppress(OSError):  # it holds images, or was never made
                day_folder(day, folder).rmdir()
            failures += [failure for failure in failed if failure]
            count += failed.count(None)
    if failures and not count:
        raise InputError(f"none of the {len(failures)} images can be had; first: {failures[0][1]}")
    return count, failures


def expand_days(texts):
    """Days of texts such as 2011-02-15, or 2011-02-15..2011-03-14 with both ends: [ISO text].

    Raises InputError for a text that is no day, and for a range that ends before it starts.
    """
    days = []
    for text in texts:
        first, _, last = str(text).partition("..")
        first, last = parse_day(first), parse_day(last or first)
        if last < first:
            raise InputError(f"{text!r} ends before it starts: write it as 2011-02-15..2011-03-14")
        days += [f"{first + timedelta(days=number)}" for number in range((last - first).days + 1)]
    return days


def missing_by_day(days, failures, channels=CHANNELS):
    """Table of the images that a fetch did not bring: day, channel, file and reason.

    failures: of `fetch_days`.
    """
    places = {jsoc_file_name(day, channel): (day, channel) for day in days for channel in channels}
    rows = [(*places[name], name, reason) for name, reason in failures]
    return pd.DataFrame(rows, columns=["day", "channel", "file", "reason"])


def archive_files(parameters, only=(), resolve=True, skipped=None, host=HOST):
    """Images of the JSOC, days by channels: list of DataFile.

    parameters: {"start", "end": ISO days, both included; "channels": "hmi,171"}, each optional.  only: patterns, one of
    which must match a file's name.  Addresses follow from the days, so nothing is resolved, and no day is skipped.
    Raises InputError for other parameters, days and channels.
    """
    check_parameters(parameters, ("start", "end", "channels"))
    days = expand_days([f"{parameters.get('start', FIRST)}..{parameters.get('end', LAST)}"])
    channels = [text for text in parameters.get("channels", ",".join(CHANNELS)).split(",") if text]
    files = [image_file(day, channel, host) for day in days for channel in channels]
    return [file for file in files if matches(only, file.name)]


def typical_size(name):
    """Bytes of a file that is not here: those of a typical one in the manifest, where its origin stands."""
    return 13_700_000 if name.startswith("hmi") else 960_000


def check_file(path):
    """Raise an error for a file of the archive that is not an image of the Sun, or not the one that its name says."""
    image = read_image(path)
    if image.channel not in CHANNELS or jsoc_file_name(image.time.round("h").date(), image.channel) != path.name:
        held = f"{image.channel} at {image.time:%Y-%m-%d %H:%M:%S}"
        raise InputError(f"{path.name} holds an image of {held}, not the one that its name says")


def day_folder(day, folder=None):
    """Folder in which a day's images are kept."""
    return (Path(folder) if folder else cache_folder() / "sdo") / f"{parse_day(day):%Y-%m-%d}"
