"""The STIX data centre's image archive: addresses, its query service, and maps fetched once."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flarebook.compendium.data.batch import check_parameters, matches
from flarebook.compendium.data.cache import DAY, read_listing
from flarebook.compendium.data.download import archive_file, fetch, locate
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError
from flarebook.stix.maps.file_names import PUBLISHED, parse_name, published_names
from flarebook.stix.maps.fits_map import read_map

HOST = "https://datacenter.stix.i4ds.net"
NAMES = ("stix_*.fits",)  # patterns of the archive's files
UID = re.compile(r"\d{10}")
BANDS = ("4-10", "16-28")  # keV, of the poster's images
WINDOW = 7  # days asked for at once
YEARS = 2020, 2100  # Solar Orbiter was launched in the first; the last is excluded


def map_url(filename, host=HOST):
    """Address of an archive file, from its name alone.

    filename: of the older scheme (.../image-archive/UID/NAME) or the newer (.../image-archive/YYYY/MM/DD/HH/NAME).
    Raises InputError for any other name.
    """
    told = parse_name(filename)
    old = "_uid_" in told["filename"]
    folder = told["uid"] if old else told["start"][:13].replace("-", "/").replace("T", "/")
    return f"{host}/image-archive/{folder}/{told['filename']}"


def query_maps(start=None, end=None, flare_id=None, host=HOST):
    """Names of the CLEAN maps that the data centre lists for a flare or a time range: sorted list of str.

    start, end: ISO text, UTC; flare_id: ten digits, instead of the times.  Sent as a form by POST.
    Raises InputError without a network, for an answer that is no JSON, or one that reports an error.
    """
    url = f"{host}/api/request/imaging/flare"
    form = {"flare_id": flare_id} if flare_id else {"start_utc": start, "end_utc": end}
    answer = read_listing(url, form, _max_age(end), lambda text: _parse(text, url, form))
    return sorted({name for name in _texts(_parse(answer, url, form)) if _is_clean(name)})


def _max_age(end):
    """Seconds for which the answer to a query is kept: a day, and a month where its range ended months ago."""
    settled = end and datetime.now(UTC).replace(tzinfo=None) - _time(end) > timedelta(days=60)
    return 30 * DAY if settled else DAY


def _parse(answer, url, form):
    """Content of the answer to a query; InputError when it is no JSON, or reports an error."""
    try:
        found = json.loads(answer)
        _texts(found)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, or an integer of thousands of digits
        raise InputError(f"{url} sent no JSON: the service has changed or is down; try later") from error
    if isinstance(found, dict) and found.get("error"):
        raise InputError(f"the data centre cannot answer for {form}: {str(found['error'])[:200]}")
    return found


def query_archive(start, end, band="", host=HOST, window=WINDOW, skipped=None):
    """Yield the names of all CLEAN maps between two times, in order of their start, each once.

    start, end: ISO text, UTC, end excluded; band: keV, such as "4-10", empty for all; window: days asked for at once.
    The service states no limit of an answer, so the range is asked for window by window, and one that fails is halved
    down to a day.  A day that fails is noted in `skipped`, a list of sentences, where one is given, and all in one
    sentence if none answers; else it raises.
    Raises InputError for times that are none, in the wrong order or of impossible years, and another band.
    """
    first, last = (_time(text) for text in (start, end))
    if not first < last:
        raise InputError(f"the range from {start} to {end} holds no time: give an end after the start")
    if first.year < YEARS[0] or last.year >= YEARS[1]:
        raise InputError(f"the range from {start} to {end} leaves the years {YEARS[0]} to {YEARS[1] - 1}: correct it")
    if band and band not in BANDS:
        raise InputError(f"there is no band {band!r} among the archive's images: choose one of {', '.join(BANDS)}")
    seen, begin, failed = set(), first, []
    while begin < last:
        stop = min(begin + timedelta(days=window), last)
        for name in _query_window(begin, stop, host, failed, skipped is None):
            parsed = parse_name(name)
            if name not in seen and band in ("", parsed["band"]) and first <= _time(parsed["start"]) < last:
                seen.add(name)
                yield name
        begin = stop
    if len(failed) > 1 and len(failed) == math.ceil((last - first) / timedelta(days=1)):  # one sentence a day
        failed = [f"the data centre answers for no day from {start} to {end}; first: {failed[0]}"]
    if skipped is not None:
        skipped += failed


def end_of_query(start):
    """The time a day after an ISO time, ISO text."""
    begin = _time(start)
    return (begin + min(timedelta(days=1), datetime.max - begin)).isoformat()


def _query_window(begin, stop, host, skipped, strict):
    """Names of one window, by start; halved where the service fails, until it is a day, which is noted or raises."""
    try:
        names = query_maps(begin.isoformat(), stop.isoformat(), host=host)
    except InputError as error:
        if stop - begin > timedelta(days=1):
            half = begin + timedelta(days=max(1, (stop - begin).days // 2))
            parts = ((begin, half), (half, stop))
            return [name for part in parts for name in _query_window(*part, host, skipped, strict)]
        if strict:
            raise
        skipped.append(f"{begin.isoformat()} to {stop.isoformat()}: {error}")
        return []
    return sorted(names, key=lambda name: (parse_name(name)["start"], name))


def _time(text):
    """Time in UTC of an ISO text, without its offset; InputError for another text."""
    try:
        time = datetime.fromisoformat(str(text))
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is no time: give ISO text in UTC, such as 2022-03-01") from error


def _texts(answer):
    """Last part of every text in a JSON answer, however deep: names of files, among others."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list):
        return [text for part in answer for text in _texts(part)]
    return [answer.rsplit("/", 1)[-1]] if isinstance(answer, str) else []


def _is_clean(name):
    """Whether a name is that of a CLEAN map in either scheme."""
    try:
        return parse_name(name)["product"] in ("clean_map", "clean_hpc")
    except InputError:
        return False


def archive_files(parameters, only=(), resolve=True, skipped=None, host=HOST):
    """CLEAN maps of the archive: list of DataFile.

    parameters: {} for the images that the poster kept, or {"start", "end", "band"} as of `query_archive`, of which end
    and band are optional.  only: patterns, one of which must match a file's name.  resolve: whether the list of
    published names is fetched where it is not here; a query is asked in any case, and its answers are kept.  skipped:
    list that receives a sentence for each day that fails.
    Raises InputError for other parameters, and without the published list.
    """
    check_parameters(parameters, ("start", "end", "band"))
    if start := parameters.get("start"):
        band, end = parameters.get("band", ""), parameters.get("end") or end_of_query(start)
        names = query_archive(start, end, band, host, skipped=skipped)
    elif parameters:
        raise InputError("end and band belong to a query: give start too")
    else:
        if not resolve and locate(dataset(PUBLISHED).files[0])[1] is None:
            raise InputError(f"the list of published names is not here: get it by `flarebook data fetch {PUBLISHED}`")
        names = published_names()["filename"]
    return [archive_file(map_url(name, host)) for name in names if matches(only, name)]


def typical_size(name):
    """Bytes of a file that is not here: those of the CLEAN file of 2021-11-01, in the older format."""
    return 1_353_600


def check_file(path):
    """Raise an error for a file of the archive that is not a CLEAN map, or one of another day than its name says."""
    found, named = read_map(path).start, parse_name(path.name)["start"]
    if found and abs(datetime.fromisoformat(found) - datetime.fromisoformat(named)) > timedelta(hours=1):
        raise InputError(f"{path.name} holds a map of {found}, not its own")


def find_names(item, host=HOST):
    """Names of the CLEAN maps meant by an archive name or a ten-digit uid: list of str.

    A uid is looked up in the published list, then by the query service for its day.
    Raises InputError for another text, or when neither knows the uid.
    """
    if not UID.fullmatch(str(item)):
        return [parse_name(item)["filename"]]
    listed = _published(str(item))
    if listed:
        return listed
    start, end = _day(str(item))
    queried = [name for name in query_maps(start, end, host=host) if parse_name(name)["uid"] == str(item)]
    if not queried:
        raise InputError(f"the data centre lists no CLEAN map of {item} on {start}: check the uid, or give a file name")
    return queried


def _published(uid):
    """Names with that uid in the published list; none when the list is out of reach."""
    try:
        names = published_names()
    except InputError:
        return []
    return names.loc[names["uid"] == uid, "filename"].tolist()


def _day(uid):
    """The day of a uid (YYMMDDnnnn) and the next, ISO text; InputError when it has none."""
    try:
        day = date.fromisoformat(f"20{uid[:2]}-{uid[2:4]}-{uid[4:6]}")
    except ValueError as error:
        raise InputError(f"{uid} does not begin with a day (YYMMDD): give the file's name instead") from error
    return day.isoformat(), (day + timedelta(days=1)).isoformat()


def map_fetcher(host: str = HOST) -> Callable:
    """Make the function that returns the path of an archive file, fetched where this machine holds no copy.

    Parameters
    ----------
    host : str
        Address of the data centre.

    Returns
    -------
    callable
        Takes the name of an archive file and returns its Path; raises InputError when the file cannot be fetched.

    Examples
    --------
    >>> from flarebook import stix
    >>> fetch = stix.map_fetcher()
    >>> fetch("map.fits")
    Traceback (most recent call last):
    flarebook.compendium.errors.InputError: 'map.fits' is not a name of the image archive: ...
    """
    return lambda filename: fetch(archive_file(map_url(filename, host)), check=check_file)
