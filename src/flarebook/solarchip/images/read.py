"""Read full-disk images of AIA and HMI: sunpy interprets the header, and what the header leaves open is refused.

sunpy itself supplies what a header lacks: a roll of zero, helioprojective axes, the present time.  Here each of these
is an error, and what is taken from the instrument's documentation instead of the header is told by a MetadataWarning.
"""

import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.io import fits

from flarebook.compendium.data.header_values import count_unit, number, parse_unit
from flarebook.compendium.data.reading import open_fits, reading
from flarebook.compendium.errors import InputError, MetadataWarning, reason_of
from flarebook.solarchip.images.header import (
    CONTINUUM,
    DATE_KEYWORDS,
    check_numbers,
    check_quality,
    header_dict,
    observation_time,
    parse_channel,
    projected_axis,
)

SOLAR_RADIUS = 696_000_000.0  # m, RSUN_REF of the headers of AIA and HMI
ROLL_KEYWORDS = ("CROTA2", "PC1_1", "PC1_2", "PC2_1", "PC2_2", "CD1_1", "CD1_2", "CD2_1", "CD2_2")
RADII = (900.0, 1010.0)  # arcsec: the Sun as seen from the Earth's orbit, and a little more
CONTENT = "a FITS image of AIA or HMI"
FIELDS = (-1e4, 1e4)  # G: twice what HMI can measure
BRIGHTNESSES = (-1e3, 2e6)  # DN and DN/s: 14 bits, 16,383 DN (Lemen et al. 2012), in 0.01 s or more
EXPOSURES = (0.001, 60.0)  # s
NOT_DATA = re.compile("UNC|ERR|MASK|BAD|QUAL|FLAG|WEIGHT|PREVIEW", re.IGNORECASE)  # names of extensions beside the data
OPPOSITE = 0.02  # share of the strong pixels of a line-of-sight field that have the rarer sign, at least
STRONG = 50.0  # G


@dataclass(frozen=True, eq=False)
class SunImage:
    """One full-disk image as its file has it.

    data: (h, w) float32, DN or G, missing NaN; channel: of CHANNELS, or "continuum"; time: UTC, of mid-exposure where
    the header tells it; pixel: arcsec; centre: column and row of disk centre, from 0; solar_radius: arcsec; roll:
    degrees that solar north is turned from the rows' direction, counter-clockwise; exposure: s, 1 where the data are
    DN/s or G; header: dict.
    """

    data: np.ndarray
    channel: str
    time: pd.Timestamp
    pixel: float
    centre: tuple
    solar_radius: float
    roll: float
    exposure: float
    header: dict
    name: str = "image"

    def to_map(self):
        """The image as a sunpy.map.GenericMap, its data as they are in the file."""
        return _sunpy_map(self.data, self.header, self.name)


def read_image(source: str | Path | Any) -> SunImage:
    """Read a full-disk AIA or HMI image from FITS, or take it from a sunpy map.

    Parameters
    ----------
    source : str, Path or sunpy.map.GenericMap
        A FITS file, such as a synoptic AIA image or an hmi.M_720s magnetogram of the JSOC, or a map that sunpy holds.

    Returns
    -------
    SunImage
        Data in DN or G with the channel, time (UTC), plate scale, disk centre, roll, exposure and header.

    Raises
    ------
    InputError
        If the file is missing or is not FITS, its header lacks or contradicts a required quantity, or marks the image
        as unusable.

    Examples
    --------
    >>> from flarebook.solarchip import read_image
    >>> from flarebook.solarchip.datasets.load import AIA_171, FOLDER
    >>> image = read_image(FOLDER / AIA_171)
    >>> image.channel, image.data.shape
    ('171', (128, 128))
    """
    if hasattr(source, "fits_header"):  # a sunpy map; its type is not imported to ask
        data = source.data if source.mask is None else np.where(source.mask, np.nan, source.data)
        return image_from_array(data, source.fits_header, source.name)
    with reading(source, CONTENT):
        data, header = _image_and_header(Path(source))
        return image_from_array(data, header, Path(source).name)


def read_header(path):
    """Channel, time (UTC) and header of the image that `read_image` reads, its data left where they are."""
    with reading(path, CONTENT):
        header, name = _image_and_header(Path(path), with_data=False)[1], Path(path).name
        return parse_channel(header, name), observation_time(header, name), header_dict(header)


def image_from_array(data, header, name="image"):
    """SunImage of an array and its header; see `read_image`.  data: (h, w); header: dict or fits.Header."""
    channel = parse_channel(header, name)
    check_quality(header, name)
    if np.asarray(data).dtype == np.uint8:
        raise InputError(f"{name} holds 8-bit values, a picture for the eye: give the FITS file of the measured values")
    time, data = observation_time(header, name), np.asarray(data, np.float32)
    axes = {f"CTYPE{axis}": projected_axis(header, axis, name) for axis in (1, 2)}
    header = header_dict(header) | axes
    header = {key: value for key, value in header.items() if key not in (*DATE_KEYWORDS, "TIME-OBS", "TIMESYS")}
    header |= {"DATE-OBS": time.isoformat()}
    check_numbers(header, name)
    solar_map = _sunpy_map(data, header, name)
    pixel, roll, centre = _pointing(solar_map, name)
    data, exposure = _in_physical_units(data, solar_map, channel, name)
    _check_values(data, channel, name)
    radius = _solar_radius(solar_map, name)
    return SunImage(data, channel, time, pixel, centre, radius, roll, exposure, header, name)


def _sunpy_map(data, header, name):
    """sunpy's map of an array and its header; InputError for a header that sunpy refuses."""
    import sunpy.map  # three seconds, which the commands that read no image save

    with warnings.catch_warnings(), _sunpy_refuses(name):
        warnings.simplefilter("ignore")  # cards of the JSOC that break the standard
        return sunpy.map.Map(data, header)


@contextmanager
def _sunpy_refuses(name):
    """Tell in one InputError what sunpy, astropy and the header's values raise in the block."""
    try:
        yield
    except Exception as error:
        reason = reason_of(str(error).split("\n")[0])
        raise InputError(f"sunpy refuses the header of {name} ({reason}): correct it") from error


def _image_and_header(path, with_data=True):
    """Data, None unless they are wanted, and header of the one image of two axes that holds the data."""
    with open_fits(path) as hdus:
        images = [hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS") == 2]
        data = [hdu for hdu in images if not NOT_DATA.search(hdu.name)]
        data = [hdu for hdu in data if isinstance(hdu, fits.PrimaryHDU)] or data
        if len(data) == 1:
            return data[0].data if with_data else None, data[0].header.copy()
    names = ", ".join(hdu.name or "without a name" for hdu in images) or "none"
    raise InputError(f"{path.name} holds no image of two axes, or several to choose from ({names}): keep one")


def _pointing(solar_map, name):
    """Pixel in arcsec, roll in degrees, and column and row of disk centre from 0."""
    rolls = {key: solar_map.meta[key] for key in ROLL_KEYWORDS if key in solar_map.meta}
    if not rolls or not all(isinstance(value, (int, float)) and np.isfinite(value) for value in rolls.values()):
        raise InputError(f"the header of {name} tells no roll (CROTA2 or PCi_j; it has {rolls}): register it first")
    with warnings.catch_warnings(), _sunpy_refuses(name):
        warnings.simplefilter("ignore")  # of a header without the observer's place, which is not used here
        wcs = solar_map.wcs
        to_arcsec = [unit.to(u.arcsec) for unit in wcs.wcs.cunit]
        matrix = np.asarray(wcs.pixel_scale_matrix) * np.transpose([to_arcsec])
        centre = wcs.wcs_world2pix([[0.0, 0.0]], 0)[0]
    _check_plate_scale(matrix, name)
    roll = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    told = rolls.get("CROTA2")
    if told is not None and abs((float(told) - roll + 180) % 360 - 180) > 0.1:
        raise InputError(f"the header of {name} has two rolls, CROTA2 {told:.2f} and {roll:.2f} degrees: correct it")
    return float(np.sqrt(np.linalg.det(matrix))), float(roll), tuple(map(float, centre))


def _check_plate_scale(matrix, name):
    """InputError for pixels that are not square, of an absurd size, or mirrored.  matrix: (2, 2) arcsec a pixel."""
    wide, high = np.hypot(matrix[0], matrix[1])
    if not (0.1 < wide < 200 and abs(high / wide - 1) < 0.01):
        raise InputError(f"the plate scale of {name} is {wide:.4g} by {high:.4g} arcsec: correct CDELT1 and CDELT2")
    if np.linalg.det(matrix) < 0:
        raise InputError(f"the header of {name} mirrors the Sun (CDELT1 and CDELT2 of opposite sign): correct it")


def _solar_radius(solar_map, name):
    """Radius of the Sun in arcsec, from RSUN_OBS or the distance; InputError where they differ or are absurd."""
    told, distance = (number(solar_map.meta, key, name, default=None) for key in ("RSUN_OBS", "DSUN_OBS"))
    # sunpy would put an observer whose longitude is unknown at the Earth
    derived = np.degrees(np.arcsin(min(SOLAR_RADIUS / abs(distance), 1.0))) * 3600 if distance else None
    radius = derived if told is None else told
    if radius is None or not RADII[0] < radius < RADII[1]:
        raise InputError(
            f"the header of {name} puts the Sun's radius at {radius} arcsec, not {RADII[0]:.0f} to {RADII[1]:.0f}: "
            "correct RSUN_OBS or DSUN_OBS"
        )
    if derived is not None and abs(derived / radius - 1) > 0.01:
        raise InputError(
            f"the header of {name} has two radii of the Sun, {radius:.1f} arcsec by RSUN_OBS and {derived:.1f} by "
            "DSUN_OBS: correct it"
        )
    return radius


def _in_physical_units(data, solar_map, channel, name):
    """Data in G (HMI) or DN, and the exposure time in s, 1 for DN/s and G.  The unit is that of BUNIT or PIXLUNIT."""
    text = str(solar_map.meta.get("BUNIT") or solar_map.meta.get("PIXLUNIT") or "").strip()
    if channel == "hmi":
        if not text:
            raise InputError(f"the header of {name} tells no unit of the field (BUNIT): add it")
        try:
            factor = parse_unit(text, f"BUNIT of {name}").to(u.G, equivalencies=[(u.Mx / u.cm**2, u.G)])
        except u.UnitConversionError as error:
            raise InputError(f"BUNIT of {name} is {text!r}, no unit of a field: take hmi.M_720s") from error
        return _line_of_sight_field(data * np.float32(factor), name), 1.0
    if channel == CONTINUUM:
        return data, 1.0
    if not text:
        warnings.warn(
            f"{name} tells no unit (BUNIT): its values are taken as DN, AIA's unit of level 1",
            MetadataWarning,
            stacklevel=2,
        )
    factor, per_second = count_unit(text or "DN", f"BUNIT of {name}")
    if per_second:
        return data * np.float32(factor), 1.0
    return data * np.float32(factor), number(solar_map.meta, "EXPTIME", name, EXPOSURES)


def _check_values(data, channel, name):
    """InputError for an array without a value, or with one beyond the instruments.  data: (h, w), G, DN or DN/s."""
    low, high = FIELDS if channel == "hmi" else BRIGHTNESSES
    smallest, largest = np.fmin.reduce(data, axis=None), np.fmax.reduce(data, axis=None)
    if not low <= smallest <= largest <= high:
        raise InputError(
            f"the values of {name} reach from {smallest:.4g} to {largest:.4g}, not within {low:.4g} and {high:.4g}: "
            "correct the image or leave it out"
        )


def _line_of_sight_field(field, name):
    """The field in G; InputError where hardly a strong pixel has the other sign, as in a map of the total field."""
    strong = field[np.abs(np.nan_to_num(field)) > STRONG]
    rarer = min((strong > 0).mean(), (strong < 0).mean()) if strong.size else 1.0
    if rarer < OPPOSITE:
        raise InputError(f"{name} holds a field of one sign ({rarer:.1%} have the other), no line-of-sight component")
    return field
