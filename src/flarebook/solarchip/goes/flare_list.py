"""Read a flare list: the CSV of HEK or sunpy, this project's own, or NOAA's daily events text."""

from pathlib import Path

import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.solarchip.goes.classes import COLUMNS, class_to_flux, flux_to_class

NAMES = {  # column of ours: those of HEK (sunpy's Fido, hek.HEKClient), of the SSW list, and others in use
    "start": ("start", "event_starttime", "start_time", "starttime"),
    "peak": ("peak", "event_peaktime", "peak_time", "peaktime", "max_time"),
    "end": ("end", "event_endtime", "end_time", "endtime"),
    "goes_class": ("goes_class", "fl_goescls", "goescls", "class"),
}


def read_flare_list(path: str | Path) -> pd.DataFrame:
    """Read a flare list.

    Parameters
    ----------
    path : str or Path
        A CSV with the columns of HEK, sunpy or this package, or a YYYYMMDDevents.txt of NOAA.

    Returns
    -------
    pandas.DataFrame
        Columns start, peak, end (UTC), peak_flux (W/m2) and goes_class in the order of the peaks.  Rows without a class
        are dropped, and duplicate reports of a flare are merged.  Classes keep the scale of the list.

    Raises
    ------
    InputError
        If the file is missing or cannot be parsed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from flarebook.solarchip import read_flare_list
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "flares.csv"
    ...     _ = path.write_text("peak,goes_class\\n2012-03-07T00:24,X5.4\\n")
    ...     read_flare_list(path)["goes_class"].tolist()
    ['X5.4']
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no flare list {path}: give a CSV, or an events file of NOAA")
    table = _read_noaa_events(path) if path.name.endswith("events.txt") else _read_csv(path)
    try:
        for name in ("start", "peak", "end"):
            table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path.name} has a {name} that is no time ({error}): correct that row") from error
    table = table[table["goes_class"].fillna("").astype(str).str.strip() != ""].sort_values("peak", kind="stable")
    table = table.drop_duplicates(["peak", "goes_class"]).reset_index(drop=True)
    return table.assign(peak_flux=table["goes_class"].map(class_to_flux).astype(float))[list(COLUMNS)]


def write_flare_list(path, flares):
    """Write flares as a CSV that `read_flare_list` reads.  flares: table of start, peak, end and a class or flux."""
    if "goes_class" not in flares:
        flares = flares.assign(goes_class=flares["peak_flux"].map(flux_to_class))
    with atomic_write(path) as partial:
        flares.to_csv(partial, index=False, date_format="%Y-%m-%dT%H:%M:%S")


def _read_csv(path):
    """Our columns of a CSV, whatever they are called there."""
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} is no CSV ({error}): give a flare list") from error
    known = {name.lower(): name for name in table}
    found = {ours: next((known[name] for name in names if name in known), None) for ours, names in NAMES.items()}
    for ours in ("peak", "goes_class"):
        if found[ours] is None:
            raise InputError(f"{path.name} has no column {ours!r} or {NAMES[ours][1]!r}: give a flare list")
    return pd.DataFrame({ours: table[name] if name else pd.NaT for ours, name in found.items()})


def _read_noaa_events(path):
    """X-ray flares (XRA, 1-8A) of NOAA's events text of one day; its name or `:Date:` line tells the day."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    day = next((line.split(":Date:")[1].split() for line in lines if line.startswith(":Date:")), None)
    if day is None:
        raise InputError(f"{path.name} has no line :Date: and is no events file of NOAA")
    midnight = pd.Timestamp("-".join(day))
    rows = [line.replace("+", " ").split() for line in lines if " XRA " in line and "1-8A" in line]
    table = [(*_event_times(row, midnight), row[row.index("1-8A") + 1]) for row in rows]
    return pd.DataFrame(table, columns=["start", "peak", "end", "goes_class"])


def _event_times(row, midnight):
    """Start, peak and end from the three HHMM of a row; a time before the start belongs to the next day."""
    place = next(number for number, word in enumerate(row) if number and word[-4:].isdigit() and len(word) in (4, 5))
    times = [midnight + pd.Timedelta(hours=int(w[-4:-2]), minutes=int(w[-2:])) for w in row[place : place + 3]]
    return [time if time >= times[0] else time + pd.Timedelta(days=1) for time in times]
