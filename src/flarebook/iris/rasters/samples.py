"""The real IRIS observations that ship inside the package; each file is checked against its sha256 before use."""

import warnings
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits
from astropy.time import Time, TimeDelta

from flarebook.compendium.data.download import check_hash
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.iris.rasters.read import Raster, read_raster

FOLDER = files("flarebook.iris") / "data"
ONSET = Time("2014-03-29T17:35:00")  # GOES onset of the X1.0 flare of observation PF 15


@dataclass(frozen=True, eq=False)
class SlitJaw:
    """One slit-jaw image: image (n_y, n_x) DN, missing NaN; x (n_x,), y (n_y,) arcsec; column of the slit; time."""

    image: np.ndarray
    x: np.ndarray
    y: np.ndarray
    slit_column: int
    time: Time
    exposure_time: float
    description: str


def sample_path(name, folder=FOLDER):
    """Path of a shipped sample whose content is what it was when packed.

    Raises InputError when the file is missing or changed.
    """
    table = yaml.safe_load((FOLDER / "samples.yaml").read_text(encoding="utf-8"))
    path = Path(folder) / name
    if name not in table:
        raise InputError(f"There is no sample {name}; the samples are {', '.join(table)}.")
    if not path.is_file():
        raise InputError(f"The sample {path} is missing; restore it with git checkout or install flarebook again.")
    return check_hash(path, table[name]["sha256"], "restore it with git checkout or install flarebook again")


def real_raster(folder: str | Path = FOLDER) -> Raster:
    """Read the REAL spectra of active region 12017 on 2014-03-29 that ship with the package.

    This is observation PF 15 of Panos & Kleint (2020), Table 2 (X1.0 flare, onset 17:35 UT), cut to its first three
    steps at 14:09 UT, 3 h 26 min before onset: the right region, but outside the paper's 25-minute window.
    The values equal those of the level-2 file from 2793.0 A redwards.  Packed in IRISreader 0.3.2 (MIT).

    Parameters
    ----------
    folder : str or Path
        Folder of the samples, the package's own by default.

    Returns
    -------
    Raster
        3 exposures, 1094 slit pixels, Mg II window.

    Raises
    ------
    InputError
        When the file is missing or its sha256 differs.

    Examples
    --------
    >>> from flarebook import iris
    >>> iris.real_raster().quality.shape
    (3, 1094)
    """
    return read_raster(sample_path("iris_20140329_mg2_raster.fits", folder))


def coarse_rasters() -> Raster:
    """REAL, COARSE: 13 rasters of 8 steps of the same region, 14:09 to 14:25 UT, joined in time.

    104 exposures x 109 slit pixels x 63 wavelengths: resized ten times coarser along slit and wavelength (0.26 A a
    bin, where the instrument resolves 0.053 A), values rounded to 0.5 DN.  Packed in irispy-lmsal 0.5.0 (BSD-3).
    """
    return _read_resized("iris_20140329_mg2_coarse.fits")


def quiet_region() -> Raster:
    """REAL, COARSE: sit-and-stare of active region 12863 on 2021-09-05 for 4.8 h, 187 exposures x 40 slit pixels.

    Resized ten times coarser along time, slit and wavelength (52 bins of 0.26 A), values rounded to 0.5 DN.  Quiet as
    far as known here; its flare history is not checked, so it is not called AR.  irispy-lmsal 0.5.0 (BSD-3).
    """
    return _read_resized("iris_20210905_mg2_coarse.fits")


def _read_resized(name):
    """Raster of a resized sample; that its wavelength keywords are out of date is documented, and among its notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)
        return read_raster(sample_path(name))


def slit_jaw(observation="2014-03-29") -> SlitJaw:
    """REAL slit-jaw image at 2796 A, one frame: of the raster of 2014-03-29, or the coarse one of 2021-09-05.

    The image axes lie within 0.7 degrees of solar west and north.  Raises InputError for another observation.
    """
    names = {day: f"iris_{day.replace('-', '')}_sji_2796.fits" for day in ("2014-03-29", "2021-09-05")}
    if observation not in names:
        raise InputError(f"There is no slit-jaw sample of {observation}; choose one of {', '.join(names)}.")
    with fits.open(sample_path(names[observation])) as hdus:
        header, image = hdus[1].header, hdus[1].data[0].astype(np.float32)
    time = Time(header["STARTOBS"]) + TimeDelta(header["TIME"], format="sec")
    x, y = (_axis(header, number, image.shape[-number]) for number in (1, 2))
    image = np.where(image > -200, image, np.nan)
    return SlitJaw(image, x, y, header["SLITCOL"], time, header["EXPTIME"], header["TDESC1"])


def centroids():
    """REAL mean Mg II k profiles found by k-means over 33 flares (Panos et al. 2018).

    Returns profiles (53, 216), each divided by its maximum, and wavelength (216,) Angstrom.  IRISreader 0.3.2 (MIT).
    """
    with np.load(sample_path("mg2k_centroids_panos2018.npz")) as arrays:
        return arrays["centroids"], arrays["wavelength"]


def _axis(header, number, count):
    """Coordinates along one image axis from the header, arcsec."""
    start, reference, step = (header[f"{key}{number}"] for key in ("CRVAL", "CRPIX", "CDELT"))
    return start + (np.arange(count) + 1 - reference) * step
