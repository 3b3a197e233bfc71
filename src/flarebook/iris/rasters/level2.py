"""What an IRIS level-2 file establishes: its window, wavelength axis, unit of counts, times and pointing.

Own code, since a raster is read exposure by exposure: irispy and sunraster load whole windows, of gigabytes for long
observations.  astropy reads units and times.  What the keywords leave open is refused, or told by a MetadataWarning.

Facts about the format: https://iris.lmsal.com/itn26 (data products), De Pontieu et al. 2014; those about files that
do not keep to it were found by trying.
"""

import astropy.units as u
import numpy as np
from astropy.time import Time

from flarebook.compendium.data.header_values import count_unit, number, parse_unit, text, time_of
from flarebook.compendium.errors import InputError
from flarebook.iris.mg2 import GRID

AUXILIARY = {  # attribute of a Raster: column of the auxiliary table
    "time": "TIME", "exposure_time": "EXPTIMEN", "x": "XCENIX", "y": "YCENIX", "observer_velocity": "OBS_VRIX",
    "orbital_phase": "OPHASEIX",
}  # fmt: skip
PLAUSIBLE = {  # lowest and highest value, unit
    "time": (-600.0, 3 * 86400.0, "s"),  # after STARTOBS
    "exposure_time": (0.0, 120.0, "s"),  # IRIS exposes for at most 30 s in the paper's observations
    "x": (-1500.0, 1500.0, "arcsec"),  # IRIS points at most 20 arcmin from disk centre
    "y": (-1500.0, 1500.0, "arcsec"),
}
FIRST_LIGHT = "2013-06-27"  # launch of IRIS
DISTANCES = (0.97 * u.au.to(u.m), 1.03 * u.au.to(u.m))  # of the Sun from an orbit about the Earth
AXIS_AGREEMENT = 0.005  # Angstrom, .5 km/s: a fifth of a spectral pixel
RESIZED = 0.1  # relative difference of the keywords' and the window's width above which the window was resized
LARGEST_SHIFT = 2.0  # Angstrom, of a recalibrated axis


def check_origin(primary, name):
    """Raise InputError for a file of another telescope, of slit-jaw images, or seen from an impossible distance."""
    if text(primary, "INSTRUME").upper().startswith("SJI"):
        raise InputError(f"{name} holds slit-jaw images, no spectra; give the raster file of the observation.")
    telescope = text(primary, "TELESCOP")
    if telescope.upper() != "IRIS":
        raise InputError(f"{name} is of {telescope or 'no stated telescope'}, not of IRIS: give a level-2 raster")
    number(primary, "DSUN_OBS", name, DISTANCES, None)


def start_of(primary, name):
    """Start of the observation, astropy Time in UTC, to which the times of the auxiliary table are added.

    Raises InputError when STARTOBS is missing, no time, or before the launch.
    """
    start = time_of(primary, ("STARTOBS",), name, FIRST_LIGHT)
    if start is None:
        raise InputError(f"The header of {name} has no readable STARTOBS; give a level-2 raster of the archive.")
    return Time(start.isoformat(), format="isot", scale="utc")


def find_window(hdus, window, name):
    """Index of the HDU of a spectral window, by its description, for Mg II also by its wavelengths.

    window: for example "Mg II k".  Raises InputError that lists the windows of the file when there is none.
    """
    primary = hdus[0].header
    indices = [i for i, hdu in enumerate(hdus) if hdu.is_image and hdu.header.get("NAXIS") == 3]  # NWIN may be wrong
    described = {i: text(primary, f"TDESC{i}") for i in indices}
    spans = {i: [number(primary, f"{key}{i}", name, default=np.nan) for key in ("TWMIN", "TWMAX")] for i in indices}
    family = " ".join(window.split()[:2]).lower()  # "Mg II k" is called "Mg II k 2796" or "Mg II h&k"
    matches = [i for i, words in described.items() if family in words.lower()]
    if family == "mg ii":
        covering = [i for i, (low, high) in spans.items() if low <= GRID[0] and high >= GRID[-1]]
        matches = [i for i in matches if i in covering] or covering or [i for i in matches if np.isnan(spans[i]).any()]
    if not matches:
        listed = ", ".join(f"{described[i] or 'unnamed'} ({low:.1f}-{high:.1f} A)" for i, (low, high) in spans.items())
        wanted = f" covering {GRID[0]:.2f} to {GRID[-1]:.2f} A" if family == "mg ii" else ""
        raise InputError(f"{name} has no {window} window{wanted}; its windows are: {listed or 'none'}.")
    return matches[0]


def wavelength_axis(primary, window, index, name):
    """Wavelengths of a window in Angstrom (vacuum), whether it was resized, and notes on contradicting keywords.

    primary, window: FITS headers; index: number of the window.  CRVAL1, CDELT1 and CRPIX1 give the axis, a user's
    recalibration included; where it is far wider or narrower than TWMIN to TWMAX, the file was resized without
    updating CDELT1, and the axis runs from TWMIN to TWMAX instead.  Returns wavelength (n_wavelengths,), which
    descends where the file's does, bool, [str].  Raises InputError for another quantity than vacuum wavelength.
    """
    count, notes = window["NAXIS1"], []
    for axis, start in ((1, "WAVE"), (2, "HPLT"), (3, "HPLN")):
        kind = text(window, f"CTYPE{axis}").upper()
        if kind and not kind.startswith(start):
            raise InputError(f"CTYPE{axis} of {name} is {kind!r}, not {start}: give a level-2 raster of the archive")
    unit = text(window, "CUNIT1")
    if not (unit and text(window, "CTYPE1")):
        notes.append("CTYPE1 or CUNIT1 is missing: wavelengths are taken as those of level 2, Angstrom in vacuum.")
    try:
        factor = parse_unit(unit or "Angstrom", f"CUNIT1 of {name}").to(u.AA)
    except u.UnitConversionError as error:
        raise InputError(f"CUNIT1 of {name} is {unit!r}, no length: give wavelengths in Angstrom or nm") from error
    start, step = number(window, "CRVAL1", name), number(window, "CDELT1", name)
    step *= number(window, "PC1_1", name, default=1.0)
    pixel = np.arange(count) + 1 - number(window, "CRPIX1", name, default=1.0)
    wavelength = (start + pixel * step) * factor
    if count < 2 or step == 0:
        raise InputError(f"{name} has {count} wavelengths in steps of {step:g}: no spectrum; correct CDELT1")
    low, high = (number(primary, f"{key}{index}", name, default=None) for key in ("TWMIN", "TWMAX"))
    if low is None or high is None:
        return wavelength, False, notes
    first, last = np.sort(wavelength[[0, -1]])
    if max(abs(first - low), abs(last - high)) <= AXIS_AGREEMENT:
        return wavelength, False, notes
    stated = (
        f"The wavelength keywords give {first:.2f} to {last:.2f} A, but TWMIN and TWMAX say {low:.2f} to {high:.2f} A;"
    )
    if not low < high:
        raise InputError(f"{stated[:-1]} in {name}: correct them")
    if abs((last - first) / (high - low) - 1) > RESIZED:
        return np.linspace(low, high, count), True, [
            *notes, f"{stated} TWMIN and TWMAX are used, {(high - low) / (count - 1):.4f} A a bin."
        ]  # fmt: skip
    shift = (first + last - low - high) / 2
    if abs(shift) > LARGEST_SHIFT:
        raise InputError(f"{stated} a shift of {shift:.2f} A is no calibration: correct CRVAL1 of {name}")
    return wavelength, False, [*notes, f"{stated} the keywords are used, shifted by {shift:+.3f} A."]


def counts_of(primary, window, name):
    """Factor to DN or DN/s, whether the counts are per second, and notes: (float, bool, [str]), from BUNIT.

    Raises InputError for another unit, or when the primary header and the window's contradict each other.
    """
    units = {}
    for part, header in (("", primary), (" of the window", window)):
        if written := text(header, "BUNIT"):
            where = f"BUNIT{part} of {name}"
            units[where] = count_unit(written.lower().replace("corrected", "").strip(), where)  # dark and flat field
    if len(set(units.values())) > 1:
        raise InputError(f"{name} has two units, BUNIT {primary['BUNIT']!r} and {window['BUNIT']!r}: correct it")
    if units:
        return *next(iter(units.values())), []
    return 1.0, False, ["BUNIT is missing: the counts are taken as DN, the unit of level 2."]


def slit_step(primary, window, n_slit, resized, name):
    """Distance of two slit pixels in arcsec and notes: CDELT2, or FOVY over the pixels where the window was resized."""
    field = number(primary, "FOVY", name, (0.0, 200.0), None)
    step = number(window, "CDELT2", name, (-200.0, 200.0), None)
    if step and not resized:
        try:
            return step * parse_unit(text(window, "CUNIT2") or "arcsec", f"CUNIT2 of {name}").to(u.arcsec), []
        except u.UnitConversionError as error:
            raise InputError(f"CUNIT2 of {name} is {window['CUNIT2']!r}, no angle: correct the header") from error
    if not field:
        raise InputError(f"the header of {name} has neither CDELT2 nor FOVY: the slit's scale is unknown; add CDELT2")
    return field / n_slit, [] if resized else [f"CDELT2 is missing: the slit's step is FOVY / {n_slit}."]


def slit_direction(window, name):
    """Unit vector along the slit towards solar west and north, (float, float), and notes.

    PC2_2 and PC3_2, which scale the steps of axes 2 and 3: 0.65 degrees from north in unrolled observations.
    """
    north, west = (number(window, key, name, (-1e6, 1e6), None) for key in ("PC2_2", "PC3_2"))
    if north is None or west is None:
        return (0.0, 1.0), ["PC2_2 or PC3_2 is missing: the slit is taken to lie along solar north."]
    step = number(window, "CDELT2", name, default=1.0)
    across = number(window, "CDELT3", name, default=0.0) or step  # 0 for sit-and-stare, whose PC3_2 is in slit steps
    north, west = north * step, west * across
    length = np.hypot(north, west)
    if not length > 0:
        raise InputError(f"{name} has a slit without direction (PC2_2 and PC3_2 are 0): correct the header")
    return (float(west / length), float(north / length)), []


def steps_backwards(primary, columns, name):
    """Whether the raster stepped eastwards, from STEPS_AV or else the pointing, and notes: (bool, [str])."""
    try:
        step, notes = number(primary, "STEPS_AV", name, default=None), []
    except InputError as error:
        step, notes = None, [f"{error}."]
    if step is None:
        steps = np.diff(columns["x"])
        step = float(np.median(steps[np.isfinite(steps)])) if np.isfinite(steps).any() else 0.0
        notes = [f"STEPS_AV tells no step: the pointing gives {step:.2f} arcsec an exposure."]
    return step < -0.01, notes


def auxiliary(hdus, n_exposures, name):
    """Columns of the auxiliary table that belong to the exposures, found through its header, and notes.

    Returns dict of (n_exposures,) float arrays, keys of AUXILIARY, NaN where a value is impossible, and [str].
    Raises InputError when the table is absent, lacks a column, has another number of rows, or none that is possible.
    """
    tables = [hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS") == 2 and "EXPTIMEN" in hdu.header]
    if not tables:
        raise InputError(f"{name} has no auxiliary table (times and pointing); it may be cut short: download it again.")
    header, table = tables[-1].header, np.asarray(tables[-1].data, np.float64)
    at = {key: number(header, key, name, default=-1) for key in AUXILIARY.values()}
    absent = [key for key, column in at.items() if column != int(column) or not 0 <= column < table.shape[1]]
    if absent:
        raise InputError(
            f"The auxiliary table of {name} lacks {', '.join(absent)}; give a level-2 raster of the archive."
        )
    if len(table) != n_exposures:
        raise InputError(
            f"The auxiliary table of {name} has {len(table)} rows for {n_exposures} exposures; download it again."
        )
    columns, notes = {key: table[:, int(at[column])] for key, column in AUXILIARY.items()}, []
    for key, (low, high, unit) in PLAUSIBLE.items():
        bad = ~((columns[key] >= low) & (columns[key] <= high))
        columns[key] = np.where(bad, np.nan, columns[key])
        about = f"{AUXILIARY[key]} outside {low:g} to {high:g} {unit}"
        if bad.all():
            raise InputError(f"All {n_exposures} exposures of {name} have {about}; download it again.")
        if bad.any():
            notes.append(f"{bad.sum()} of {n_exposures} exposures have {about}: it is taken as missing.")
    times = columns["time"][np.isfinite(columns["time"])]
    if np.any(np.diff(times) < 0):
        notes.append("The times of the exposures do not ascend.")
    return columns, notes
