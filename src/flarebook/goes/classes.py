"""GOES soft X-ray classes, and the flares in a flux curve by NOAA's rule; see scales.py for their two scales."""

import re

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

LETTERS = {"A": 1e-8, "B": 1e-7, "C": 1e-6, "M": 1e-5, "X": 1e-4}  # W/m2, 1 to 8 Angstrom
LARGEST = 100  # X100: the largest flare known, of 2003-11-04, is estimated at X45 (Thomson et al. 2004)
LARGEST_FLUX = LARGEST * LETTERS["X"]
FIRST_TIME = np.datetime64("1974-07-01", "ns")  # SMS-1, the first of these sensors
RISE, MINUTES = 1.4, 4  # NOAA's onset: the flux grows through four minutes and ends 1.4 times as high as it began
HOLE = pd.Timedelta("3h")  # a flare is not followed over longer ones; an eclipse lasts 72 minutes at most
COLUMNS = ("start", "peak", "end", "peak_flux", "goes_class", "scale")
UNITS = {"peak_flux": "W / m2"}  # in `attrs["units"]` of tables of flares and days


def last_time():
    """Last time that an observation can have, one day from now: datetime64."""
    return np.datetime64("now", "ns") + np.timedelta64(1, "D")


def flux_to_class(flux: float) -> str:
    """Format a peak flux as a GOES class.

    Parameters
    ----------
    flux : float
        Peak flux in 1-8 Angstrom, W/m2.

    Returns
    -------
    str
        Class truncated to one decimal, as NOAA does; "" for zero or NaN.

    Examples
    --------
    >>> from flarebook.goes import flux_to_class
    >>> flux_to_class(2.58e-5)
    'M2.5'
    """
    if not np.isfinite(flux) or flux <= 0:
        return ""
    letter = max((name for name in LETTERS if LETTERS[name] <= flux * (1 + 1e-6)), key=LETTERS.get, default="A")
    return f"{letter}{np.floor(flux / LETTERS[letter] * 10 + 1e-4) / 10:.1f}"


def class_to_flux(goes_class: str) -> float:
    """Parse a GOES class.

    Parameters
    ----------
    goes_class : str
        Class such as "M2.5", "X17" or "C"; "" for no flare.  ">X17" and "X28+", of a saturated sensor, are X17 and X28.

    Returns
    -------
    float
        Peak flux in 1-8 Angstrom, W/m2; 0 for "".

    Raises
    ------
    InputError
        If the text is not a class, or a class that no flare has.

    Examples
    --------
    >>> from flarebook.goes import class_to_flux
    >>> class_to_flux("X2")
    0.0002
    """
    if not goes_class:
        return 0.0
    found = re.fullmatch(r">?([ABCMX])(\d+\.?\d*)?\+?", str(goes_class).strip().upper())
    number = float(found[2] or 1) if found else 0
    if not 0 < number <= (LARGEST if found[1] == "X" else 10):
        raise InputError(
            f"{goes_class!r} is not a GOES class: give A, B, C, M or X and a number, such as M2.5, up to X{LARGEST}"
        )
    return LETTERS[found[1]] * number


def class_fluxes(classes, name):
    """Peak fluxes in W/m2 of a column of classes: Series of float.  Raises InputError with the file's name."""
    try:
        return classes.map(class_to_flux).astype(float)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def reaches_class(flux, goes_class):
    """Whether fluxes, an array or a column in W/m2, reach a class, however their last digit was rounded."""
    return flux >= class_to_flux(goes_class) * (1 - 1e-6)


def power_law_index(fluxes, lowest="C1.0"):
    """Index of the power law of peak fluxes above a class, and its standard error: maximum likelihood.

    Crawford et al. 1970, equation 9.  Raises InputError for fewer than ten flares above the class.
    """
    limit = class_to_flux(lowest)
    above = np.asarray(fluxes, float)
    above = above[above >= limit]
    if len(above) < 10:
        raise InputError(f"{len(above)} flares of class {lowest} or above give no power law: simulate more days")
    slope = len(above) / np.log(above / limit).sum()
    return 1 + slope, slope / np.sqrt(len(above))


def minute_means(flux, times):
    """Means over the minutes that hold a time: (flux (m,), times (m,) datetime64 in order), unknown NaN.

    flux: (n,) W/m2, NaN or negative where missing; times: (n,) datetimes.  A minute with less than a fifth of the usual
    number of values counts as missing.
    """
    known = pd.Series(np.where(np.asarray(flux) > 0, flux, np.nan))
    minutes = known.groupby(pd.DatetimeIndex(times).as_unit("ns").floor("min"))
    means, counts = minutes.mean(), minutes.count()
    means[counts < counts.median() / 5] = np.nan
    return means.to_numpy(), means.index.to_numpy()


def _continuous(flux, minutes):
    """Stretches of one-minute means without a hole of HOLE: iterable of (flux (m,), minutes (m,)), smaller holes NaN.

    Only the minutes of a stretch take memory, however far apart two stretches lie.
    """
    for part in np.split(np.arange(len(minutes)), np.flatnonzero(np.diff(minutes) > HOLE.to_timedelta64()) + 1):
        if len(part):
            every = pd.date_range(minutes[part[0]], minutes[part[-1]], freq="min")
            yield pd.Series(flux[part], pd.DatetimeIndex(minutes[part])).reindex(every).to_numpy(), every.to_numpy()


def find_flares(flux_long: np.ndarray, times: np.ndarray) -> pd.DataFrame:
    """Detect flares by NOAA's rule on one-minute means.

    A flare starts with the first of four minutes of growing flux that ends 1.4 times as high.  It peaks at the highest
    minute and ends when the flux has fallen half-way back to its start, or when the next flare starts.

    Parameters
    ----------
    flux_long : array_like, shape (n,)
        Flux in 1-8 Angstrom, W/m2; NaN where missing.
    times : array_like of datetime, shape (n,)
        Times in ascending order, UTC.

    Returns
    -------
    pandas.DataFrame
        Columns start, peak, end (NaT when the record ends before), peak_flux (W/m2) and goes_class, on the scale of the
        flux.  `attrs["units"]` holds the unit for `astropy.table.QTable.from_pandas`.

    Raises
    ------
    InputError
        If the times are not in ascending order.

    References
    ----------
    NOAA Space Weather Prediction Center, "GOES X-ray Flux", https://www.swpc.noaa.gov/products/goes-x-ray-flux.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook.goes import find_flares
    >>> minutes = np.datetime64("2020-01-01T00:00") + np.arange(8)
    >>> find_flares(np.array([1, 1, 2, 4, 8, 6, 3, 1]) * 1e-6, minutes)["goes_class"].tolist()
    ['C8.0']
    """
    times = pd.DatetimeIndex(times)
    if len(times) != len(flux_long) or not times.is_monotonic_increasing:
        raise InputError("the flux curve's times are not in order, or not as many as its values: sort the record")
    curves = _continuous(*minute_means(flux_long, times))
    table = pd.DataFrame([row for curve in curves for row in _flares(*curve)], columns=list(COLUMNS[:4]))
    classes = [flux_to_class(value) for value in table["peak_flux"]]
    kinds = dict.fromkeys(("start", "peak", "end"), "datetime64[ns]")
    table = table.assign(goes_class=classes).astype(kinds | {"peak_flux": float})
    table.attrs["units"] = dict(UNITS)
    return table


def _flares(flux, minutes):
    """Start, peak, end and peak flux of each flare in one stretch: iterable of tuples."""
    rising = flare_onsets(flux)
    onsets, position = np.flatnonzero(rising), 0
    while (found := np.searchsorted(onsets, position)) < len(onsets):
        start = onsets[found]
        peak, end = _peak_and_end(flux, rising, start)
        yield minutes[start], minutes[peak], minutes[end] if end < len(flux) else np.datetime64("NaT"), flux[peak]
        position = max(end, peak + 1)


def flare_onsets(flux):
    """Minutes at which NOAA's onset holds: (m,) bool.  flux: (m,) one-minute means; beside a hole it never holds."""
    holds = np.zeros(len(flux), bool)
    if len(flux) >= MINUTES:
        windows = np.lib.stride_tricks.sliding_window_view(flux, MINUTES)
        holds[: len(windows)] = (np.diff(windows, axis=1) > 0).all(1) & (windows[:, -1] > RISE * windows[:, 0])
    return holds


def _peak_and_end(flux, rising, start):
    """Peak and end of the flare that starts at a minute; the end is len(flux) when the record ends before."""
    peak = start
    for minute in range(start + 1, len(flux)):
        if flux[minute] > flux[peak]:
            peak = minute
        elif flux[minute] <= (flux[peak] + flux[start]) / 2:
            return peak, minute
        elif rising[minute] and minute > peak + 1:
            return peak, minute
    return peak, len(flux)
