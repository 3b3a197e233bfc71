"""Degradation of the AIA channels since the start of the mission: aiapy, with a response table of the AIA team.

`python scripts/solarchip/cut_response_table.py RESPONSE_TABLE` writes data/aia_degradation.csv.
"""

import warnings
from functools import cache
from importlib.resources import as_file, files
from inspect import signature

import astropy.units as u
import pandas as pd
from astropy.time import Time

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.images.channels import AIA

TABLE = files("flarebook.solarchip") / "data" / "aia_degradation.csv"
STALE = pd.Timedelta("365D")  # age from which the table's last value is told to be old


def degradation(channel, time, table=None):
    """Sensitivity of an AIA channel relative to the start of the mission, 1 then and lower later.

    channel: name; HMI and a channel that the table lacks, such as 4500: 1.  time: UTC.  table: what
    aiapy's get_correction_table takes ("JSOC", "SSW" or a file); None is the shipped one of December 2017.
    The last value is kept for dates after the table's own, with a MetadataWarning beyond a year: its polynomial would
    take 304 to 0 in 2020.  Raises InputError before the mission, or when the table cannot be read.
    """
    rows, made = _read_table(table)
    if channel not in AIA or not any(rows["WAVELNTH"].value == int(channel)):
        return 1.0
    time = pd.Timestamp(time)
    if time > made + STALE:
        warnings.warn(
            f"the degradation of AIA {channel} at {time:%Y-%m-%d} is that of {made:%Y-%m-%d}, the date of the response "
            "table: give a newer one",
            MetadataWarning,
            stacklevel=2,
        )
    return _sensitivity(channel, min(time, made), table)


@cache
def _sensitivity(channel, time, table):
    """aiapy's degradation at a time within the table."""
    from aiapy.calibrate import degradation as sensitivity

    rows = _read_table(table)[0]
    options = {"correction_table": rows}
    if "calibration_version" in signature(sensitivity).parameters:  # since aiapy 0.12, whose default is the newest
        options["calibration_version"] = int(rows["VER_NUM"][rows["WAVELNTH"].value == int(channel)].max())
    try:
        return float(sensitivity(int(channel) * u.angstrom, Time(time), **options)[0])
    except ValueError as error:
        raise InputError(f"the sensitivity of AIA {channel} at {time:%Y-%m-%d} is unknown: {error}") from error


@cache
def _read_table(table):
    """A response table as aiapy reads it, and the date at which it was made."""
    try:
        from aiapy.calibrate.utils import get_correction_table
    except ModuleNotFoundError:  # before aiapy 0.12, the newest for Python 3.11
        from aiapy.calibrate.util import get_correction_table

    try:
        with as_file(TABLE) as shipped:
            rows = get_correction_table(table or shipped)
    except Exception as error:  # aiapy, astropy and requests each have their own
        raise InputError(f"the response table {table} cannot be read ({error}): give JSOC, SSW or a file") from error
    return rows, pd.Timestamp(max(rows["DATE"]))
