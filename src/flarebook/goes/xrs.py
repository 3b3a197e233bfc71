"""Read the X-ray fluxes of GOES: daily FITS files of GOES-1 to GOES-15, and NOAA's netCDF files.

The arrays are read with astropy.io.fits and h5py, not through sunpy.timeseries, which loses what a label rests on: the
meaning of quality flags, the status words, the fill value -99999 and the scale.  It is up to a second late on the day
of a leap second, and reads no record without `id`, `summary` and flags.  Otherwise values and times equal sunpy's.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy import units as u
from astropy.time import Time, TimeDelta

from flarebook.compendium.data.header_values import parse_unit
from flarebook.compendium.data.reading import open_fits, reading
from flarebook.compendium.errors import InputError
from flarebook.goes.classes import FIRST_TIME, LARGEST_FLUX, last_time
from flarebook.goes.quality import flagged, flagged_by_status, note
from flarebook.goes.scales import FIRST_TRUE_SATELLITE, OPERATIONAL, TRUE, XrayFlux

MJD_ZERO = np.datetime64("1858-11-17", "ns")
HDF5, NETCDF3 = b"\x89HDF\r\n\x1a\n", b"CDF"  # first bytes
RECORD_BYTES = 1 << 27  # of one array: 30 years of minutes, half a year of seconds
LAUNCHES = "1975-10 1977-06 1978-06 1980-09 1981-05 1983-04 1987-02 1994-04 1995-05 1997-04 2000-05 2001-07 2006-05 \
2009-06 2010-03 2016-11 2018-03 2022-03 2024-06".split()  # of GOES 1 to 19
DAY, MINUTE = np.timedelta64(1, "D"), np.timedelta64(1, "m")
SATELLITE = re.compile(r"(?<![a-z])(?:goes|g)[ _-]?(\d{1,2})(?!\d)", re.IGNORECASE)
DATES = ("%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d")  # of DATE-OBS, over the years
EDGES = ((1, 8), (0.5, 4))  # Angstrom, of the two columns of a FITS record
UNIT = u.W / u.m**2


def read_xrs(path: str | Path | Any) -> XrayFlux:
    """Read a GOES X-ray record.

    Parameters
    ----------
    path : str, Path or sunpy.timeseries.sources.XRSTimeSeries
        A daily FITS file of GOES-1 to GOES-15 (go15YYYYMMDD.fits), a netCDF file of NOAA (sci_xrsf-l2-*.nc), or what
        sunpy read of one.

    Returns
    -------
    XrayFlux
        Fluxes in W/m2 in 1-8 and 0.5-4 Angstrom with their times (UTC), in order.  Missing and flagged values are NaN.

    Raises
    ------
    InputError
        If the file is missing, damaged, not a GOES record, or its scale or times cannot be established.

    Warns
    -----
    MetadataWarning
        If the file states no unit or no quality, or fluxes are saturated or impossible.

    Examples
    --------
    >>> from flarebook.goes import read_xrs
    >>> from flarebook.solarchip.datasets.load import FOLDER
    >>> record = read_xrs(FOLDER / "goes15_20110607.fits.gz")
    >>> record.satellite, record.scale
    ('GOES 15', 'operational')
    """
    if hasattr(path, "to_dataframe"):
        return _from_timeseries(path)
    path = Path(path)
    with reading(path, "a GOES X-ray record, FITS or netCDF"):
        with open(path, "rb") as stream:
            first = stream.read(len(HDF5))
        if first.startswith(NETCDF3):
            raise InputError(
                f"{path.name} is a netCDF-3 file, as NOAA's former archive had them, without quality flags: give the "
                "science-quality record, a netCDF-4 file"
            )
        return _read_netcdf(path) if first == HDF5 else _read_fits(path)


def _read_fits(path):
    """Record of the Solar Data Analysis Center: seconds of a day, two fluxes a time, -99999 for none."""
    with open_fits(path, RECORD_BYTES) as hdus:
        header, table = hdus["FLUXES"].header, hdus["FLUXES"].data
        satellite = str(header.get("TELESCOP") or hdus[0].header.get("TELESCOP", "")).strip()
        seconds, fluxes = np.asarray(table["TIME"][0], float), np.asarray(table["FLUX"][0], float)
        time_unit = table.columns["TIME"].unit
        unit = table.columns["FLUX"].unit
        edges = hdus["EDGES"].data["EDGES"][0].tolist() if "EDGES" in hdus else [list(pair) for pair in EDGES]
        status = hdus["STATUS"].data if "STATUS" in hdus else None
        bad = saturated = np.zeros(len(seconds), bool)
        if status is not None:
            bad, saturated = flagged_by_status(seconds, status["TIME"].ravel(), status["STATUS"])
        date = hdus[0].header.get("DATE-OBS")
    if fluxes.shape != (len(seconds), 2):
        raise InputError(f"{path.name} has fluxes of shape {fluxes.shape} for {len(seconds)} times: fetch it again")
    if [tuple(pair) for pair in edges] != list(EDGES):
        raise InputError(f"{path.name} has the bands {edges} Angstrom, not {EDGES}: give a record of GOES")
    if time_unit not in (None, "s"):
        raise InputError(f"{path.name} has times in {time_unit!r}, not in seconds: give a record of GOES")
    number = _number(satellite, path.name)
    if number >= FIRST_TRUE_SATELLITE or "GOES" not in satellite.upper():
        raise InputError(
            f"{path.name} is of {satellite!r}: FITS records are of GOES 1 to 15, later ones are netCDF files"
        )
    if not number:
        note(path.name, "does not name its satellite; all records of this archive are on the operational scale")
    if status is None:
        note(path.name, "holds no status words: eclipses and calibrations cannot be told from the Sun")
    # TIMEZERO is the day as a modified Julian date; the header's MJDREF must not be added to it
    midnight = MJD_ZERO + np.timedelta64(int(header["TIMEZERO"]), "D")
    _check_date(date, midnight, path.name)
    times = utc_times(midnight, np.round(seconds, 3), header.get("TIMESYS", "UTC"), path.name)
    outside = ~((times >= midnight - MINUTE) & (times < midnight + DAY + MINUTE))
    if outside.any():
        raise InputError(
            f"{path.name} has {outside.sum()} of {len(times)} times outside of its day, {str(midnight)[:10]}: "
            "fetch it again"
        )
    fluxes = np.where(bad[:, None], np.nan, fluxes * _factor(unit, path.name))
    return _checked(times, fluxes[:, 0], fluxes[:, 1], saturated, satellite, OPERATIONAL, path.name)


def _read_netcdf(path):
    """NOAA's level-2 record (netCDF-4), one-minute means or full cadence, without the factor .7."""
    import h5py

    with h5py.File(path) as file:
        prefix = "xrs" if "xrsb_flux" in file else ""  # GOES-1 to GOES-15 at full cadence have none
        if not {f"{prefix}b_flux", f"{prefix}a_flux", "time"} <= set(file):
            raise InputError(f"{path.name} holds no time, xrsa_flux and xrsb_flux: give NOAA's X-ray fluxes")
        about = {name: _text(file.attrs.get(name, "")) for name in ("platform", "id", "title", "summary")}
        number = _number(f"{about['platform']} {about['id']}", path.name) or _number(path.stem, path.name)
        seconds = _array(file["time"], path.name)
        unit, epoch = _time_unit(_text(file["time"].attrs.get("units", "")), path.name)
        long, bad_long, saturated = _band(file, f"{prefix}b", len(seconds), number, path.name)
        short, bad_short, _ = _band(file, f"{prefix}a", len(seconds), number, path.name)
        known = np.isfinite(seconds) & (seconds != _fill(file["time"]))
    described = " ".join([path.name, *about.values()]).lower()
    if not number or (number < FIRST_TRUE_SATELLITE and not re.search(r"\bsci_|science.quality", described)):
        raise InputError(
            f"{path.name} does not say of which satellite and product it is, so that its scale is unknown: give a file "
            "of NOAA's as it was fetched"
        )
    times = utc_times(epoch[0], seconds[known] * unit, epoch[1], path.name)
    long, short = np.where(bad_long, np.nan, long)[known], np.where(bad_short, np.nan, short)[known]
    return _checked(times, long, short, saturated[known], about["platform"] or f"g{number}", TRUE, path.name)


def _time_unit(text, name):
    """Seconds of a unit of times such as "seconds since 2000-01-01 12:00:00", and (epoch, scale) of their zero."""
    unit, _, epoch = text.partition(" since ")
    scale = re.search(r"\b(TAI|TT|UTC)\b", epoch)
    try:
        if not epoch:
            raise ValueError(text)
        start = pd.Timestamp(re.sub(r"\b(TAI|TT)\b", "", epoch).strip())
        start = start.tz_convert("UTC").tz_localize(None) if start.tz else start
        seconds = pd.Timedelta(1, unit.strip()) / pd.Timedelta(1, "s")
    except ValueError as error:
        raise InputError(
            f"{name} has times in {text!r}, none such as 'seconds since 2000-01-01': fetch it again"
        ) from error
    return seconds, (np.datetime64(start, "ns"), scale[0] if scale else "UTC")


def _from_timeseries(series):
    """Record of what sunpy read; the meaning of its quality columns is that of the product it names."""
    meta, table = series.meta.metas[0], series.to_dataframe()
    satellite = str(series.observatory or meta.get("telescop") or "")
    number, name = _number(satellite, "the time series"), str(meta.get("id") or meta.get("filename_id") or satellite)
    netcdf, minutes = "xrsb_quality" in table, "minute" in str(meta.get("title", ""))
    if not number or not {"xrsa", "xrsb"} <= set(table):
        raise InputError(f"the time series has the columns {list(table)} of {satellite!r}: give one of GOES XRS")
    values, saturated = {}, np.zeros(len(table), bool)
    for band in ("xrsa", "xrsb"):
        values[band] = table[band].to_numpy(float) * series.units[band].to(UNIT)
        if netcdf:
            bad, saturated = flagged(table[f"{band}_quality"], "", (), minutes, number)
            values[band] = np.where(bad, np.nan, values[band])
    scale = TRUE if netcdf else OPERATIONAL
    return _checked(table.index.to_numpy(), values["xrsb"], values["xrsa"], saturated, satellite, scale, name)


def _band(file, stem, count, number, name):
    """Fluxes of one band of a netCDF record in W/m2, and which are flagged as bad and as saturated: (n,) each."""
    flux = _array(file[f"{stem}_flux"], name)
    flag = next((f"{stem}_{ending}" for ending in ("flag", "flags") if f"{stem}_{ending}" in file), None)
    flux = np.where(flux == _fill(file[f"{stem}_flux"]), np.nan, flux)
    bad = saturated = np.zeros(len(flux), bool)
    if flag is None:
        note(name, "holds no quality flags: its values are used as they are")
    else:
        attributes, flags = file[flag].attrs, _array(file[flag], name)
        meanings, masks = _text(attributes.get("flag_meanings", "")), attributes.get("flag_masks", ())
        bad, saturated = flagged(flags, meanings, np.atleast_1d(masks), flag.endswith("flag"), number)
    if not len(flux) == len(bad) == count:
        raise InputError(f"{name} has {len(flux)} fluxes and {len(bad)} flags for {count} times: fetch it again")
    return flux * _factor(_text(file[f"{stem}_flux"].attrs.get("units", "")), name), bad, saturated


def _checked(times, long, short, saturated, satellite, scale, name):
    """XrayFlux in order of time; impossible values become NaN and are reported.

    Raises InputError for impossible times and for a record without any value.
    """
    if not len(times):
        raise InputError(f"{name} holds no value: fetch it again")
    number = _number(satellite, name)
    first = np.datetime64(LAUNCHES[number - 1], "ns") if 0 < number <= len(LAUNCHES) else FIRST_TIME
    wrong = (times < first) | (times > last_time())
    step = np.median(np.diff(np.sort(times))) if len(times) > 1 else MINUTE
    span = times.max() - times.min()
    if wrong.any() or span > 2 * len(times) * step + 2 * DAY:
        raise InputError(
            f"{name}, of {satellite}, has {len(times)} times from {str(times.min())[:10]} to {str(times.max())[:10]}, "
            "at least one of which is wrong: fetch it again"
        )
    too_bright = long > LARGEST_FLUX
    if too_bright.any():
        note(name, f"has {too_bright.sum()} fluxes above {LARGEST_FLUX} W/m2, which no flare reaches: they are missing")
    if (saturated & np.isfinite(long)).any():
        note(name, f"has {saturated.sum()} saturated fluxes: the class of that flare is a lower limit")
    order = np.argsort(times, kind="stable")
    fluxes = (np.where((flux > 0) & (flux <= LARGEST_FLUX), flux, np.nan)[order] for flux in (long, short))
    record = XrayFlux(times[order].astype("datetime64[ns]"), *fluxes, satellite, scale)
    if not np.isfinite(record.long).any():
        raise InputError(f"{name} holds no value that is not missing or flagged: give another record of that day")
    return record


def utc_times(reference, seconds, scale="UTC", name="the record"):
    """Times in UTC: (n,) datetime64[ns].  reference: datetime64; seconds: (n,); scale: of both, "UTC", "TAI" or "TT".

    UTC neglects leap seconds, as NOAA's products do.  "MJD", as the FITS records of the archive say, is UTC.
    """
    century = 3.2e9
    if (np.abs(seconds) > century).any() or not np.isfinite(seconds).all():
        raise InputError(f"{name} has times that are more than a century from {reference}: fetch it again")
    scale = str(scale).strip().lower()
    if scale in ("utc", "mjd", "ut"):
        return reference + np.round(np.asarray(seconds, float) * 1e9).astype("timedelta64[ns]")
    if scale not in ("tai", "tt"):
        raise InputError(f"{name} gives times in {scale!r}, which is none of UTC, TAI and TT: give another record")
    return (Time(reference, scale=scale) + TimeDelta(seconds, format="sec")).utc.datetime64


def _check_date(date, midnight, name):
    """Raise InputError when DATE-OBS, if there is one, is more than a day from the day of the times."""
    if date is None:
        return
    days = [pd.to_datetime(date[:10], format=form, errors="coerce") for form in DATES]
    day = next((day for day in days if not pd.isna(day)), None)
    if day is None or abs(day.to_datetime64() - midnight) > DAY:
        raise InputError(f"{name} is of {date!r} by DATE-OBS and of {str(midnight)[:10]} by TIMEZERO: fetch it again")


def _number(text, name):
    """Number of the GOES satellite that a text names, 0 if none.  Raises InputError when it names two."""
    found = {int(number) for number in SATELLITE.findall(text)}
    if len(found) > 1:
        raise InputError(f"{name} names the satellites GOES {sorted(found)}: fetch it again")
    return found.pop() if found else 0


def _factor(unit, name):
    """Factor of a flux in a unit, text, to W/m2; a missing one is W/m2, which is reported."""
    if not unit:
        note(name, "states no unit: W/m2 was taken, as its archive documents")
        return 1.0
    try:
        return parse_unit(unit, f"the unit of the fluxes of {name}").to(UNIT)
    except u.UnitConversionError as error:
        raise InputError(f"{name} has fluxes in {unit!r}, which is no unit of a flux: give a record of GOES") from error


def _array(dataset, name):
    """Values of a netCDF variable, (n,) float; InputError when it claims more than RECORD_BYTES, or is packed."""
    if dataset.ndim != 1 or dataset.size * 8 > RECORD_BYTES:
        raise InputError(f"{name} claims {dataset.shape} values of {dataset.name}: give a record of GOES")
    if {"scale_factor", "add_offset"} & set(dataset.attrs):
        raise InputError(f"{name} packs the values of {dataset.name} (scale_factor, add_offset): unpack them first")
    return dataset[:].astype(float)


def _fill(dataset):
    """The value that stands for none in a netCDF variable; NaN if it names none."""
    return float(np.ravel(dataset.attrs.get("_FillValue", np.nan))[0])


def _text(value):
    """Attribute of a netCDF file as text."""
    return value.decode() if isinstance(value, bytes) else str(value).strip()
