"""Frames of the archive's maps: axes, roll, pixels, and a map turned by quarters until north is up."""

import re
import warnings

import numpy as np
from astropy import units
from astropy.wcs import WCS, FITSFixedWarning

from flarebook.compendium.data.header_values import number, parse_unit, text
from flarebook.compendium.errors import InputError, MetadataWarning

PIXELS = (1.0, 2.0)  # arcsec; formats of the archive until and since 2023
AXES = ({"HPLN-TAN", "SOLAR_X", "SOLAR-X", "SOLAR X"}, {"HPLT-TAN", "SOLAR_Y", "SOLAR-Y", "SOLAR Y"})


def make_upright(header, shape, path):
    """Header with axes within 45 degrees of solar west and north, and the quarter turns that bring the data there.

    Raises InputError for axes that are not helioprojective, mirrored or skewed, and for contradicting rolls.
    """
    for axis, names in enumerate(AXES, 1):
        kind = text(header, f"CTYPE{axis}").upper()
        if kind not in names:
            raise InputError(
                f"CTYPE{axis} of {path.name} is {kind!r}, no helioprojective axis: reproject the map, which needs "
                "the spacecraft's attitude"
            )
    for key in ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2"):
        number(header, key, path.name)
    rolls = {key: number(header, key, path.name, (-360, 360), None) for key in ("CROTA1", "CROTA2")}
    rolls = {key: value for key, value in rolls.items() if value is not None}
    header = header.copy()
    written = [key for key in ("PC1_1", "PC1_2", "PC2_1", "PC2_2", "CD1_1", "CD2_2") if key in header]
    if not written and not rolls:
        tell_note(f"the header of {path.name} tells no roll (CROTA2, PCi_j): solar north is taken as up")
    matrix = _wcs(header).pixel_scale_matrix
    if np.linalg.det(matrix) <= 0:
        raise InputError(f"the header of {path.name} mirrors the Sun: correct CDELT1, CDELT2 and PCi_j")
    roll = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    if any(abs((value - roll + 180) % 360 - 180) > 0.1 for value in rolls.values()):
        raise InputError(f"the header of {path.name} has two rolls, {rolls} and {roll:.2f} degrees: correct it")
    turns = int(np.round(roll / 90)) % 4
    if turns:
        tell_note(f"{path.name} is rolled by {roll:.0f} degrees: it is turned by {turns} quarters so that north is up")
        header = _turned(header, matrix, shape, turns)
    return header, -turns


def _turned(header, matrix, shape, turns):
    """Header of a map after clockwise quarter turns.  matrix: (2, 2), degrees a pixel; shape: (h, w) before."""
    header, wcs = standard_header(header), _wcs(header).wcs
    crpix, (height, width) = list(wcs.crpix), shape
    for _ in range(turns):
        matrix = matrix @ [[0, 1], [-1, 0]]
        crpix, (height, width) = [height + 1 - crpix[1], crpix[0]], (width, height)
    for key in [key for key in header if re.fullmatch("CROTA[12N]+|CD[12]_[12]|PC[12]_[12]", key)]:
        del header[key]
    for axis in (0, 1):
        scale = np.hypot(*matrix[axis])
        header[f"CRVAL{axis + 1}"], header[f"CRPIX{axis + 1}"] = wcs.crval[axis] * 3600, crpix[axis]
        header[f"CDELT{axis + 1}"], header[f"CUNIT{axis + 1}"] = scale * 3600, "arcsec"
        header.update({f"PC{axis + 1}_{other + 1}": matrix[axis][other] / scale for other in (0, 1)})
    return header


def standard_header(header):
    """Header with the standard's names of the pipeline's axes (solar_x) and units (arcsecs)."""
    header = header.copy()
    for axis, name in ((1, "HPLN-TAN"), (2, "HPLT-TAN")):
        header[f"CUNIT{axis}"] = (text(header, f"CUNIT{axis}") or "arcsec").replace("arcsecs", "arcsec")
        header[f"CTYPE{axis}"] = name
    return header


def world_coordinates(header, columns, rows):
    """Helioprojective x and y of pixels (from 0), arcsec."""
    x, y = _wcs(header).wcs_pix2world(columns, rows, 0)  # degrees
    return ((x + 180) % 360 - 180) * 3600, y * 3600


def _wcs(header):
    """astropy's WCS of a map; its remarks on the pipeline's keywords are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        return WCS(standard_header(header), naxis=2)


def roll_of(header):
    """Angle of the image axes against the Sun's, degrees."""
    matrix = _wcs(header).pixel_scale_matrix
    return float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))


def pixel_size(header, path, pixels=PIXELS):
    """Pixel size, arcsec; InputError for a missing size, an unknown unit, or one that is not among `pixels`."""
    sizes = [abs(number(header, f"CDELT{axis}", path.name)) * _arcsec(header, axis, path) for axis in (1, 2)]
    known = [pixel for pixel in pixels if np.allclose(sizes, pixel, rtol=1e-3)]
    if not known:
        raise InputError(
            f"{path.name} has pixels of {sizes[0]:.4g} x {sizes[1]:.4g} arcsec where the archive's maps have "
            f"{' or '.join(f'{pixel:g}' for pixel in pixels)}: "
            "give a CLEAN map, not a full-disk map or one of your own scale"
        )
    return known[0]


def _arcsec(header, axis, path):
    """Arcseconds in the unit of an axis; InputError for another quantity, a note where the header states none."""
    name = text(header, f"CUNIT{axis}")
    if not name:
        tell_note(f"{path.name} states no unit of its pixels (CUNIT{axis}): arcsec is taken")
    try:
        return parse_unit(name or "arcsec", f"CUNIT{axis} of {path.name}").to(units.arcsec)
    except units.UnitConversionError as error:
        raise InputError(
            f"{path.name} counts its pixels in {name!r}: an angle is expected, for example arcsec"
        ) from error


def tell_note(note):
    """Issue a MetadataWarning."""
    warnings.warn(note, MetadataWarning, stacklevel=4)
