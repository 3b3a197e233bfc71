"""A user's own forecasts: read, set beside what was observed, and scored."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import counted
from flarebook.compendium.data.reading import file_reader, read_text_table
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import FIRST_TIME, class_to_flux, flux_to_class, last_time, reaches_class
from flarebook.goes.flare_list import flare_times, read_flare_list
from flarebook.goes.labels import largest_peak_flux
from flarebook.goes.quality import note
from flarebook.goes.scales import OPERATIONAL, TRUE, conversion_factor, on_common_scale
from flarebook.solarchip.flares.scores import reliability_bins, verify_forecast

COLUMNS = {"date": ("date", "time"), "probability": ("probability", "forecast"), "observed": ("observed", "label")}
DAY = pd.Timedelta("1D")
PER_CENT = 2  # a larger number is no mistyped probability


@file_reader("a table of flare forecasts")
def read_forecasts(path: str | Path) -> pd.DataFrame:
    """Read daily forecasts from a CSV.

    Parameters
    ----------
    path : str or Path
        CSV with the columns date (ISO, UTC; the start of the 24 hours, 00:00 if no time is given), probability (0 to 1)
        and, unless a flare list is given elsewhere, observed (1 for a flare, 0 for none).

    Returns
    -------
    pandas.DataFrame
        Columns date, probability and, where given, observed, in order of time.

    Raises
    ------
    InputError
        If a column is missing, a value is none that it may hold, the probabilities are in per cent, or a day comes
        twice.

    Warns
    -----
    MetadataWarning
        If days are missing in between, or columns are ignored.
    """
    path = Path(path)
    table = read_text_table(path, skipinitialspace=True)
    known = {name.strip().lower(): name for name in table}
    found = {ours: next((known[name] for name in names if name in known), None) for ours, names in COLUMNS.items()}
    missing = [ours for ours in ("date", "probability") if found[ours] is None]
    if missing:
        raise InputError(
            f"{path.name} has the columns {', '.join(map(repr, table))[:80]} and no {' and no '.join(missing)}: give "
            "date, probability and, unless you give a flare list, observed, with commas between them"
        )
    if not len(table):
        raise InputError(f"{path.name} holds no forecast: give a row a day")
    if others := [name for name in table if name not in found.values()]:
        note(path.name, f"has the columns {', '.join(map(repr, others))[:80]}, which are ignored")
    forecasts = pd.DataFrame({"date": _dates(table[found["date"]], path.name)})
    forecasts["probability"] = _probabilities(table[found["probability"]], path.name)
    if found["observed"]:
        forecasts["observed"] = _labels(table[found["observed"]], path.name)
    forecasts = forecasts.sort_values("date", ignore_index=True)
    _check_days(forecasts["date"], path.name)
    return forecasts


def observe_flares(forecasts, flares, goes_class="M1.0", name="the flare list"):
    """Add the column observed: whether a flare of a class or above peaks in the 24 hours after each date.

    forecasts: of `read_forecasts`; flares: of `read_flare_list`.  Raises InputError when forecasts have the column
    already, or the list does not span their windows or begins above the class.
    """
    if "observed" in forecasts:
        raise InputError(f"the forecasts have a column observed, and {name} is given too: leave one of both out")
    times = flare_times(flares)
    if not len(times):
        raise InputError(f"{name} holds no flare: give the list of the forecasts' days")
    first, last = forecasts["date"].iloc[0], forecasts["date"].iloc[-1]
    if times.max() < last.floor("D") or times.min() >= first + DAY:
        what, end = ("ends", times.max()) if times.max() < last.floor("D") else ("begins", times.min())
        raise InputError(
            f"{name} {what} on {end:%Y-%m-%d} and the forecasts run from {first:%Y-%m-%d} to {last:%Y-%m-%d}: days "
            "outside the list would count as quiet; give a longer list, or cut the forecasts, or add a column observed"
        )
    if not goes_class:
        raise InputError("the smallest class of a flare is '': give one such as M1.0")
    flares, smallest = _on_one_scale(flares, times.between(first, last + DAY, inclusive="right"))
    if not reaches_class(class_to_flux(goes_class), flux_to_class(smallest)):
        raise InputError(
            f"{name} begins at {flux_to_class(smallest)}, above {goes_class}: ask for a class that it lists"
        )
    flux = largest_peak_flux(flares, forecasts["date"])
    return forecasts.assign(observed=reaches_class(flux, goes_class).astype(int))


def _on_one_scale(flares, within):
    """The flares within the forecasts' windows on one scale, and the flux, W/m2, from which the list is complete there.

    within: (n,) bool.  A part on the operational scale, listed from a class on, is complete from 1/.7 of it on the true
    scale.
    """
    smallest, inside = flares["peak_flux"].min(), flares[within]
    listed = set(inside["scale"])
    (common,) = on_common_scale([], [inside])[1]
    if len(listed) > 1:
        smallest *= conversion_factor(OPERATIONAL, TRUE)
    return common, smallest


def verify_file(path, flare_list=None, goes_class="M1.0", n_draws=1000, seed=1, quiet=7):
    """Score the forecasts of a CSV: (table of scores, table of reliability, table of forecasts).

    path: as `read_forecasts`; flare_list: path, needed without a column observed; others: as `verify_forecast`.
    Raises InputError as these do, and for forecasts of days that all had a flare or all had none.
    """
    forecasts = read_forecasts(path)
    if flare_list is not None:
        forecasts = observe_flares(forecasts, read_flare_list(flare_list), goes_class, Path(flare_list).name)
    if "observed" not in forecasts:
        raise InputError(
            f"{Path(path).name} has no column observed: add it (0 or 1), or give a flare list with --flares"
        )
    label = forecasts["observed"].to_numpy()
    if label.min() == label.max():
        kind = "no day has a flare (base rate 0)" if not label.max() else "every day has a flare (base rate 1)"
        raise InputError(
            f"of the {counted(len(label), 'day')} of {Path(path).name} {kind}: give days with and days without one"
        )
    probability = forecasts["probability"].to_numpy()
    scores = verify_forecast(forecasts["date"], label, probability, quiet=quiet, n_draws=n_draws, seed=seed)
    return scores, reliability_bins(label, probability), forecasts


def _dates(text, name):
    """Times in UTC of ISO dates: Series of datetime64; InputError names the first that is none."""
    dates = pd.to_datetime(text.str.strip(), utc=True, format="ISO8601", errors="coerce")
    dates = _refused(dates, text, dates.isna(), name, "an ISO date such as 2014-03-29").dt.tz_localize(None)
    within = f"between {pd.Timestamp(FIRST_TIME):%Y-%m-%d} and today"
    return _refused(dates, text, (dates < FIRST_TIME) | (dates > last_time()), name, within)


def _probabilities(text, name):
    """Probabilities, 0 to 1; InputError names the first that is none, and per cent."""
    values = pd.to_numeric(text.str.strip().str.removesuffix("%"), errors="coerce")
    per_cent = text.str.strip().str.endswith("%").any() or (values.max() > PER_CENT and values.between(0, 100).all())
    if per_cent and values.notna().all():
        raise InputError(f"{name} gives probabilities in per cent (up to {values.max():g}): divide them by 100")
    return _refused(values, text, ~values.between(0, 1), name, "from 0 to 1").astype(float)


def _labels(text, name):
    """Labels 0 and 1; InputError names the first that is neither."""
    values = text.str.strip().str.lower().map({"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1})
    return _refused(values, text, values.isna(), name, "0 or 1").astype(int)


def _refused(values, text, wrong, name, wanted):
    """The values, or InputError about the first wrong row."""
    if wrong.any():
        row = int(np.asarray(wrong).argmax())
        raise InputError(
            f"row {row + 1} of {name} has the {text.name.strip()} {text.iloc[row]!r}, not {wanted}: correct it"
        )
    return values


def _check_days(dates, name):
    """Refuse two forecasts of a day, and report days without one."""
    days = dates.dt.floor("D")
    if (twice := days.duplicated()).any():
        raise InputError(
            f"{name} has {counted(twice.sum(), 'forecast')} of a day that it has already, the first of "
            f"{days[twice].iloc[0]:%Y-%m-%d}: keep one a day"
        )
    absent = pd.date_range(days.min(), days.max()).difference(pd.DatetimeIndex(days))
    if len(absent):
        note(
            name,
            f"has no forecast for {len(absent)} of {len(absent) + len(days)} days, the first {absent[0]:%Y-%m-%d}: "
            "they are left out, and no first flare is counted after them",
        )
