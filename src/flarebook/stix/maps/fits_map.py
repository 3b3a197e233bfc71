"""Read and write the image archive's FITS maps: the old format (257 pixels of 1 arcsec) and the new (128 of 2)."""

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS, FITSFixedWarning

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError

HDUS = ("clean", "back_projection", "residual", "components", "convolved")  # order in a CLEAN file
DESCRIPTIONS = ("STIX CLEAN", "STIX BPROJ", "CLEAN RESIDUAL", "CLEAN components", "CLEAN convolved")
PIXELS = (1.0, 2.0)  # arcsec; formats of the archive until and since 2023
FLUX_UNITS = "photons cm!u-2!n asec!u-2!n s!u-1!n keV!u-1!n"  # as the pipeline writes them
BROKEN = (OSError, ValueError, TypeError, IndexError)
ASTRONOMICAL_UNIT = units.au.to(units.m)


@dataclass(frozen=True, eq=False)
class ArchiveMap:
    """One map of the image archive.

    data: (h, w) float32, photons cm-2 arcsec-2 s-1 keV-1, row 0 = south end of the rolled frame; pixel: arcsec;
    centre: (x, y) arcsec, helioprojective, of the map's centre; energy: (low, high) keV; start: ISO text, UTC;
    exposure: s; roll: degrees, of the image axes against the Sun's; hdus: {name: (h, w)} of a CLEAN file.
    """

    data: np.ndarray
    pixel: float
    centre: tuple
    energy: tuple
    start: str
    exposure: float
    roll: float
    header: fits.Header
    hdus: dict = field(default_factory=dict)
    path: Path | None = None

    @property
    def simulated(self):
        """Whether the file says that it holds no observation."""
        return bool(self.header.get("SIMULATD", False))

    def coordinates(self):
        """Helioprojective x and y of every pixel: two arrays (h, w), arcsec."""
        rows, columns = np.indices(self.data.shape)
        return _world(self.header, columns, rows)


def read_map(path: str | Path) -> ArchiveMap:
    """Read one FITS map of the STIX image archive.

    Parameters
    ----------
    path : str or Path
        CLEAN, back-projection, EM, MEM or forward-fit map, of 257 pixels of 1 arcsec or 128 of 2.

    Returns
    -------
    ArchiveMap
        The map with its coordinates, energy band and time.

    Raises
    ------
    InputError
        For a file that is not FITS, is cut short, or is of another instrument or pixel size.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> from flarebook.stix.maps.fits_map import HDUS, write_map
    >>> path = write_map("map.fits", {name: np.ones((257, 257)) for name in HDUS}, "2022-03-01T10:20:30")
    >>> found = stix.read_map(path)
    >>> found.data.shape, found.energy, found.simulated
    ((257, 257), (4.0, 10.0), True)
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder: name the files in it" if path.is_dir() else "does not exist: check the name"
        raise InputError(f"{path} {what}")
    arrays, header = _open(path)
    _check_instrument(header, path)
    data = arrays[0]
    if data is None or data.ndim != 2:
        raise InputError(f"{path.name} holds no image in its first HDU: give a map of the STIX image archive")
    pixel = _pixel(header, path)
    height, width = data.shape
    centre = tuple(float(value) for value in _world(header, (width - 1) / 2, (height - 1) / 2))
    start = str(header.get("DATE_OBS") or header.get("DATE-OBS") or header.get("DATE-BEG") or "")
    exposure = float(header.get("EXPTIME", header.get("XPOSURE", "nan")))
    names = HDUS if len(arrays) == len(HDUS) else ("map",)  # a CLEAN file, or a single product
    hdus = dict(zip(names, arrays, strict=False))
    return ArchiveMap(data, pixel, centre, _energy(header, path), start, exposure, _roll(header), header, hdus, path)


def _open(path):
    """Arrays of all HDUs, native float32, and the first header; InputError when the file is no whole FITS file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyUserWarning)  # read_map's own errors say what matters
            with fits.open(path, memmap=False) as hdus:
                arrays = [None if hdu.data is None else np.asarray(hdu.data, dtype="=f4") for hdu in hdus]
                return arrays, hdus[0].header.copy()
    except BROKEN as error:
        raise InputError(
            f"{path} cannot be read as FITS: it is cut short or another kind of file; get it again"
        ) from error


def _check_instrument(header, path):
    """InputError for a FITS file of another instrument."""
    names = [str(header.get(key, "")) for key in ("TELESCOP", "INSTRUME", "ORIGIN")]
    if "STIX" not in " ".join(names).upper():
        instrument = next(filter(None, names), "no instrument")
        raise InputError(f"{path.name} is of {instrument}, not of STIX: give a map of the STIX image archive")


def _pixel(header, path):
    """Pixel size, arcsec; InputError for a missing size, an unknown unit, or a size the archive does not use."""
    sizes = [abs(header.get(f"CDELT{axis}", 0)) * _arcsec(header, axis, path) for axis in (1, 2)]
    known = [pixel for pixel in PIXELS if np.allclose(sizes, pixel, rtol=1e-3)]
    if not known:
        raise InputError(
            f"{path.name} has pixels of {sizes[0]:.4g} x {sizes[1]:.4g} arcsec where the archive's maps have 1 or 2: "
            "give a CLEAN map, not a full-disk map or one of your own scale"
        )
    return known[0]


def _arcsec(header, axis, path):
    """Arcseconds in the unit of an axis; the pipeline writes 'arcsecs', which no standard knows."""
    name = str(header.get(f"CUNIT{axis}", "arcsec")).strip()
    try:
        return units.Unit(name.replace("arcsecs", "arcsec")).to(units.arcsec)
    except (ValueError, units.UnitConversionError) as error:
        raise InputError(
            f"{path.name} counts its pixels in {name!r}: an angle is expected, for example arcsec"
        ) from error


def _world(header, columns, rows):
    """Helioprojective x and y of pixels (from 0), arcsec."""
    header = header.copy()
    for axis, name in ((1, "HPLN-TAN"), (2, "HPLT-TAN")):
        header[f"CUNIT{axis}"] = str(header.get(f"CUNIT{axis}", "arcsec")).strip().replace("arcsecs", "arcsec")
        header[f"CTYPE{axis}"] = name  # the pipeline's 'solar_x' is no celestial axis to the standard
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        x, y = WCS(header, naxis=2).wcs_pix2world(columns, rows, 0)  # degrees
    return ((x + 180) % 360 - 180) * 3600, y * 3600


def _energy(header, path):
    """Energy band (low, high), keV, from the header or the name; (nan, nan) when neither tells."""
    for text in (str(header.get("ERANGE", "")), path.name):
        if found := re.search(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*keV", text):
            return tuple(float(edge) for edge in found.groups())
    return (float("nan"), float("nan"))


def _roll(header):
    """Angle of the image axes against the Sun's, degrees, from CROTA2 or the PC matrix."""
    if "CROTA2" in header:
        return float(header["CROTA2"])
    return float(np.degrees(np.arctan2(header.get("PC2_1", 0.0), header.get("PC1_1", 1.0))))


@dataclass(frozen=True)
class MapHeader:
    """What the header of a simulated or copied map tells.

    start: ISO text, UTC; centre: (x, y) arcsec, helioprojective; energy: keV; pixel: arcsec; exposure: s; roll:
    degrees; solar_radius: arcsec; distance: AU; simulated: no observation.
    """

    start: str
    centre: tuple = (0.0, 0.0)
    energy: tuple = (4, 10)
    pixel: float = 1.0
    exposure: float = 60.0
    roll: float = 0.0
    solar_radius: float = 960.0
    distance: float = 1.0
    simulated: bool = True

    def cards(self, shape):
        """The pipeline's keywords; the reference pixel is the Sun's centre, about which the frame is rolled.

        shape: (h, w).
        """
        turn = np.radians(self.roll)
        x, y = on_tangent_plane(*self.centre)
        rolled = (np.cos(turn) * x + np.sin(turn) * y, -np.sin(turn) * x + np.cos(turn) * y)
        cards = {"TELESCOP": "STIX", "SIMULATD": (bool(self.simulated), "T: made by a simulator, no observation")}
        for axis, size, offset in zip((1, 2), shape[::-1], rolled, strict=True):
            cards |= {f"CTYPE{axis}": f"solar_{'xy'[axis - 1]}", f"CUNIT{axis}": "arcsecs", f"CRVAL{axis}": 0.0}
            cards |= {f"CRPIX{axis}": (size + 1) / 2 - offset / self.pixel, f"CDELT{axis}": self.pixel}
            cards |= {f"CROTA{axis}": self.roll, f"CROTACN{axis}": 0.0}
        cards |= {"DATE_OBS": self.start, "DATE-OBS": self.start, "EXPTIME": self.exposure}
        cards |= {"ERANGE": "{:g}-{:g} keV".format(*self.energy), "UNITS": FLUX_UNITS, "BEAM_SIZ": 20.0}
        cards |= {"RSUN": self.solar_radius, "RSUN_OBS": self.solar_radius}
        return cards | dict.fromkeys(("DSUN_OBS", "DSUN"), self.distance * ASTRONOMICAL_UNIT)


def write_map(path, hdus, start, centre=(0.0, 0.0), **keywords):
    """Write a CLEAN file as the pipeline does: five HDUs with its keywords, unit names included.

    hdus: {name: (h, w)} with the names HDUS; start, centre, keywords: of MapHeader.  Returns the path.  A simulated
    map says so: SIMULATD = T.  Raises InputError when a map is missing or the folder cannot be written.
    """
    missing = [name for name in HDUS if name not in hdus]
    if missing:
        raise InputError(f"a CLEAN file needs the maps {', '.join(HDUS)}: {', '.join(missing)} is missing")
    cards = MapHeader(start, centre, **keywords).cards(np.shape(hdus["clean"]))
    file = fits.HDUList([])
    for name, description in zip(HDUS, DESCRIPTIONS, strict=True):
        hdu = (fits.ImageHDU if file else fits.PrimaryHDU)(np.asarray(hdus[name], np.float32))
        hdu.header.update(cards | {"FILENAME": Path(path).name})
        hdu.header["ORIGIN"] = (f"{description} {cards['ERANGE']}: ", "Data description")
        hdu.header["IMAGE_AL"] = "vis_pb" if name == "back_projection" else "vis_clean"
        file.append(hdu)
    with atomic_write(path) as partial:
        file.writeto(partial, overwrite=True)
    return Path(path)


def on_tangent_plane(x, y):
    """Helioprojective angles projected on the plane that touches the sky at the Sun's centre (TAN), arcsec.

    At 1 degree from the centre, which Solar Orbiter's close passes bring, plane and angle differ by 0.4 arcsec.
    """
    x, y = np.radians(np.array([x, y]) / 3600)
    depth = np.cos(y) * np.cos(x)
    return np.degrees([np.cos(y) * np.sin(x) / depth, np.sin(y) / depth]) * 3600
