"""Read IRIS level-2 rasters: one file, many, or the archive's .tar.gz, whole or exposure by exposure.

Own code, since neither irispy nor sunraster streams: a day's archive holds more than a computer's memory.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import astropy.units as u
import numpy as np

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.data.reading import open_fits, open_tar, reading
from flarebook.compendium.errors import InputError, MetadataWarning, plain
from flarebook.iris.rasters.cubes import CubeWindow, cubes_of, is_held
from flarebook.iris.rasters.raster import Exposure, Raster
from flarebook.iris.rasters.window import RasterWindow

if TYPE_CHECKING:
    import ndcube

CONTENT = "an IRIS level-2 raster"
FILE_BYTES, EXPANSION = 1 << 28, 100  # a packed file unpacks to at most the larger of these bytes and this many times


def read_raster(
    paths: "str | Path | ndcube.NDCube | list[str | Path]",
    window: str = "Mg II k",
    slit: tuple[int, int] | None = None,
) -> Raster:
    """Read a raster, several files of one observation joined in time.

    Parameters
    ----------
    paths : str, Path or list of them, or ndcube.NDCube
        Files `.fits`, `.fits.gz` or `.tar.gz`; several of one observation are joined in time.  Members of an archive
        that cannot be read are skipped with a MetadataWarning.  Or what software holds: a cube of ndcube, sunraster or
        irispy-lmsal, axes (exposure, slit, wavelength), a sequence of cubes, or irispy's collection of windows.
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
        When a file is absent, damaged, not a level-2 raster, or lacks the window; when a cube does not state its unit,
        vacuum wavelengths, times or exposure times.

    Warns
    -----
    MetadataWarning
        When keywords contradict each other, or a cube states no telescope or no place on the Sun.

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
    if is_held(paths):
        return concatenate([_told(CubeWindow(cube, slit)).raster() for cube in cubes_of(paths, window)])
    rasters, skipped = [], []
    for path in sorted(_paths_of(paths)):
        for file, name in raster_files(path, skipped):
            with skipping(skipped) if is_archive(path) else nullcontext(), open_level2(file, name) as hdus:
                found = RasterWindow(hdus, name, window, slit)
                rasters.append(found.raster())
                tell(path, found.contradictions)
    if skipped and not rasters:
        raise InputError(skipped[0])
    tell("skipped", skipped)
    return concatenate(rasters)


def iter_exposures(
    path: "str | Path | ndcube.NDCube",
    window: str = "Mg II k",
    slit: tuple[int, int] | None = None,
    skipped: list[str] | None = None,
) -> Iterator[Exposure]:
    """Read one exposure after the other, so that memory does not grow with the length of the raster.

    Parameters
    ----------
    path : str, Path or ndcube.NDCube
        File `.fits`, `.fits.gz` or `.tar.gz`, or what `read_raster` takes instead.
    window : str
        Name of the spectral window, as in the header's TDESC keywords.
    slit : tuple of int, optional
        First slit pixel and the one after the last; all by default.
    skipped : list of str, optional
        Extended by one sentence for each member of an archive that cannot be read; by default each is a
        MetadataWarning.

    Yields
    ------
    Exposure
        Spectra (n_slit, n_wavelengths) in DN with time and pointing, file by file in the order of the archive; times
        count from the start of the first.

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
    if is_held(path):
        windows = [_told(CubeWindow(cube, slit)) for cube in cubes_of(path, window)]
        for file, found in enumerate(windows):
            shift = (found.start - windows[0].start).sec
            yield from (one._replace(time=one.time + shift, file=file) for one in found.exposures())
        return
    (path,), reasons, told, first, number = _paths_of([path]), [], set(), None, 0
    for file, name in raster_files(path, reasons):
        with skipping(reasons) if is_archive(path) else nullcontext(), open_level2(file, name) as hdus:
            found = RasterWindow(hdus, name, window, slit)
            tell(path, [note for note in found.contradictions if note not in told])
            told |= set(found.contradictions)
            first, number = first or found.start, number + 1
            shift = (found.start - first).sec if number > 1 else 0.0  # astropy's leap seconds take .2 s to import
            for exposure in found.exposures():
                yield exposure._replace(time=exposure.time + shift, file=number - 1)
    if reasons and not number:
        raise InputError(reasons[0])
    if skipped is None:
        tell("skipped", reasons)
    else:
        skipped += reasons


def _paths_of(source):
    """Paths that a source names, one or several: [Path]; InputError for anything else, such as a map of sunpy."""
    several = isinstance(source, Iterable) and not isinstance(source, str | Path)
    found = list(source) if several else [source]
    for item in found:
        if not isinstance(item, str | Path):
            kind = type(item).__name__
            raise InputError(f"a {kind} is no raster of spectra: give paths of level-2 files, or one ndcube.NDCube")
    return [Path(item) for item in found]


def _told(found):
    """The window of a cube, its contradictions told."""
    tell(found.name, found.contradictions)
    return found


def tell(path, notes):
    """Issue a MetadataWarning for each note on a file."""
    for note in notes:
        warnings.warn(f"{path}: {note}", MetadataWarning, stacklevel=3)


def concatenate(rasters):
    """Join rasters of one observation in the order of their times.

    Returns a Raster whose times count from the first raster's start.  Raises InputError when slit or wavelengths
    differ.
    """
    if not rasters:
        raise InputError("There is no raster to read; give at least one level-2 file.")
    rasters = sorted(rasters, key=lambda raster: (raster.start + np.nanmin(raster.time) * u.s).jd)
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


def is_archive(path):
    """Whether a file's name is that of a tar archive."""
    return path.name.endswith((".tar.gz", ".tgz", ".tar"))


def raster_files(path, skipped):
    """Pairs of a readable file and its name in messages: the file itself, or the FITS members of an archive.

    Each member lies in a temporary file until the next is asked for.  What ends an archive early joins `skipped`.
    """
    if not is_archive(path):
        yield path, str(path)
        return
    found = 0
    with skipping(skipped), reading(path, "an archive of IRIS rasters"), tempfile.TemporaryDirectory() as folder:
        with open_tar(path) as archive:
            for member in archive:
                base = PurePosixPath(member.name).name
                if member.size > unpacked_limit(path):  # also of what is passed over, but unpacked
                    raise InputError(f"{path}/{plain(base)} claims {member.size:.3g} bytes: give a smaller file")
                if member.isfile() and base.endswith((".fits", ".fits.gz")):
                    found += 1
                    unpacked = Path(folder) / "raster.fits"
                    with open(unpacked, "wb") as file:
                        shutil.copyfileobj(archive.extractfile(member), file, 1 << 20)
                    yield unpacked, f"{path}/{plain(member.name)}"
        if not found:
            raise InputError(f"{path} holds no FITS file: give the archive of an observation's rasters")


def unpacked_limit(path):
    """Bytes to which a packed file may unpack; the archive's shrink to a third, missing exposures to a hundredth."""
    return max(FILE_BYTES, EXPANSION * path.stat().st_size)


@contextmanager
def open_level2(path, name=None):
    """Open a level-2 file, `.fits` or packed; a packed file goes through a temporary file.

    name: what to call the file in messages, the path by default.  Yields an astropy HDUList.
    Raises InputError when the file is absent, truncated or no FITS.
    """
    path, name = Path(path), name or str(path)
    with reading(path, CONTENT, name), tempfile.TemporaryDirectory(prefix="flarebook-") as folder:
        with open_fits(path, unpacked_limit(path), folder, name) as hdus:
            hdus.verify("silentfix")
            yield hdus
