"""Maps of RHESSI in the terms of the STIX archive: unit, frame, time and band, each from two places that must agree.

The image's own header states no unit and, in place of the axes' kind, theirs (CTYPE1 = "arcsec").  The tables behind it
tell what the software did; without them nothing about the map is established.
"""

import re

import numpy as np
import pandas as pd

from flarebook.compendium.data.header_values import number, text
from flarebook.compendium.errors import InputError
from flarebook.stix.maps.frames import tell_note

EPOCH = pd.Timestamp("1979-01-01")  # RHESSI's seconds count from here, without leap seconds
LAUNCH, END = pd.Timestamp("2002-02-05"), pd.Timestamp("2018-08-16")  # it was switched off on the latter
FIELD = (-1e5, 1e5)  # arcsec or pixels, of a map's place
ENERGIES = (1, 2e4)  # keV; it observed from 3 keV to 17 MeV
TABLES = ("CONTROL PARAMETERS", "INFO PARAMETERS")


def in_archive_terms(hdus, path):
    """Array and header of a RHESSI map as `fits_map` takes them: ([(h, w)], [header]), photons a keV as STIX's.

    hdus: of an open file.  Raises InputError where a table is missing, where the header and the tables disagree on
    place, time or band, for a turned map, and for one whose pointing was not measured.
    """
    header, image = hdus[0].header.copy(), np.asarray(hdus[0].data, "=f4")
    control, info = (_row(hdus, name, path) for name in TABLES)
    if control["ASPECT_SIM"] or control["SASZERO"]:
        raise InputError(f"the pointing of {path.name} was not measured (ASPECT_SIM, SASZERO): its place is unknown")
    if number(header, "CROTA", path.name, (-360, 360), 0.0):
        raise InputError(f"{path.name} is turned by CROTA = {header['CROTA']}: make it again with solar north up")
    low, high = _band(header, info, path)
    _check_centre(header, image.shape, path)
    start, exposure = _interval(header, info, path)
    unit = re.sub(r"!u(.*?)!n", r"\1", str(info["IMAGE_UNITS"]))
    tell_note(f"{path.name} is divided by the {high - low:g} keV of its band: RHESSI states {unit}, of the whole band")
    for key in ("TIMESYS", "TIMEUNIT", "DATE-OBS", "BUNIT", "UNITS", "CROTA"):
        header.remove(key, ignore_missing=True)
    header.update({"DATE_OBS": start.isoformat(), "EXPTIME": exposure, "ERANGE": f"{low:g}-{high:g} keV"})
    header.update({"BUNIT": f"{unit} keV-1", "SIMULATD": bool(info["SIMULATED_DATA"]), "CROTA2": 0.0})
    for axis in (1, 2):
        header.update({f"CTYPE{axis}": f"solar_{'xy'[axis - 1]}", f"CUNIT{axis}": "arcsec"})
    return [image / np.float32(high - low)], [header]


def _row(hdus, name, path):
    """The single row of a table of the RHESSI software; InputError when the file has none."""
    if name not in hdus or not getattr(hdus[name], "columns", None) or not len(hdus[name].data):
        raise InputError(f"{path.name} has no table {name!r}: give the whole file that the RHESSI software wrote")
    return hdus[name].data[0]


def _band(header, info, path):
    """Energy band (low, high), keV, of the header; InputError where the table has another."""
    stated = [number(header, key, path.name, ENERGIES) for key in ("ENERGY_L", "ENERGY_H")]
    used = [float(edge) for edge in np.ravel(info["IM_EBAND_USED"])]
    if not stated[0] < stated[1] or len(used) != 2 or not np.allclose(stated, used, rtol=1e-3):
        raise InputError(f"{path.name} states {stated} keV (ENERGY_L, ENERGY_H), but used {used}: make it again")
    return stated


def _check_centre(header, shape, path):
    """InputError unless the pixels give the stated centre of the image from the Sun's (XCEN west, YCEN north)."""
    for axis, (key, size) in enumerate(zip(("XCEN", "YCEN"), shape[::-1], strict=True), 1):
        if text(header, f"CTYPE{axis}").lower() != "arcsec":
            raise InputError(f"CTYPE{axis} of {path.name} is {header.get(f'CTYPE{axis}')!r}, RHESSI's is 'arcsec'")
        step, value, pixel = (number(header, f"{name}{axis}", path.name, FIELD) for name in ("CDELT", "CRVAL", "CRPIX"))
        centre, stated = value + ((size + 1) / 2 - pixel) * step, number(header, key, path.name, FIELD)
        if abs(centre - stated) > 0.1 * abs(step):
            raise InputError(f"the centre of {path.name} is {centre:.1f} arcsec by its pixels, {stated:.1f} by {key}")


def _interval(header, info, path):
    """Start (pandas.Timestamp, UTC) and exposure (s) of the table; InputError where DATE_OBS is another time."""
    first, last = (float(value) for value in np.ravel(info["ABSOLUTE_TIME_RANGE"]))
    span = [(time - EPOCH).total_seconds() for time in (LAUNCH, END)]
    if not span[0] <= first < last <= span[1]:
        raise InputError(
            f"ABSOLUTE_TIME_RANGE of {path.name} is {first:.12g} to {last:.12g} s since {EPOCH:%Y}, no interval of "
            f"RHESSI's years {LAUNCH:%Y} to {END:%Y}: fetch the file again"
        )
    start = EPOCH + pd.Timedelta(round(first, 3), "s")
    stated = pd.to_datetime(text(header, "DATE_OBS"), utc=True, errors="coerce").tz_localize(None)
    if not abs((start - stated).total_seconds()) <= 1:
        raise InputError(
            f"DATE_OBS of {path.name} is {text(header, 'DATE_OBS')!r}, but the map was made from {start}: correct it"
        )
    return start, last - first
