"""Values of a file's header: numbers within physical bounds, units as astropy reads them, and times as UTC.

What a header leaves open is an error here, or the caller's default: nothing is filled in silently.
"""

import re
import warnings

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.io.fits.card import Undefined
from astropy.time import Time

from flarebook.compendium.errors import InputError

ALIASES = {"dn": u.DN, "counts": u.ct, "count": u.ct, "pixel": u.pix, "sec": u.s, "gauss": u.G, "tesla": u.T}
ALIASES |= {"photons": u.ph, "asec": u.arcsec, "arcsecs": u.arcsec, "meters": u.m}  # of the pipelines in IDL
SCALES = ("utc", "tai", "tt", "tdb", "tcb", "tcg")  # of TIMESYS; ut1 needs a table from the network
REQUIRED = object()
REGULAR = re.compile(r"(\d{4})([-.])(\d\d)\2(\d\d)[T_ ](\d\d:\d\d:\d\d(?:\.\d+)?)(_TAI|Z)?")  # times of one form


def number(header, key, name, bounds=(-np.inf, np.inf), default=REQUIRED):
    """A keyword's value as float, within bounds; the default where the keyword is absent or undefined.

    header: mapping; name: of the file in messages; bounds: lowest and highest value.  Raises InputError for a text that
    is no number, for NaN, for a value out of bounds, and for an absent keyword without default.
    """
    value = header.get(key)
    if value is None or isinstance(value, Undefined) or (isinstance(value, str) and not value.strip()):
        if default is REQUIRED:
            raise InputError(f"the header of {name} has no value of {key}: add it")
        return default
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{key} of {name} is {value!r}, which is no number: correct the header") from error
    if isinstance(value, bool | np.bool_) or not bounds[0] <= found <= bounds[1] or not np.isfinite(found):
        raise InputError(f"{key} of {name} is {value!r}, not {bounds[0]:.6g} to {bounds[1]:.6g}: correct the header")
    return found


def text(header, key):
    """A keyword's value as text without blanks at its ends, "" where it is absent or undefined."""
    value = header.get(key)
    return "" if value is None or isinstance(value, Undefined) else str(value).strip()


def parse_unit(written, where):
    """astropy's unit of a text; InputError for one that astropy does not read as a product of powers.

    where: what has the unit, in messages, such as "BUNIT of x.fits".
    """
    try:
        with warnings.catch_warnings(), u.set_enabled_aliases(ALIASES):
            warnings.simplefilter("ignore", u.UnitsWarning)  # more than one slash
            unit = u.Unit(written)
    except (ValueError, TypeError) as error:
        raise InputError(f"{where} is {written!r}, which is no unit: correct the header") from error
    if not isinstance(unit, u.UnitBase):  # a logarithmic unit
        raise InputError(f"{where} is {written!r}, a logarithm: convert the data first")
    return unit


def count_unit(written, where):
    """Factor that gives DN or DN/s, and whether it is DN/s, of a unit of counts, a pixel or not: (float, bool).

    Raises InputError for any other unit.
    """
    unit = parse_unit(written, where)
    powers = {base.name: power for base, power in zip(unit.bases, unit.powers, strict=True)}
    counts = [powers.pop(base) for base in ("DN", "ct", "adu") if base in powers]
    time = [base for base in powers if u.Unit(base).is_equivalent(u.s)]
    if counts != [1] or powers.pop("pix", -1) != -1 or [powers.pop(base) for base in time] not in ([], [-1]) or powers:
        raise InputError(f"{where} is {written!r}, neither DN nor DN/s: convert the data first")
    return (float(unit.scale / u.Unit(time[0]).to(u.s)), True) if time else (float(unit.scale), False)


def parse_time(written, where="the time", scale="utc"):
    """UTC of an ISO text, of the JSOC's 2014.03.01_00:01:25_TAI, or of the older 29/03/14: pandas.Timestamp.

    scale: of astropy.time, TIMESYS of the header; "_TAI", "Z" and an offset such as +02:00 in the text go before it.
    Raises InputError for a text that is no time, or that may be two.
    """
    try:
        stated = re.fullmatch(r"(.*?)(_TAI|Z|[+-]\d\d:\d\d)?", written.strip())
        date, zone = stated[1].replace(" ", "T").replace("_", "T"), stated[2] or ""
        day, separator, clock = date.partition("T")
        old = re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)", day)
        if old and int(old[1]) > 12:
            day = f"20{old[3]}-{old[2]}-{old[1]}"
        elif old:
            raise InputError(f"{where} is {written!r}, which may be two days: correct the header")
        scale = {"_TAI": "tai", "": scale}.get(zone, "utc")
        if scale not in SCALES:
            raise InputError(f"the time scale of {where} is {scale!r}: one of {', '.join(SCALES)} is expected")
        time = Time(day.replace(".", "-") + separator + clock, format="isot" if clock else "iso", scale=scale)
        shift = pd.Timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[4:])) if ":" in zone else pd.Timedelta(0)
        utc = time.utc.isot
        if utc[17:19] == "60":  # pandas has no leap seconds
            return pd.Timestamp(f"{utc[:17]}59{utc[19:]}") + pd.Timedelta("1s") - shift
        return pd.Timestamp(utc) - shift
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} is {written!r}, which is no time: correct the header") from error


def parse_times(texts, where="a time"):
    """UTC of many texts, each as `parse_time` returns it: pandas.DatetimeIndex; a year of a store has 88,000.

    Raises InputError as `parse_time` does.
    """
    found = [REGULAR.fullmatch(written) if isinstance(written, str) else None for written in texts]
    regular = [f"{part[1]}-{part[3]}-{part[4]}T{part[5]}" if part else None for part in found]
    times = (
        pd.Series(pd.to_datetime(regular, format="ISO8601", errors="coerce")).astype("datetime64[ns]").dt.round("ms")
    )
    atomic = np.array([bool(part) and part[6] == "_TAI" for part in found], bool)
    times[atomic] = _utc_of_tai(times[atomic])
    odd = times.isna() | (times < pd.Timestamp("1972-02-01"))  # a leap second, another form, no time
    for place in np.flatnonzero(odd):
        times[place] = parse_time(str(texts[place]), where)
    return pd.DatetimeIndex(times)


def _utc_of_tai(times):
    """UTC of a Series of TAI, by the table of leap seconds that astropy uses."""
    from astropy.utils.iers import LeapSeconds  # brings astropy.table, which commands do without

    steps = LeapSeconds.from_erfa()
    steps = steps[steps["year"] >= 1972]
    offsets = pd.to_timedelta(np.array(steps["tai_utc"]), unit="s").as_unit("ns")
    starts = pd.DatetimeIndex([f"{year}-{month:02d}-01" for year, month in steps["year", "month"].iterrows()]) + offsets
    return times - offsets[np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)]


def time_of(header, keys, name, since):
    """UTC of the first of some keywords that has a value, in the scale of TIMESYS: pandas.Timestamp; None without.

    since: ISO date before which the instrument did not observe.  Raises InputError for a time before it or in the
    future, and for a text that is no time.
    """
    scale = text(header, "TIMESYS").lower() or "utc"
    for key in keys:
        if written := text(header, key):
            time = parse_time(written, f"{key} of {name}", scale)
            if not pd.Timestamp(since) <= time <= pd.Timestamp.now("UTC").tz_localize(None) + pd.Timedelta("1D"):
                raise InputError(f"{key} of {name} is {written!r}, when there was no observation: correct the header")
            return time
    return None
