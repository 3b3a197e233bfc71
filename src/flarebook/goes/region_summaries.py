"""NOAA's Solar Region Summaries: each day's sunspot groups with location, area, McIntosh and magnetic class."""

from pathlib import Path

import pandas as pd

from flarebook.compendium.data.reading import file_reader, read_text_table
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import FIRST_TIME, last_time
from flarebook.goes.quality import note

NAMES = {  # column of ours: that of the summaries' compiled table
    "region": "ar_noaanum",
    "location": "LOCATION",
    "area": "AREA",
    "mcintosh": "Z",
    "extent": "Longitude_extent",
    "n_spots": "No_sunspots",
    "magnetic_class": "MAGTYPE",
    "issued": "date",
}
NUMBERS = ("region", "area", "extent", "n_spots")
PLACE = r"[NS][0-8]\d[EW](\d\d|0\d\d|1[0-7]\d)"
MISSPELT = "NM"  # heading of the number of spots in one report
MCINTOSH = r"[A-FH][XRSAHK][XOIC]"  # modified Zurich class, penumbra of the largest spot, distribution
MAGNETIC = r"ALPHA|(BETA|GAMMA|DELTA)(-(GAMMA|DELTA))*"
UNITS = {"latitude": "deg", "longitude": "deg", "area": "1e-6 solar hemisphere", "extent": "deg"}


@file_reader("a table of NOAA's region summaries")
def read_region_summaries(path: str | Path) -> pd.DataFrame:
    """Read the daily sunspot groups of NOAA's Solar Region Summaries, compiled as one CSV.

    Parameters
    ----------
    path : str or Path
        CSV with the columns ar_noaanum, LOCATION, AREA, Z, Longitude_extent, No_sunspots, MAGTYPE and date.

    Returns
    -------
    pandas.DataFrame
        Columns issued (UTC), valid (24:00 UTC of the day before, to which NOAA rotates the locations), region, latitude
        and longitude (degrees, Stonyhurst, west positive), area (millionths of the hemisphere), mcintosh, extent
        (degrees of longitude), n_spots and magnetic_class; one row a group and report, in order of time.
        `attrs["units"]` holds the units.

    Raises
    ------
    InputError
        If columns are missing, or a value is none that a summary can have.

    Warns
    -----
    MetadataWarning
        Units and the time of the locations, which the table does not state, and days without a row.

    References
    ----------
    NOAA Space Weather Prediction Center, "Solar Region Summary"; McIntosh 1990, Solar Physics 125, 251.
    """
    path = Path(path)
    table = read_text_table(path).rename(columns=str.strip)
    missing = [name for name in NAMES.values() if name not in table]
    if missing:
        raise InputError(f"{path.name} has no column {', '.join(missing)}: give NOAA's region summaries as one table")
    if not len(table):
        raise InputError(f"{path.name} holds no sunspot group: give NOAA's region summaries as one table")
    if MISSPELT in table:
        table["No_sunspots"] = table["No_sunspots"].where(table["No_sunspots"] != "", table[MISSPELT])
    groups = pd.DataFrame({ours: table[name].str.strip() for ours, name in NAMES.items()})
    for name in NUMBERS:
        groups[name] = _checked(groups[name], r"\d{1,5}", path.name).astype(float)
    _checked(groups["mcintosh"], MCINTOSH, path.name)
    _checked(groups["magnetic_class"], MAGNETIC, path.name)
    issued = pd.to_datetime(groups["issued"], format="%Y-%m-%d %H:%M", errors="coerce")
    issued = issued.where(issued.between(FIRST_TIME, last_time())).astype("datetime64[ns]")
    _checked(groups["issued"], issued.notna(), path.name)
    places = _degrees(_checked(groups.pop("location"), PLACE, path.name))
    groups = groups.assign(issued=issued, valid=issued.dt.floor("D"), **places)
    _note_gaps(groups, path.name)
    groups = groups.sort_values(["issued", "region"], kind="stable", ignore_index=True)
    groups.attrs["units"] = dict(UNITS)
    return groups[["issued", "valid", "region", *places, "area", "mcintosh", "extent", "n_spots", "magnetic_class"]]


def _checked(column, pattern, name):
    """A column of text that matches a pattern throughout; InputError names the first row that does not.

    pattern: regular expression, or bool for each row.
    """
    wrong = ~(column.str.fullmatch(pattern) if isinstance(pattern, str) else pattern)
    if wrong.any():
        row = wrong.to_numpy().argmax()
        raise InputError(
            f"row {row + 1} of {name} has the {column.name} {column.iloc[row]!r}, as no region summary has: correct it"
        )
    return column


def _degrees(location):
    """Latitude, north positive, and longitude, west positive, of places such as N11W06: {name: degrees}."""
    parts = location.str.extract(r"(?P<ns>[NS])(?P<latitude>\d\d)(?P<ew>[EW])(?P<longitude>\d+)")
    north, west = parts["ns"].map({"N": 1.0, "S": -1.0}), parts["ew"].map({"W": 1.0, "E": -1.0})
    return {
        "latitude": north * parts["latitude"].astype(float),
        "longitude": west * parts["longitude"].astype(float),
    }


def _note_gaps(groups, name):
    """Report what the table leaves open."""
    days = pd.DatetimeIndex(groups["valid"].unique())
    absent = pd.date_range(days.min(), days.max()).difference(days)
    note(name, "states no units: areas are millionths of the hemisphere and places degrees, as NOAA documents")
    note(name, "does not say when its locations hold: 24:00 UT of the day before the report, as NOAA documents")
    if len(absent):
        note(
            name,
            f"has no group on {len(absent)} of {len(absent) + len(days)} days, the first {absent[0]:%Y-%m-%d}: a "
            "spotless Sun and a missing report look alike",
        )
