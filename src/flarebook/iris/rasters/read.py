"""Read IRIS level-2 rasters: one file, many, or the archive's .tar.gz, whole or exposure by exposure."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from astropy.time import Time

from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.level2 import (
    Exposure,
    _Layout,
    open_level2,
)


@dataclass(frozen=True, eq=False)
class Raster:
    """One spectral window of a raster, exposure by exposure.

    spectra: (n_exposures, n_slit, n_wavelengths) float32 DN, missing values NaN; wavelength: (n_wavelengths,)
    Angstrom, vacuum; time: (n_exposures,) s after start; exposure_time: (n_exposures,) s; x, y: (n_exposures,)
    pointing of the slit centre, arcsec; quality: (n_exposures, n_slit) bool, True where a spectrum is complete and
    was exposed; slit_offset: (n_slit,) arcsec from the slit centre; observer_velocity: (n_exposures,) m/s, already
    removed from the wavelengths in level 2; notes: what the reader found odd.
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
        """Spectra (n_exposures * n_slit, n_wavelengths) and the exposure time of each, ready for `extract`."""
        spectra = self.spectra.reshape(-1, len(self.wavelength))
        return spectra, np.repeat(self.exposure_time, self.spectra.shape[1])


def read_raster(paths, window="Mg II k", slit=None):
    """Read a raster, several files of one observation joined in time.

    paths: a file (.fits, .fits.gz or .tar.gz) or a list of them; window: name of the spectral window; slit: (first,
    last) slit pixels, last excluded, all by default.  Returns a Raster.
    Raises InputError, one sentence, for anything that is no usable level-2 raster.
    """
    return concatenate(list(iter_rasters(paths, window, slit)))


def iter_rasters(paths, window="Mg II k", slit=None, problems=None) -> Iterator[Raster]:
    """Read rasters one file at a time, members of archives included.

    problems: a list; when given, bad files are left out and their InputError is appended to it, otherwise the first
    bad file raises.  Yields one Raster per file.
    """
    for path, name in _files(paths, problems):
        try:
            raster = _read_file(path, name, window, slit)
        except InputError as error:
            if problems is None:
                raise
            problems.append(error)
        else:
            yield raster


def iter_exposures(path, window="Mg II k", slit=None) -> Iterator[Exposure]:
    """Read one exposure after the other, so that memory does not grow with the length of the raster.

    path, window, slit: as for `read_raster`.  Yields Exposure in the order of `Raster`.
    """
    for plain, name in _files(path):
        with open_level2(plain, name) as hdus:
            layout = _Layout(hdus, name, window, slit)
            for step in layout.order:
                yield layout.exposure(step)


def concatenate(rasters):
    """Join rasters of one observation in time.

    Returns a Raster whose times count from the first raster's start.  Raises InputError when slit or wavelengths
    differ.
    """
    if not rasters:
        raise InputError("There is no raster to read; give at least one level-2 file.")
    first = rasters[0]
    for raster in rasters[1:]:
        same = raster.spectra.shape[1:] == first.spectra.shape[1:]
        if not (same and np.allclose(raster.wavelength, first.wavelength, atol=1e-3)):
            raise InputError(f"{raster.path} and {first.path} differ in slit or wavelengths; read them one by one.")
    if len(rasters) == 1:
        return first
    joined = {
        key: np.concatenate([getattr(raster, key) for raster in rasters])
        for key in ("spectra", "exposure_time", "x", "y", "quality", "observer_velocity", "orbital_phase")
        if getattr(first, key) is not None
    }
    joined["time"] = np.concatenate([raster.time + (raster.start - first.start).sec for raster in rasters])
    notes = tuple(dict.fromkeys(note for raster in rasters for note in raster.notes))
    return replace(first, **joined, notes=notes)


def _files(paths, problems=None):
    """Pairs of a readable file and the name to tell the reader; archive members are unpacked one at a time."""
    for path in [paths] if isinstance(paths, str | Path) else sorted(paths):
        path = Path(path)
        if not path.name.endswith((".tar.gz", ".tgz", ".tar")):
            yield path, str(path)
            continue
        try:
            yield from _members(path)
        except InputError as error:
            if problems is None:
                raise
            problems.append(error)


def _members(path):
    """FITS members of an archive, each in a temporary file that lives until the next one is asked for."""
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the name, or download the observation first.")
    try:
        with tarfile.open(path, "r|*") as archive, tempfile.TemporaryDirectory(prefix="flarebook-") as folder:
            for member in archive:
                if member.isfile() and member.name.endswith((".fits", ".fits.gz")):
                    plain = Path(folder) / Path(member.name).name
                    with open(plain, "wb") as unpacked:
                        shutil.copyfileobj(archive.extractfile(member), unpacked, 1 << 20)
                    yield plain, f"{path}/{member.name}"
                    plain.unlink()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"{path} is a damaged archive ({error}); download it again.") from error


def _read_file(plain, name, window, slit):
    """Read one file whole."""
    with open_level2(plain, name) as hdus:
        layout = _Layout(hdus, name, window, slit)
        shape = len(layout.order), len(layout.slit_offset), len(layout.wavelength)
        spectra, quality = np.empty(shape, np.float32), np.empty(shape[:2], bool)
        for row, step in enumerate(layout.order):
            exposure = layout.exposure(step)
            spectra[row], quality[row] = exposure.spectra, exposure.quality
        if not quality.any():
            raise InputError(f"{name} holds no usable spectrum: all exposures are missing or have no exposure time.")
        return Raster(
            spectra=spectra,
            wavelength=layout.wavelength,
            time=layout.column("TIME"),
            exposure_time=layout.column("EXPTIMEN"),
            start=_start(layout.primary, name),
            x=layout.column("XCENIX"),
            y=layout.column("YCENIX"),
            quality=quality,
            header=_plain_header(layout.primary),
            path=Path(name),
            slit_offset=layout.slit_offset,
            observer_velocity=layout.column("OBS_VRIX"),
            orbital_phase=layout.column("OPHASEIX"),
            notes=layout.remarks(quality),
        )


def _start(primary, name):
    """Start of the observation, or an InputError when the header has none."""
    try:
        return Time(primary["STARTOBS"])
    except (KeyError, ValueError) as error:
        raise InputError(f"The header of {name} has no readable STARTOBS; the file is no level-2 raster.") from error


def _plain_header(primary):
    """Primary header as a dict of plain values, without comments."""
    return {key: primary[key] for key in primary if key not in ("COMMENT", "HISTORY", "")}
