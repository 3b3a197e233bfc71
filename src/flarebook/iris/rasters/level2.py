"""What an IRIS level-2 raster file holds: windows, wavelength axis, auxiliary table, missing values, exposures.

Facts about the format: https://iris.lmsal.com/itn26 (data products), De Pontieu et al. 2014; those about files that
do not keep to it were found by trying.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.time import Time

from flarebook.compendium.errors import InputError
from flarebook.iris.mg2 import GRID

MISSING = -200.0  # DN, written where nothing was recorded
RESIZED_MISSING = -20.0  # DN; in resized files missing values were smeared into their neighbours
AUXILIARY = {  # attribute of a Raster: column of the auxiliary table
    "time": "TIME", "exposure_time": "EXPTIMEN", "x": "XCENIX", "y": "YCENIX", "observer_velocity": "OBS_VRIX",
    "orbital_phase": "OPHASEIX",
}  # fmt: skip
AXIS_AGREEMENT = 0.05  # Angstrom: two spectral pixels


def find_window(hdus, name, path):
    """Index of the HDU of a spectral window, by its description, for Mg II also by its wavelengths.

    name: for example "Mg II k".  Raises InputError that lists the windows of the file when there is none.
    """
    primary = hdus[0].header
    indices = [i for i, hdu in enumerate(hdus) if hdu.is_image and hdu.header.get("NAXIS") == 3]  # NWIN may be wrong
    if primary.get("INSTRUME") == "SJI":
        raise InputError(f"{path} holds slit-jaw images, no spectra; give the raster file of the observation.")
    described = {i: str(primary.get(f"TDESC{i}", "")) for i in indices}
    spans = {i: (primary.get(f"TWMIN{i}", np.nan), primary.get(f"TWMAX{i}", np.nan)) for i in indices}
    family = " ".join(name.split()[:2]).lower()  # "Mg II k" is called "Mg II k 2796" or "Mg II h&k"
    matches = [i for i, text in described.items() if family in text.lower()]
    if family == "mg ii":
        covering = [i for i, (low, high) in spans.items() if low <= GRID[0] and high >= GRID[-1]]
        matches = [i for i in matches if i in covering] or covering
    if not matches:
        listed = ", ".join(f"{described[i] or 'unnamed'} ({low:.1f}-{high:.1f} A)" for i, (low, high) in spans.items())
        wanted = f" covering {GRID[0]:.2f} to {GRID[-1]:.2f} A" if family == "mg ii" else ""
        raise InputError(f"{path} has no {name} window{wanted}; its windows are: {listed or 'none'}.")
    return matches[0]


def wavelength_axis(primary, window, index):
    """Wavelengths of a window in Angstrom (vacuum), and a note when the header contradicts itself.

    primary, window: FITS headers; index: number of the window.  CRVAL1, CDELT1 and CRPIX1 give the axis; where it
    misses TWMIN or TWMAX by more than two pixels the file was resized without updating CDELT1, and the axis runs
    from TWMIN to TWMAX instead.  Returns wavelength (n_wavelengths,) and str or None.
    """
    count = window["NAXIS1"]
    low, high = primary.get(f"TWMIN{index}"), primary.get(f"TWMAX{index}")
    wavelength = window["CRVAL1"] + (np.arange(count) + 1 - window.get("CRPIX1", 1.0)) * window["CDELT1"]
    if low is None or high is None or max(abs(wavelength[0] - low), abs(wavelength[-1] - high)) <= AXIS_AGREEMENT:
        return wavelength, None
    note = (
        f"The wavelength keywords give {wavelength[0]:.2f} to {wavelength[-1]:.2f} A, but TWMIN and TWMAX say "
        f"{low:.2f} to {high:.2f} A; TWMIN and TWMAX are used, {(high - low) / (count - 1):.4f} A a bin."
    )
    return np.linspace(low, high, count), note


def auxiliary(hdus, n_exposures, path):
    """Columns of the auxiliary table that belong to the exposures, found through its header.

    Returns dict of (n_exposures,) float arrays, keys of AUXILIARY.  Raises InputError when the table is absent, lacks
    a column or has another number of rows.
    """
    tables = [hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS") == 2 and "EXPTIMEN" in hdu.header]
    if not tables:
        raise InputError(f"{path} has no auxiliary table (times and pointing); it may be cut short: download it again.")
    header, table = tables[-1].header, np.asarray(tables[-1].data, np.float64)
    absent = [key for key in AUXILIARY.values() if not 0 <= header.get(key, -1) < table.shape[1]]
    if absent:
        raise InputError(
            f"The auxiliary table of {path} lacks {', '.join(absent)}; give a level-2 raster of the archive."
        )
    if len(table) != n_exposures:
        raise InputError(
            f"The auxiliary table of {path} has {len(table)} rows for {n_exposures} exposures; download it again."
        )
    return {name: table[:, header[key]] for name, key in AUXILIARY.items()}


@dataclass(frozen=True, eq=False)
class Raster:
    """Hold one spectral window of a raster, exposure by exposure.

    Attributes
    ----------
    spectra : ndarray, shape (n_exposures, n_slit, n_wavelengths)
        Counts in DN, float32; missing values are NaN.
    wavelength : ndarray, shape (n_wavelengths,)
        Vacuum wavelengths in Angstrom.
    time : ndarray, shape (n_exposures,)
        Seconds after `start`.
    exposure_time : ndarray, shape (n_exposures,)
        Exposure times in seconds.
    start : Time
        Start of the observation, UTC.
    x, y : ndarray, shape (n_exposures,)
        Pointing of the slit centre in arcsec.
    quality : ndarray of bool, shape (n_exposures, n_slit)
        True where a spectrum is complete and was exposed.
    header : dict
        Primary header without comments.
    path : Path, optional
        File that was read.
    slit_offset : ndarray, shape (n_slit,), optional
        Distance from the slit centre in arcsec.
    observer_velocity : ndarray, shape (n_exposures,), optional
        Velocity of the spacecraft in m/s, already removed from the wavelengths in level 2.
    orbital_phase : ndarray, shape (n_exposures,), optional
        Phase of the orbit, 0 to 1.
    notes : tuple of str
        Contradictions that the reader found in the file.

    Examples
    --------
    >>> from flarebook import iris
    >>> raster = iris.real_raster()
    >>> spectra, exposure_time = raster.flat()
    >>> len(spectra) == len(exposure_time) == 3 * 1094
    True
    """

    spectra: np.ndarray
    wavelength: np.ndarray
    time: np.ndarray
    exposure_time: np.ndarray
    start: Time
    x: np.ndarray
    y: np.ndarray
    quality: np.ndarray
    header: dict = field(default_factory=dict)
    path: Path | None = None
    slit_offset: np.ndarray | None = None
    observer_velocity: np.ndarray | None = None
    orbital_phase: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def flat(self):
        """Spectra (n_exposures * n_slit, n_wavelengths) and the exposure time of each, ready for `extract_features`."""
        spectra = self.spectra.reshape(-1, len(self.wavelength))
        return spectra, np.repeat(self.exposure_time, self.spectra.shape[1])


class Exposure(NamedTuple):
    """One exposure of a raster: spectra (n_slit, n_wavelengths) DN, quality (n_slit,), the rest as in Raster."""

    spectra: np.ndarray
    wavelength: np.ndarray
    time: float
    exposure_time: float
    x: float
    y: float
    quality: np.ndarray


class RasterWindow:
    """One spectral window of an open file with its tables, exposures in the order of `Raster`.

    A raster that stepped backwards (STEPS_AV < -0.01, "V34" observations) is turned round as a whole, spectra, times,
    exposure times and pointing alike, so that x ascends and time runs backwards, as irispy-lmsal does by default.
    """

    def __init__(self, hdus, name, window, slit):
        self.name, self.primary = name, hdus[0].header
        index = find_window(hdus, window, name)
        self.hdu = hdus[index]
        n_exposures, n_slit = self.hdu.shape[:2]
        self.wavelength, resized = wavelength_axis(self.primary, self.hdu.header, index)
        self.missing = RESIZED_MISSING if resized else MISSING
        self.columns = auxiliary(hdus, n_exposures, name)
        self.slit = _slit_range(slit, n_slit, name)
        self.needed = _needed(self.wavelength)
        reversed_scan = float(self.primary.get("STEPS_AV", 0.0)) < -0.01
        self.order = range(n_exposures)[:: -1 if reversed_scan else 1]
        turned = "The raster stepped backwards; it is turned round so that x ascends and time descends."
        self.notes = [note for note in (resized, turned if reversed_scan else None) if note]
        step = self.primary.get("FOVY", 0) / n_slit if resized else self.hdu.header["CDELT2"]
        self.slit_offset = ((np.arange(n_slit) - (n_slit - 1) / 2) * step)[self.slit]

    def exposures(self):
        """Read one exposure after the other.  Yields Exposure."""
        return (self._exposure(step) for step in self.order)

    def raster(self):
        """Read the whole window.

        Returns a Raster.  Raises InputError when the start is missing or no spectrum is usable.
        """
        shape = len(self.order), len(self.slit_offset), len(self.wavelength)
        spectra, quality = np.empty(shape, np.float32), np.empty(shape[:2], bool)
        for row, exposure in enumerate(self.exposures()):
            spectra[row], quality[row] = exposure.spectra, exposure.quality
        if not quality.any():
            raise InputError(
                f"{self.name} holds no usable spectrum: all exposures are missing or have no exposure time; "
                "give another raster."
            )
        try:
            start = Time(self.primary["STARTOBS"])
        except (KeyError, ValueError) as error:
            raise InputError(
                f"The header of {self.name} has no readable STARTOBS; give a level-2 raster of the archive."
            ) from error
        about = {
            "header": {key: self.primary[key] for key in self.primary if key not in ("COMMENT", "HISTORY", "")},
            "path": Path(self.name),
            "slit_offset": self.slit_offset,
            "notes": self._remarks(quality),
        }
        columns = {name: column[list(self.order)] for name, column in self.columns.items()}
        return Raster(spectra, self.wavelength, start=start, quality=quality, **columns, **about)

    def _exposure(self, step):
        """Read one exposure from the file; missing values become NaN."""
        try:
            raw = np.asarray(self.hdu.section[step, self.slit], np.float32)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"Exposure {step} of {self.name} cannot be read ({error}); download it again.") from error
        with np.errstate(invalid="ignore"):
            spectra = np.where(raw > self.missing, raw, np.float32(np.nan))
        time, exposure_time, x, y = (float(self.columns[name][step]) for name in ("time", "exposure_time", "x", "y"))
        quality = np.isfinite(spectra[:, self.needed]).all(axis=1) & (exposure_time > 0)
        return Exposure(spectra, self.wavelength, time, exposure_time, x, y, quality)

    def _remarks(self, quality):
        """Notes on the file, those about unusable exposures included."""
        unexposed = int((self.columns["exposure_time"] <= 0).sum())
        empty = int((~quality.any(axis=1)).sum()) - unexposed
        counts = ((unexposed, "have no exposure time"), (empty, "hold no complete spectrum"))
        return (*self.notes, *(f"{n} of {len(quality)} exposures {what}." for n, what in counts if n > 0))


def _slit_range(slit, n_slit, name):
    """Slice of slit pixels, or an InputError when nothing lies in it."""
    first, last = (0, n_slit) if slit is None else slit
    if not 0 <= first < last <= n_slit:
        raise InputError(f"The slit range {first} to {last} holds no pixel of {name}; choose within 0 to {n_slit}.")
    return slice(first, last)


def _needed(wavelength):
    """Mask of the wavelengths that the features need, or all when the window holds only a part of them."""
    inside = (wavelength >= GRID[0]) & (wavelength <= GRID[-1])
    if wavelength[0] > GRID[0] or wavelength[-1] < GRID[-1]:
        return np.ones(len(wavelength), bool)
    return inside | np.roll(inside, 1) | np.roll(inside, -1)
