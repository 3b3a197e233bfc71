"""From GOES records or flare lists to labels: the largest class in the hours after each image."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import UNITS, class_to_flux, find_flares, flux_to_class, reaches_class
from flarebook.goes.flare_list import flare_times, merge_reports, read_flare_list
from flarebook.goes.quality import note
from flarebook.goes.scales import on_common_scale
from flarebook.goes.xrs import read_xrs

if TYPE_CHECKING:
    import sunpy.timeseries

LEVELS = {"label_m": "M1.0", "label_c": "C1.0"}
LISTS = (".csv", ".txt", ".csv.gz")
XRS_NAME = re.compile(r"(go\d|goes|sci_g?xrs).*\.(fits|fits\.gz|nc)$")


def largest_peak_flux(flares, times, window="24h"):
    """Largest peak flux among the flares that peak after each time and no later than a window after it.

    flares: table with peak (time) and peak_flux (W/m2), or goes_class; times: (n,) ISO text or datetimes, UTC.
    Returns (n,) W/m2, 0 without a flare.  Raises InputError for a table without these columns.
    """
    peaks, fluxes = _sorted_peaks(flares)
    times = np.asarray(pd.to_datetime(pd.Series(times)), "datetime64[ns]")
    first = np.searchsorted(peaks, times, side="right")
    last = np.searchsorted(peaks, times + pd.Timedelta(window).to_timedelta64(), side="right")
    return np.array([fluxes[a:b].max(initial=0.0) for a, b in zip(first, last, strict=True)])


def label_table(flares, times):
    """Columns of the table of days that a flare list gives: peak_flux, max_class, label_m, label_c.

    flares, times: see `largest_peak_flux`.  max_class is "" and peak_flux 0 where no flare follows within 24 hours.
    label_m is the label of Pandey et al. 2023 (>= M1.0 in 24 h).
    """
    flux = largest_peak_flux(flares, times)
    labels = {name: reaches_class(flux, level).astype(int) for name, level in LEVELS.items()}
    return pd.DataFrame({"peak_flux": flux, "max_class": [flux_to_class(value) for value in flux], **labels})


def _sorted_peaks(flares):
    """Times of the peaks in order, and the fluxes there."""
    if "peak" not in flares or not {"peak_flux", "goes_class"} & set(flares):
        raise InputError(f"the flare list has {list(flares)}: give the columns peak and peak_flux, or goes_class")
    fluxes = flares["peak_flux"] if "peak_flux" in flares else flares["goes_class"].map(class_to_flux).astype(float)
    peaks = np.asarray(flare_times(flares), "datetime64[ns]")
    order = np.argsort(peaks, kind="stable")
    return peaks[order], np.asarray(fluxes, float)[order]


def label_days(
    paths: "str | Path | sunpy.timeseries.GenericTimeSeries | list[str | Path | sunpy.timeseries.GenericTimeSeries]",
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Detect flares in GOES records or read flare lists, and label each day at 00:00 UT.

    Parameters
    ----------
    paths : str, Path, sunpy.timeseries.sources.XRSTimeSeries or list of these
        FITS or netCDF records of the X-ray flux, flare lists (CSV, NOAA events), or folders of both; records that sunpy
        holds.

    Returns
    -------
    flares : pandas.DataFrame
        Columns start, peak, end, peak_flux (W/m2), goes_class and scale, which is one for all: that of the files, or
        "true" when they differ.  `attrs["units"]` of both tables holds the unit for
        `astropy.table.QTable.from_pandas`.
    days : pandas.DataFrame
        Columns time, peak_flux, max_class, label_m and label_c (M1.0 and C1.0 or above within 24 hours), for each day
        that a record covers, or from the first to the last flare of a list, those without a flare included.
    reasons : list of str
        One sentence per skipped file.

    Raises
    ------
    InputError
        If no file can be used.

    Warns
    -----
    MetadataWarning
        If files on the operational and the true scale were converted, if days between the flares of a list count as
        quiet, and as `read_xrs` and `read_flare_list`.

    Examples
    --------
    >>> from flarebook.goes import label_days
    >>> from flarebook.solarchip.datasets.load import FOLDER
    >>> flares, days, _ = label_days([FOLDER / "goes15_20110607.fits.gz"])
    >>> days["max_class"].tolist()
    ['M2.5']
    """
    records, lists, reasons = read_sources([paths] if _is_one(paths) else list(paths))
    if not records and not lists:
        raise InputError(
            f"none of the {len(reasons)} files can be used" + (f"; first: {reasons[0]}" if reasons else "")
        )
    return *label_sources(records, lists), reasons


def _is_one(paths):
    """Whether it is one path or object, and not a list of them."""
    return isinstance(paths, str | os.PathLike) or hasattr(paths, "to_dataframe")


def read_sources(paths):
    """GOES records and flare lists, all on one scale: ([XrayFlux], [table], one sentence per skipped file).

    paths: as `label_days`.
    """
    records, lists, reasons = [], [], []
    held = [source for source in paths if hasattr(source, "to_dataframe")]
    for path in [*held, *find_flare_files(source for source in paths if not hasattr(source, "to_dataframe"))]:
        with skipping(reasons):
            if isinstance(path, Path) and path.name.lower().endswith(LISTS):
                table = read_flare_list(path)
                if not len(table) and "day" not in table.attrs:  # an events file may be of a quiet day
                    raise InputError(f"{path.name} holds no flare, so that no day is covered: give a list with flares")
                lists.append(table)
            else:
                records.append(read_xrs(path))
    return *on_common_scale(records, lists), reasons


def label_sources(records, lists):
    """Flares of records and lists, and the labels of the days that they cover: two tables as of `label_days`."""
    flares = merge_reports([*([flares_of_records(records)] if records else []), *lists])
    days = covered_days(records, lists)
    times = pd.Series(days.strftime("%Y-%m-%dT%H:%M:%S"), name="time")
    days = pd.concat([times, label_table(flares, days)], axis=1)
    flares.attrs["units"] = days.attrs["units"] = dict(UNITS)
    return flares, days


def find_flare_files(items):
    """Files, and the GOES records and flare lists in folders and below: list of Path."""
    paths = []
    for item in map(Path, items):
        if not os.path.isdir(item):  # Path.is_dir raises for a file in a folder that may not be entered
            paths.append(item)
            continue
        inside = sorted(path for path in item.rglob("*") if os.path.isfile(path))
        paths += [path for path in inside if XRS_NAME.match(path.name) or path.name.lower().endswith(LISTS)]
    return paths


def flares_of_records(records):
    """Flares in joined records, so that one that goes on past midnight is one flare.

    records: XrayFlux of one satellite or more.  Raises InputError when their scales differ.
    """
    if len({record.scale for record in records}) > 1:
        raise InputError(
            "records on the operational scale (archived GOES-1 to GOES-15) and on the true one are mixed: 1.0 on the "
            "one is 1.4 on the other; convert them with on_common_scale"
        )
    times = np.concatenate([record.times for record in records])
    order = np.argsort(times, kind="stable")
    flares = find_flares(np.concatenate([record.long for record in records])[order], times[order])
    return flares.assign(scale=records[0].scale)


def covered_days(records, lists, share=0.9):
    """Days of which the X-ray flux is known for most of the 24 hours, or that a list covers: DatetimeIndex.

    A daily events file of NOAA covers its day, another list the days from its first flare to its last: a
    MetadataWarning states how many of these have no flare, for a list does not tell a quiet day from an unobserved one.
    """
    found = pd.DatetimeIndex([])
    if records:
        known = np.concatenate([record.times[np.isfinite(record.long)] for record in records])
        minutes = pd.DatetimeIndex(np.unique(known.astype("datetime64[m]").astype("datetime64[ns]")))
        counts = pd.Series(1, minutes).groupby(minutes.floor("D")).sum()
        found = found.union(counts.index[counts >= share * 1440])
    for table in sorted(lists, key=lambda table: "day" not in table.attrs):
        if "day" in table.attrs:
            found = found.union(pd.DatetimeIndex([table.attrs["day"]]))
        elif len(table):
            times = flare_times(table)
            covered = pd.date_range(times.min().floor("D"), times.max().floor("D"))
            quiet = covered.difference(pd.DatetimeIndex(times.dt.floor("D"))).difference(found)
            if len(quiet):
                note(
                    f"a flare list from {covered[0]:%Y-%m-%d} to {covered[-1]:%Y-%m-%d}",
                    f"has no flare on {len(quiet)} of {len(covered)} days, the first {quiet[0]:%Y-%m-%d}: they count "
                    "as quiet, even if the list has a gap there",
                )
            found = found.union(covered)
    return found
