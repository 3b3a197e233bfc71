"""Issued flare forecasts and observed flares as the Met Office's verification lays them out (Murray et al. 2017)."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import counted
from flarebook.compendium.data.reading import file_reader, read_text
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import FIRST_TIME, class_fluxes, last_time
from flarebook.goes.quality import note
from flarebook.goes.scales import scale_of_lists

DAY = pd.Timedelta("1D")
CLOCK = r"((?:[01]\d|2[0-3])[0-5]\d)"
FLARE = re.compile(rf"(\d{{4}}) (\d\d) (\d\d) {CLOCK} {CLOCK} {CLOCK} ([CMX]\d+\.?\d*)(?: (\d{{1,5}}|NaN))?")
NUMBER = re.compile(r"\d{1,4}")
LEADS = {11: 3, 13: 4}  # days ahead, by the number of columns: five of the time, then M and X for each day


@file_reader("a record of flare forecasts")
def read_forecast_record(path: str | Path) -> pd.DataFrame:
    """Read a record of forecasts: rows of year, month, day, hour, minute, M per cent for each day ahead, then X.

    Parameters
    ----------
    path : str or Path
        Text without a header and of 11 columns (SWPC, three days) or 13 (Met Office, four days).

    Returns
    -------
    pandas.DataFrame
        Columns time (UTC, when the first window of 24 h begins), m_1 to m_3 or m_4 and x_1 to x_3 or x_4: probabilities
        from 0 to 1, in order of time.

    Raises
    ------
    InputError
        If a row has other columns, an impossible time or over 100 per cent, or two rows differ at a time.

    Warns
    -----
    MetadataWarning
        That the file names neither its product nor its columns, and rows that it holds twice.

    References
    ----------
    Murray et al. 2017, Space Weather 15, 577, and the documentation of their data.
    """
    path = Path(path)
    rows = [line.split() for line in read_text(path).splitlines() if line.strip()]
    if not rows:
        raise InputError(f"{path.name} is empty: give a record of flare forecasts")
    width = len(rows[0])
    wrong = next((n for n, row in enumerate(rows, 1) if len(row) != width or not all(map(NUMBER.fullmatch, row))), None)
    if width not in LEADS or wrong:
        row = rows[(wrong or 1) - 1]
        raise InputError(
            f"row {wrong or 1} of {path.name} ({' '.join(row)[:60]!r}) has not 11 or 13 whole numbers, five of a time "
            "and the per cents of M and X flares: give the record of Murray et al. 2017"
        )
    values = np.array(rows, int)
    parts = pd.DataFrame(values[:, :5], columns=["year", "month", "day", "hour", "minute"])
    times = pd.to_datetime(parts[["year", "month", "day"]].assign(year=parts["year"].clip(1700, 2200)), errors="coerce")
    times += pd.to_timedelta(parts["hour"], "h") + pd.to_timedelta(parts["minute"], "min")
    wrong = ~times.between(FIRST_TIME, last_time()) | (parts["hour"] > 23) | (parts["minute"] > 59)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"row {row + 1} of {path.name} has an impossible time ({' '.join(rows[row][:5])}): correct it")
    if values[:, 5:].max() > 100:
        raise InputError(f"{path.name} has a probability of {values[:, 5:].max()} per cent: correct it")
    names = [f"{letter}_{day + 1}" for letter in "mx" for day in range(LEADS[width])]
    note(path.name, "names neither its product nor its columns: read as Murray et al. 2017 document them, in per cent")
    record = pd.DataFrame(values[:, 5:] / 100, columns=names)
    record.insert(0, "time", times.astype("datetime64[ns]"))
    repeated = record.duplicated()
    if repeated.any():
        note(
            path.name,
            f"has {counted(repeated.sum(), 'row')} twice, the first of {record['time'][repeated].iloc[0]}: kept once",
        )
    record = record[~repeated].sort_values("time", ignore_index=True)
    if (twice := record["time"].duplicated()).any():
        raise InputError(f"{path.name} has two forecasts of {record['time'][twice].iloc[0]}: keep the one that holds")
    return record


@file_reader("a list of M and X flares")
def read_verification_list(path: str | Path) -> pd.DataFrame:
    """Read the flares of a verification: rows of year, month, day, start, peak and end (HHMM), class and region.

    Parameters
    ----------
    path : str or Path
        Text without a header, a flare a row.

    Returns
    -------
    pandas.DataFrame
        Columns start, peak, end (UTC), peak_flux (W/m2), goes_class, scale and region (NaN where unknown).

    Raises
    ------
    InputError
        If a row has another layout, an impossible date or order of times, or there is none.

    References
    ----------
    Murray et al. 2017, Space Weather 15, 577, and the documentation of their data.
    """
    path, rows = Path(path), []
    for number, line in enumerate(filter(str.strip, read_text(path).splitlines()), 1):
        found = FLARE.fullmatch(" ".join(line.split()))
        midnight = pd.to_datetime("-".join(found.groups()[:3]), errors="coerce") if found else pd.NaT
        if pd.isna(midnight):
            raise InputError(
                f"row {number} of {path.name} ({line.strip()[:60]!r}) is not a date, start, peak and end as HHMM, "
                "class and region: give the list of Murray et al. 2017"
            )
        start, peak, end = (midnight + pd.Timedelta(f"{clock[:2]}:{clock[2:]}:00") for clock in found.groups()[3:6])
        peak, end = (time + DAY * int(time < start) for time in (peak, end))
        if not FIRST_TIME <= start <= last_time() or end < peak:
            raise InputError(
                f"row {number} of {path.name} ({line.strip()[:60]!r}) has an impossible year or ends before its peak: "
                "correct it"
            )
        rows.append((start, peak, end, *found.groups()[6:]))
    if not rows:
        raise InputError(f"{path.name} is empty: give the list of Murray et al. 2017")
    table = pd.DataFrame(rows, columns=["start", "peak", "end", "goes_class", "region"])
    table["region"] = pd.to_numeric(table["region"], errors="coerce").astype(float)
    return table.assign(peak_flux=class_fluxes(table["goes_class"], path.name), scale=scale_of_lists(table["peak"]))
