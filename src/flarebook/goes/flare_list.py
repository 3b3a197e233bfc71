"""Read a flare list: the CSV of HEK or sunpy, this project's own, NOAA's daily events text, or lists made of it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.reading import TABLE_BYTES, file_reader, read_text_table
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import COLUMNS, FIRST_TIME, UNITS, class_fluxes, flux_to_class, last_time
from flarebook.goes.quality import note
from flarebook.goes.scales import FIRST_TRUE_SATELLITE, OPERATIONAL, TRUE, scale_of_lists

NAMES = {  # column of ours: those of HEK (sunpy's Fido, hek.HEKClient), of the SSW list, and others in use
    "start": ("start", "event_starttime", "start_time", "starttime"),
    "peak": ("peak", "event_peaktime", "peak_time", "peaktime", "max_time"),
    "end": ("end", "event_endtime", "end_time", "endtime"),
    "goes_class": ("goes_class", "fl_goescls", "goescls", "class"),
    "scale": ("scale",),
    "region": ("region", "noaa_ar", "ar_noaanum"),
    "longitude": ("longitude", "hgs_lon", "hgs_x"),
    "latitude": ("latitude", "hgs_lat", "hgs_y"),
}
PLACE = {"region": "", "longitude": "deg", "latitude": "deg"}  # NOAA's number; Stonyhurst; only of lists that have them
LIMITS = {"region": (0, 99_999), "longitude": (-180, 180), "latitude": (-90, 90)}
TIMES = ("start", "peak", "end")
ABSENT = ("", "nan", "nat", "none", "null", "--", "////")  # as lists write a value that they do not have
ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
DAY, LONGEST = pd.Timedelta("1D"), pd.Timedelta("12h")  # from start to peak, and from peak to end
SAME_FLARE = pd.Timedelta("2min")  # between the peaks of two reports: NOAA's onset takes four minutes
EVENT = re.compile(
    r"(?P<start>\S+)\s+(?P<peak>\S+)\s+(?P<end>\S+)\s+(?P<obs>\S+)\s+\S+\s+XRA\s+1-8A\s+(?P<goes_class>\S+)"
)
CLOCK = re.compile(r"(?P<limit>[ABEU]?)(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)")


@file_reader("a flare list, a CSV or an events file of NOAA")
def read_flare_list(path: str | Path) -> pd.DataFrame:
    """Read a flare list.

    Parameters
    ----------
    path : str or Path
        A CSV with the columns of HEK, sunpy or this package and ISO times, packed or not, whose peaks may be HHMM on
        the day of the start, or a YYYYMMDDevents.txt of NOAA.

    Returns
    -------
    pandas.DataFrame
        Columns start, peak, end (UTC, NaT where missing), peak_flux (W/m2), goes_class and its scale, in order of time;
        region (NOAA's number), longitude and latitude (Stonyhurst, deg) when the list has them, NaN where it does not.
        Rows without a class are dropped, and duplicate reports of a flare are merged.  `attrs["day"]` is the day of an
        events file, which may be without flares; `attrs["units"]` holds the unit.

    Raises
    ------
    InputError
        If the file is missing or cannot be parsed, or a class, a time, or the order of times is impossible.

    Warns
    -----
    MetadataWarning
        If rows have no class or no peak, pass midnight with one date, or the list does not state its scale.

    Examples
    --------
    >>> from pathlib import Path
    >>> from flarebook.goes import read_flare_list
    >>> import tempfile, warnings
    >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # the list does not state its scale
    ...     path = Path(folder) / "flares.csv"
    ...     _ = path.write_text("peak,goes_class\\n2012-03-07T00:24,X5.4\\n")
    ...     read_flare_list(path)[["goes_class", "scale"]].to_numpy().tolist()
    [['X5.4', 'operational']]
    """
    path = Path(path)
    if path.stat().st_size > TABLE_BYTES:
        raise InputError(f"{path.name} has {path.stat().st_size:.3g} bytes, more than {TABLE_BYTES:.3g}: split it")
    with open(path, encoding="utf-8", errors="replace") as stream:
        head = stream.read(1000)
    events = path.name.endswith("events.txt") or re.search(r"^:(Product|Date):", head, re.MULTILINE)
    table = _read_noaa_events(path) if events else _read_csv(path)
    table = _with_class(table, path.name)
    _check_times(table, path.name)
    missing = table["peak"].isna()
    if missing.any():
        first = table[missing].iloc[0]
        note(
            path.name,
            f"has {missing.sum()} flares without a peak time, the first of class {first['goes_class']} at "
            f"{flare_times(table)[missing].iloc[0]}: its start, or else its end, stands for it in labels",
        )
    if table["scale"].isna().any():
        table["scale"] = table["scale"].fillna(pd.Series(scale_of_lists(flare_times(table)), table.index))
        note(
            path.name,
            "does not state its scale: classes were taken as NOAA lists them, on the operational scale before GOES-16 "
            "(2019-12-09) and on the true one since",
        )
    flares = merge_reports([table])
    flares.attrs = table.attrs | {"units": dict(UNITS)}
    return flares


def write_flare_list(path, flares):
    """Write flares as a CSV that `read_flare_list` reads.  flares: table of start, peak, end and a class or flux."""
    if "goes_class" not in flares:
        flares = flares.assign(goes_class=flares["peak_flux"].map(flux_to_class))
    with atomic_write(path) as partial:
        flares.to_csv(partial, index=False, date_format="%Y-%m-%dT%H:%M:%S")


def flare_times(flares):
    """Time at which each flare counts: its peak, or its start or end where the peak is missing: Series."""
    times = pd.to_datetime(flares["peak"])
    for name in ("start", "end"):
        times = times.fillna(pd.to_datetime(flares[name])) if name in flares else times
    return times


def merge_reports(tables):
    """One row a flare, in order of time: DataFrame of COLUMNS, and of PLACE where a table has them.

    tables: of COLUMNS, those that count more first.  Reports with peaks within two minutes are one flare, of which the
    first table's is kept, and within a table the largest.
    """
    table = pd.concat([part for part in tables if len(part)] or tables[:1], ignore_index=True)
    rank = np.repeat(np.arange(len(tables)), [len(part) for part in tables])
    times = flare_times(table).to_numpy("datetime64[ns]")
    order = np.lexsort([-table["peak_flux"].to_numpy(float), rank, times])
    table, rank, times = table.iloc[order].reset_index(drop=True), rank[order], pd.Series(times[order])
    alone = table["peak"].isna()  # a flare of unknown peak is no report of another
    flare = ((times.diff() > SAME_FLARE) | alone | alone.shift(fill_value=False)).cumsum()
    kept = np.lexsort([-table["peak_flux"].to_numpy(float), rank, flare])
    first = np.sort(kept[np.unique(flare.to_numpy()[kept], return_index=True)[1]])
    return table.iloc[first].reset_index(drop=True)[[*COLUMNS, *(name for name in PLACE if name in table)]]


def _read_csv(path):
    """Our columns of a CSV, whatever they are called there, with times parsed."""
    table = read_text_table(path, skipinitialspace=True)
    known = {name.strip().lower(): name for name in table}
    found = {ours: next((known[name] for name in names if name in known), None) for ours, names in NAMES.items()}
    for ours in ("peak", "goes_class"):
        if found[ours] is None:
            raise InputError(
                f"{path.name} has no column {ours!r} or {NAMES[ours][1]!r} among {str(list(table))[:80]}: give a flare "
                "list with commas between its columns"
            )
    found = {ours: name for ours, name in found.items() if name or ours not in PLACE}
    table = pd.DataFrame({ours: table[name] if name else None for ours, name in found.items()}, table.index)
    table = table.apply(lambda column: column.str.strip() if column.notna().any() else column)
    table = table.mask(table.apply(lambda column: column.isna() | column.str.lower().isin(ABSENT)))
    peaks = table.pop("peak")
    clocks = table["start"].notna().all() and peaks.dropna().astype(str).str.fullmatch(CLOCK).all()
    for name in ("start", "end"):
        table[name] = _iso_times(table[name], path.name)
    table["peak"] = _clock_times(peaks, table["start"], table["end"]) if clocks else _iso_times(peaks, path.name)
    return table.assign(**{name: _numbers(table[name], path.name) for name in PLACE if name in table})


def _clock_times(text, start, end):
    """Peaks of HHMM, on the day of the start or the next: Series of datetime64, NaT for a limit, or after the end."""
    clock = text.astype(str).str.extract(CLOCK).astype({"hour": float, "minute": float})
    minutes = (60 * clock["hour"] + clock["minute"]).mask(clock["limit"].isin(("A", "B")))
    times = start.dt.floor("D") + pd.to_timedelta(minutes, "min")
    times = times.mask(times < start.dt.floor("min"), times + DAY)
    return times.mask(times > end.mask(end < start, end + DAY)).astype("datetime64[ns]")


def _numbers(text, name):
    """Numbers of a column of text, NaN where missing, and 0 as a region is; InputError for anything else."""
    values = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = text.notna() & values.isna()
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise InputError(f"row {row + 1} of {name} has the {text.name} {text.iloc[row]!r}, no number: correct it")
    low, high = LIMITS[text.name]
    wrong = ~(values.isna() | values.between(low, high))
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise InputError(
            f"row {row + 1} of {name} has the {text.name} {text.iloc[row]!r}, not from {low} to {high}: correct it"
        )
    return values.mask(values == 0) if text.name == "region" else values


def _iso_times(text, name):
    """Times in UTC of a column of text: Series of datetime64, NaT where missing; InputError for all but ISO times."""
    leap = text.str.replace(r"(\d\d:\d\d):60", r"\1:59", regex=True)  # no datetime64 holds a leap second
    leap = leap.where(text.str.fullmatch(ISO).fillna(False))
    times = pd.to_datetime(leap, utc=True, format="ISO8601", errors="coerce")
    wrong = text.notna() & times.isna()
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise InputError(
            f"row {row + 1} of {name} has the {text.name} {text.iloc[row]!r}, which is not an ISO time such as "
            "2014-03-29T17:48: correct it"
        )
    return times.dt.tz_localize(None).astype("datetime64[ns]")


def _with_class(table, name):
    """The rows that have a class, with their fluxes; the others, and classes that are limits, are reported."""
    absent = table["goes_class"].isna()
    if absent.any():
        note(name, f"has {absent.sum()} rows without a GOES class, which are left out")
    table = table[~absent].reset_index(drop=True)
    table["goes_class"] = table["goes_class"].astype(str)
    commas = table["goes_class"].str.fullmatch(r"[A-Za-z]\d+,\d")
    if commas.any():
        note(
            name,
            f"has {commas.sum()} classes with a comma, such as {table['goes_class'][commas].iloc[0]}: read as a point",
        )
        table["goes_class"] = table["goes_class"].str.replace(",", ".")
    flux = class_fluxes(table["goes_class"], name)
    limits = table["goes_class"][~table["goes_class"].str.fullmatch(r"[A-Za-z]\d+\.?\d*")]
    if len(limits):
        note(name, f"has {len(limits)} classes that are lower limits, such as {limits.iloc[0]}")
    unknown = table["scale"].dropna()[~table["scale"].dropna().isin((OPERATIONAL, TRUE))]
    if len(unknown):
        raise InputError(f"{name} has the scale {unknown.iloc[0]!r}, not {OPERATIONAL!r} or {TRUE!r}: correct it")
    return table.assign(peak_flux=flux, goes_class=table["goes_class"].str.upper())


def _check_times(table, name):
    """Bring the times of each flare into order: one that passes midnight may have the date of its start throughout.

    Raises InputError for impossible years, for flares without any time, and for any other order.
    """
    known = table[list(TIMES)]
    passed = np.zeros(len(table), bool)
    for earlier, later in (("start", "peak"), ("start", "end"), ("peak", "end")):
        before = table[later] < table[earlier]
        moved = before & (table[later] + DAY - table[earlier] <= LONGEST)
        table.loc[moved, later] += DAY
        passed |= moved.to_numpy()
    wrong = (known < FIRST_TIME).any(axis=1) | (known > last_time()).any(axis=1) | known.isna().all(axis=1)
    for earlier, later in (("start", "peak"), ("peak", "end"), ("start", "end")):
        wrong |= (table[later] < table[earlier]) | (table[later] - table[earlier] > 2 * LONGEST)
    if wrong.any():
        row = table[wrong].iloc[0]
        times = ", ".join(f"{part} {row[part]}" for part in TIMES)
        raise InputError(
            f"{name} has {wrong.sum()} flares with impossible times, the first of class {row['goes_class']} with "
            f"{times}: correct it"
        )
    if passed.any():
        note(name, f"has {passed.sum()} flares that pass midnight with one date: a day was added to the later times")


def _read_noaa_events(path):
    """X-ray flares (XRA, 1-8A) of NOAA's events text of one day, which its line `:Date:` states."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    dates = ["-".join(line.split(":Date:")[1].split()) for line in lines if line.startswith(":Date:")]
    if len(set(dates)) > 1:
        raise InputError(f"{path.name} holds the events of {', '.join(dates[:3])}: give one file a day, as NOAA does")
    midnight = pd.to_datetime(*dates[:1] or [""], format="%Y-%m-%d", errors="coerce")
    if pd.isna(midnight):
        raise InputError(f"{path.name} has no line :Date: with a date, so that its day is unknown: fetch it again")
    rows = []
    for line in lines:
        if " XRA " in line and not line.startswith("#"):
            event = EVENT.search(line)
            if not event:
                raise InputError(f"{path.name} has the event {line!r}, which is cut or not NOAA's: fetch it again")
            satellite = re.fullmatch(r"G(\d+)", event["obs"])
            scale = None if not satellite else TRUE if int(satellite[1]) >= FIRST_TRUE_SATELLITE else OPERATIONAL
            rows.append((*_event_times(event, midnight, path.name), event["goes_class"], scale))
    table = pd.DataFrame(rows, columns=[*TIMES, "goes_class", "scale"])
    table = table.astype(dict.fromkeys(TIMES, "datetime64[ns]") | {"goes_class": object, "scale": object})
    table.attrs["day"] = midnight
    return table


def _event_times(event, midnight, name):
    """Start, peak and end of an event; a time before an earlier one belongs to the next day.

    NaT where NOAA writes "////", or a limit: B, before, and A, after.
    """
    times, latest = [], midnight
    for part in TIMES:
        clock = CLOCK.fullmatch(event[part])
        if not clock and "/" not in event[part]:
            raise InputError(f"{name} has the {part} {event[part]!r}, which is not a time as HHMM: fetch it again")
        if not clock or clock["limit"] in ("A", "B"):
            times.append(pd.NaT)
            continue
        time = midnight + pd.Timedelta(hours=int(clock["hour"]), minutes=int(clock["minute"]))
        latest = time if time >= latest else time + DAY
        times.append(latest)
    return times
