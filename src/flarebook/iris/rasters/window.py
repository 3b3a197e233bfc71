"""One spectral window of an open level-2 file, read exposure by exposure so that memory stays flat."""

from pathlib import Path

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.iris.mg2 import GRID
from flarebook.iris.rasters import level2
from flarebook.iris.rasters.raster import FLAGS, Exposure, Raster, flag_spectra

MISSING = -200.0  # DN, written where nothing was recorded
RESIZED_MISSING = -20.0  # DN; in resized files missing values were smeared into their neighbours
ROUNDING = 0.1  # DN, below the 0.25 DN in which level 2 counts
EXPOSURE_BYTES, RASTER_BYTES = 1 << 28, 1 << 32  # of one exposure, and of a raster read as a whole, float32


class RasterWindow:
    """One spectral window of an open file with its tables, exposures in the order of `Raster`.

    A raster that stepped backwards (STEPS_AV < -0.01, "V34" observations) is turned round as a whole, spectra, times,
    exposure times and pointing alike, so that x ascends and time runs backwards, as irispy-lmsal does by default.
    """

    def __init__(self, hdus, name, window, slit):
        self.name, self.primary = name, hdus[0].header
        level2.check_origin(self.primary, name)
        self.start = level2.start_of(self.primary, name)
        index = level2.find_window(hdus, window, name)
        self.hdu, header = hdus[index], hdus[index].header
        n_exposures, n_slit, n_wavelengths = self.hdu.shape
        if 4 * n_slit * n_wavelengths > EXPOSURE_BYTES:
            raise InputError(f"{name} claims exposures of {n_slit} x {n_wavelengths} values: download it again.")
        wavelength, resized, notes = level2.wavelength_axis(self.primary, header, index, name)
        self.turned = wavelength[0] > wavelength[-1]
        self.wavelength = wavelength[::-1] if self.turned else wavelength
        self.missing = (RESIZED_MISSING if resized else MISSING) + ROUNDING
        self.factor, self.per_second, unit_notes = level2.counts_of(self.primary, header, name)
        self.columns, table_notes = level2.auxiliary(hdus, n_exposures, name)
        self.slit = slit_range(slit, n_slit, name)
        self.needed = needed_wavelengths(self.wavelength)
        step, slit_notes = level2.slit_step(self.primary, header, n_slit, resized, name)
        self.slit_offset = ((np.arange(n_slit) - (n_slit - 1) / 2) * step)[self.slit]
        self.slit_direction, direction_notes = level2.slit_direction(header, name)
        reversed_scan, step_notes = level2.steps_backwards(self.primary, self.columns, name)
        self.order = range(n_exposures)[:: -1 if reversed_scan else 1]
        backwards = ["The raster stepped backwards; it is turned round so that x ascends and time descends."]
        self.contradictions = [*notes, *unit_notes, *table_notes, *slit_notes, *direction_notes, *step_notes]
        self.notes = [*self.contradictions, *(backwards if reversed_scan else [])]

    def exposures(self):
        """Read one exposure after the other.  Yields Exposure."""
        return (self._exposure(step) for step in self.order)

    def raster(self):
        """Read the whole window.

        Returns a Raster.  Raises InputError when no spectrum is usable, or the window is larger than RASTER_BYTES.
        """
        shape = len(self.order), len(self.slit_offset), len(self.wavelength)
        if 4 * np.prod(shape, dtype=float) > RASTER_BYTES:
            raise InputError(f"{self.name} holds {shape} values, too many at once: use iter_exposures or a slit range")
        spectra, flag = np.empty(shape, np.float32), np.empty(shape[:2], np.uint8)
        for row, exposure in enumerate(self.exposures()):
            spectra[row], flag[row] = exposure.spectra, exposure.flag
        if flag.all():
            raise InputError(
                f"{self.name} holds no usable spectrum: all exposures are missing or have no exposure time; "
                "give another raster."
            )
        about = {
            "header": {key: self.primary[key] for key in self.primary if key not in ("COMMENT", "HISTORY", "")},
            "path": Path(self.name),
            "slit_offset": self.slit_offset,
            "slit_direction": self.slit_direction,
            "notes": (*self.notes, *flag_notes(flag)),
        }
        columns = {name: column[list(self.order)] for name, column in self.columns.items()}
        return Raster(spectra, self.wavelength, start=self.start, quality=flag == 0, **columns, **about)

    def _counts(self, step):
        """Values of an exposure as they are stored, (n_slit, n_wavelengths) float32."""
        return np.asarray(self.hdu.section[step, self.slit], np.float32)

    def _exposure(self, step):
        """Read one exposure in DN; missing values become NaN."""
        time, exposure_time, x, y = (float(self.columns[name][step]) for name in ("time", "exposure_time", "x", "y"))
        counts = self._counts(step)[:, :: -1 if self.turned else 1]
        with np.errstate(invalid="ignore", over="ignore"):
            counts = counts * np.float32(self.factor * (exposure_time if self.per_second else 1.0))
            spectra = np.where(counts > self.missing, counts, np.float32(np.nan))
        sampling = abs(self.wavelength[-1] - self.wavelength[0]) / (len(self.wavelength) - 1)
        flag = flag_spectra(spectra, self.needed, exposure_time, time, sampling)
        simulated = self.primary.get("SIMULATD") is True
        return Exposure(
            spectra, self.wavelength, time, exposure_time, x, y, flag, simulated=simulated, start=self.start
        )


def flag_notes(flag):
    """Sentences about the spectra that cannot be used; flag: (n_exposures, n_slit) of FLAGS."""
    unexposed = (flag == FLAGS.index("no exposure time")).all(axis=1)
    empty = flag.astype(bool).all(axis=1) & ~unexposed
    counts = ((unexposed, "have no exposure time"), (empty, "hold no complete spectrum"))
    notes = [f"{rows.sum()} of {len(flag)} exposures {what}." for rows, what in counts if rows.any()]
    spectra = (("saturated", "are saturated"), ("cosmic ray", "hold a cosmic-ray hit"), ("masked", "are masked"))
    for name, what in spectra:
        if number := (flag == FLAGS.index(name)).sum():
            notes.append(f"{number} of {flag.size} spectra {what}; they are not used.")
    return notes


def slit_range(slit, n_slit, name):
    """Slice of slit pixels, or an InputError when nothing lies in it."""
    first, last = (0, n_slit) if slit is None else slit
    if not 0 <= first < last <= n_slit:
        raise InputError(f"The slit range {first} to {last} holds no pixel of {name}; choose within 0 to {n_slit}.")
    return slice(first, last)


def needed_wavelengths(wavelength):
    """Mask of the wavelengths that the features need, or all when the window holds only a part of them."""
    inside = (wavelength >= GRID[0]) & (wavelength <= GRID[-1])
    if wavelength[0] > GRID[0] or wavelength[-1] < GRID[-1]:
        return np.ones(len(wavelength), bool)
    return inside | np.roll(inside, 1) | np.roll(inside, -1)
