"""Read and write the image archive's FITS maps: the old format (257 pixels of 1 arcsec) and the new (128 of 2).

Own code, since sunpy refuses the pipeline's axes (solar_x in arcsecs) and a CLEAN file holds five maps that belong
together; astropy reads its units and frames.  `ArchiveMap.to_map` gives sunpy's map, and `read_map` takes one.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.header_values import number, text
from flarebook.compendium.data.reading import open_fits, reading
from flarebook.compendium.errors import InputError
from flarebook.stix.maps.frames import (
    make_upright,
    pixel_size,
    roll_of,
    standard_header,
    tell_note,
    world_coordinates,
)
from flarebook.stix.maps.quantities import (
    ASTRONOMICAL_UNIT,
    RHESSI,
    STIX,
    check_place,
    energy_of,
    instrument_of,
    start_of,
    unit_of,
)
from flarebook.stix.maps.rhessi import in_archive_terms

if TYPE_CHECKING:
    import sunpy.map

HDUS = ("clean", "back_projection", "residual", "components", "convolved")  # order in a CLEAN file
DESCRIPTIONS = ("STIX CLEAN", "STIX BPROJ", "CLEAN RESIDUAL", "CLEAN components", "CLEAN convolved")
FLUX_UNITS = "photons cm!u-2!n asec!u-2!n s!u-1!n keV!u-1!n"  # as the pipeline writes them
NO_UNIT = "(no unit stated)"
EXPOSURES = (1e-3, 86400.0)  # s
BRIGHTEST = 1e8  # of any flare's pixel, in either unit


@dataclass(frozen=True, eq=False)
class ArchiveMap:
    """One map of the image archive, or of RHESSI in its terms.

    data: (h, w) float32 in `unit`, row 0 = south end of the rolled frame; pixel: arcsec; centre: (x, y) arcsec,
    helioprojective, of the map's centre; energy: (low, high) keV; start: ISO text, UTC; exposure: s; roll: degrees, -45
    to 45, of the image axes against the Sun's; hdus: {name: (h, w)} of a CLEAN file; unit: of astropy, None where the
    file states none.
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
    unit: Any = None

    @property
    def unit_text(self):
        """The unit for people, such as "ph / (arcsec2 cm2 keV s)"."""
        return NO_UNIT if self.unit is None else self.unit.to_string()

    @property
    def simulated(self):
        """Whether the file says that it holds no observation."""
        return bool(self.header.get("SIMULATD", False))

    def coordinates(self):
        """Helioprojective x and y of every pixel: two arrays (h, w), arcsec."""
        rows, columns = np.indices(self.data.shape)
        return world_coordinates(self.header, columns, rows)

    def to_map(self):
        """The map as a sunpy.map.GenericMap; InputError when sunpy is not installed."""
        try:
            import sunpy.map
        except ImportError as error:
            raise InputError("sunpy is not installed: pip install sunpy, or the extra `peers`") from error
        header = standard_header(self.header)
        for key in ("CROTA1", "CROTACN1", "CROTACN2", "UNITS", "RSUN"):
            header.remove(key, ignore_missing=True)
        header["DATE-OBS"], header["BUNIT"] = self.start, "" if self.unit is None else self.unit.to_string("fits")
        header.remove("DATE_OBS", ignore_missing=True)
        return sunpy.map.Map(self.data, header)


def read_map(path: "str | Path | sunpy.map.GenericMap") -> ArchiveMap:
    """Read one FITS map of the STIX image archive or of RHESSI, or take one of STIX from a sunpy map.

    Parameters
    ----------
    path : str, Path or sunpy.map.GenericMap
        CLEAN, back-projection, EM, MEM or forward-fit map, of 257 pixels of 1 arcsec or 128 of 2; or a RHESSI image
        file with its tables, of pixels up to 4 arcsec.  Of a map that sunpy holds, data and metadata are judged as a
        file's, and masked pixels are NaN.

    Returns
    -------
    ArchiveMap
        The map with its coordinates, energy band and time.

    Raises
    ------
    InputError
        For a file that is not FITS, is cut short, or is of another instrument or pixel size; for a unit, frame or place
        that contradicts itself or is not of STIX.

    Warns
    -----
    MetadataWarning
        When no unit, time, roll or energy band is stated.

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
    if hasattr(path, "fits_header"):  # a sunpy map; its type is not imported to ask
        header = path.fits_header
        name = Path(text(header, "FILENAME") or f"the map {path.name}".strip())
        instrument_of(header, name, (STIX,))  # sunpy does not keep the tables that establish a RHESSI map
        return _archive_map([np.ma.filled(np.ma.array(path.data, "f4", mask=path.mask), np.nan)], [header], name)
    with reading(path, "a STIX map"):
        arrays, headers, instrument = _open(Path(path))
        return _archive_map(arrays, headers, Path(path), instrument)


def _archive_map(arrays, headers, path, instrument=STIX):
    """ArchiveMap of the arrays and headers of one file; see `read_map`."""
    header = headers[0]
    _check_products(arrays, path)
    pixel = pixel_size(header, path, instrument.pixels)
    header, turns = make_upright(header, arrays[0].shape, path)
    unit, factor = unit_of(headers[0], path)
    arrays = [np.rot90(array, turns) * np.float32(factor) if turns or factor != 1 else array for array in arrays]
    _check_brightness(arrays[0], path)
    height, width = arrays[0].shape
    centre = tuple(float(value) for value in world_coordinates(header, (width - 1) / 2, (height - 1) / 2))
    check_place(header, centre, path, instrument.radii)
    hdus = _named(arrays, headers, path)
    exposure = number(header, "EXPTIME", path.name, EXPOSURES, None)
    exposure = number(header, "XPOSURE", path.name, EXPOSURES, np.nan) if exposure is None else exposure
    about = {"exposure": exposure, "roll": roll_of(header), "hdus": hdus, "path": path, "unit": unit}
    energy, start = energy_of(header, path, instrument.energies), start_of(header, path, instrument.launch)
    return ArchiveMap(arrays[0], pixel, centre, energy, start, header=header, **about)


def _open(path):
    """Arrays, native float32, headers and instrument of a file; InputError when an HDU of STIX holds no image."""
    with open_fits(path) as hdus:
        hdus = hdus[1:] if hdus[0].data is None and len(hdus) > 1 else hdus  # compressed maps are extensions
        instrument = instrument_of(hdus[0].header, path)
        if instrument is RHESSI and hdus[0].data is not None and hdus[0].data.ndim == 2:
            return *in_archive_terms(hdus, path), instrument
        if any(hdu.data is None or not hdu.is_image or hdu.data.ndim != 2 for hdu in hdus):
            raise InputError(f"{path.name} holds an HDU that is no image: give a map of the STIX image archive")
        return [np.asarray(hdu.data, dtype="=f4") for hdu in hdus], [hdu.header.copy() for hdu in hdus], instrument


def _check_products(arrays, path):
    """InputError when the maps of a file do not lie on the same pixels."""
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise InputError(f"the maps in {path.name} have the shapes {sorted(shapes)}, not one: get the file again")


def _named(arrays, headers, path):
    """The maps of a file by product, {name: (h, w)}; of a file that is no CLEAN file, {"map": its first}.

    Raises InputError when the ORIGIN of an HDU names another product than its place does.
    """
    if len(arrays) != len(HDUS):
        return {"map": arrays[0]}
    if not all(text(header, "ORIGIN") for header in headers):
        tell_note(f"the maps in {path.name} do not all tell their product (ORIGIN): the pipeline's order is taken")
    for name, description, header in zip(HDUS, DESCRIPTIONS, headers, strict=True):
        origin = text(header, "ORIGIN")
        if origin and not origin.startswith(description):
            raise InputError(f"{path.name} has {origin!r} in the place of its {name} map: get the file again")
    return dict(zip(HDUS, arrays, strict=True))


def _check_brightness(data, path):
    """InputError for a map that shows no source: blank, negative everywhere, without a value, or impossibly bright."""
    brightest = np.max(data, initial=-np.inf, where=np.isfinite(data))
    if not 0 < brightest <= BRIGHTEST:
        found = "no finite value" if brightest == -np.inf else f"a brightest value of {brightest:.3g}"
        raise InputError(f"{path.name} shows no source ({found}, not above 0 and up to {BRIGHTEST:g}): leave it out")


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
