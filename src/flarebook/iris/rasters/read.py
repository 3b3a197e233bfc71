"""Read IRIS level-2 rasters: one file, many, or the archive's .tar.gz, whole or exposure by exposure."""

import gzip
import shutil
import tarfile
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.level2 import Exposure, Raster, RasterWindow


def read_raster(
    paths: str | Path | list[str | Path], window: str = "Mg II k", slit: tuple[int, int] | None = None
) -> Raster:
    """Read a raster, several files of one observation joined in time.

    Parameters
    ----------
    paths : str, Path or list of them
        Files `.fits`, `.fits.gz` or `.tar.gz`; several of one observation are joined in time.
    window : str
        Name of the spectral window, as in the header's TDESC keywords.
    slit : tuple of int, optional
        First slit pixel and the one after the last; all by default.

    Returns
    -------
    Raster
        Spectra in DN with wavelengths, times and pointing.

    Raises
    ------
    InputError
        When a file is absent, damaged, not a level-2 raster, or lacks the window.

    References
    ----------
    De Pontieu et al. (2014), Solar Physics 289, 2733; IRIS Technical Note 26.

    Examples
    --------
    >>> from flarebook import iris
    >>> from flarebook.iris.rasters.samples import sample_path
    >>> raster = iris.read_raster(sample_path("iris_20140329_mg2_raster.fits"), slit=(500, 510))
    >>> raster.spectra.shape[:2]
    (3, 10)
    """
    rasters = []
    for path, name in _files(paths):
        with open_level2(path, name) as hdus:
            rasters.append(RasterWindow(hdus, name, window, slit).raster())
    return concatenate(rasters)


def iter_exposures(
    path: str | Path, window: str = "Mg II k", slit: tuple[int, int] | None = None
) -> Iterator[Exposure]:
    """Read one exposure after the other, so that memory does not grow with the length of the raster.

    Parameters
    ----------
    path : str or Path
        File `.fits`, `.fits.gz` or `.tar.gz`.
    window : str
        Name of the spectral window, as in the header's TDESC keywords.
    slit : tuple of int, optional
        First slit pixel and the one after the last; all by default.

    Yields
    ------
    Exposure
        Spectra (n_slit, n_wavelengths) in DN with time and pointing, in the order of `Raster`.

    Raises
    ------
    InputError
        When the file is absent, damaged, not a level-2 raster, or lacks the window.

    Examples
    --------
    >>> from flarebook import iris
    >>> from flarebook.iris.rasters.samples import sample_path
    >>> [round(one.x, 1) for one in iris.iter_exposures(sample_path("iris_20140329_mg2_raster.fits"))]
    [483.9, 485.9, 487.9]
    """
    for plain, name in _files(path):
        with open_level2(plain, name) as hdus:
            yield from RasterWindow(hdus, name, window, slit).exposures()


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


def _files(paths):
    """Pairs of a readable file and its name in messages; archive members are unpacked one at a time."""
    for path in map(Path, [paths] if isinstance(paths, str | Path) else sorted(paths)):
        yield from _members(path) if path.name.endswith((".tar.gz", ".tgz", ".tar")) else [(path, str(path))]


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


@contextmanager
def open_level2(path, name=None):
    """Open a level-2 file, `.fits` or `.fits.gz`; a gzip file goes through a temporary file.

    name: what to call the file in messages, the path by default.  Yields an astropy HDUList.
    Raises InputError when the file is absent, truncated or no FITS.
    """
    path, name = Path(path), name or path
    if path.is_dir():
        raise InputError(f"{path} is a folder; name the level-2 files in it, for example {path}/*raster*.fits.")
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the name, or download the observation first.")
    with tempfile.TemporaryDirectory(prefix="flarebook-") as folder:
        plain = _plain_file(path, Path(folder), name)
        with _whole_fits(plain, name) as hdus:
            yield hdus


def _plain_file(path, folder, name):
    """The file itself, or its unpacked copy in folder when it is gzipped, written in small pieces."""
    with open(path, "rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            return path
    plain = folder / "raster.fits"
    try:
        with gzip.open(path, "rb") as packed, open(plain, "wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise InputError(f"{name} is a damaged gzip file ({error}); download it again.") from error
    return plain


@contextmanager
def _whole_fits(plain, name):
    """Open a FITS file after making sure that its last byte is there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyUserWarning)  # truncation is judged below, in words of our own
            hdus = fits.open(plain, memmap=False)  # sections are read from the file; scaled integers forbid mapping
            hdus.verify("silentfix")
            last = hdus[-1].fileinfo()
    except (OSError, TypeError, ValueError, KeyError) as error:
        raise InputError(f"{name} is not a readable FITS file ({error}); check that it is a level-2 raster.") from error
    with hdus:
        wanted, found = last["datLoc"] + last["datSpan"], plain.stat().st_size
        if found < wanted:
            raise InputError(f"{name} is truncated: it holds {found} of {wanted} bytes; download it again.")
        yield hdus
