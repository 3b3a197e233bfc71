"""Read one full-disk image of AIA or HMI from a FITS file, with what its header tells of pointing and exposure."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import AIA

SOLAR_RADIUS = 696_000_000.0  # m, RSUN_REF of the headers of AIA and HMI
CONTINUUM = "continuum"  # HMI's other image; it has no place among the eleven channels
ROLL_KEYWORDS = ("CROTA2", "PC1_1", "PC1_2", "CD1_1")
RADII = (900.0, 1010.0)  # arcsec: the Sun as seen from the Earth's orbit, and a little more


@dataclass(frozen=True, eq=False)
class SunImage:
    """One full-disk image as its file has it.

    data: (h, w) float32, DN or G, missing NaN; channel: of CHANNELS, or "continuum"; time: UTC; pixel: arcsec; centre:
    column and row of disk centre, from 0; solar_radius: arcsec; roll: degrees that solar north is turned from the
    rows' direction, counter-clockwise; exposure: s, 1 where the data are DN/s or G; header: dict.
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


def read_image(path: str | Path) -> SunImage:
    """Read a full-disk AIA or HMI image from FITS.

    Parameters
    ----------
    path : str or Path
        A FITS file, such as a synoptic AIA image or an hmi.M_720s magnetogram of the JSOC.  The first
        two-dimensional image is read.

    Returns
    -------
    SunImage
        Data in DN or G with the channel, time (UTC), plate scale, disk centre, roll, exposure and header.

    Raises
    ------
    InputError
        If the file is missing or is not FITS, or its header lacks or contradicts a required quantity.

    Examples
    --------
    >>> from flarebook.solarchip import read_image
    >>> from flarebook.solarchip.datasets.load import AIA_171, FOLDER
    >>> image = read_image(FOLDER / AIA_171)
    >>> image.channel, image.data.shape
    ('171', (128, 128))
    """
    data, header = _image_and_header(Path(path))
    name = Path(path).name
    return image_from_array(data, header, name)


def read_header(path):
    """Channel, time (UTC) and header of the image that `read_image` reads, its data left where they are."""
    header = _image_and_header(Path(path), with_data=False)[1]
    name = Path(path).name
    return _parse_channel(header, name), _parse_time(header, name), _header_dict(header)


def image_from_array(data, header, name="image"):
    """SunImage of an array and its header; see `read_image`.  data: (h, w); header: dict or fits.Header."""
    channel = _parse_channel(header, name)
    pixel, roll, centre = _parse_pointing(header, name)
    solar_radius = _solar_radius(header, name)
    exposure = _exposure_time(header, name) if channel in AIA else 1.0
    time, data = _parse_time(header, name), np.asarray(data, np.float32)
    return SunImage(data, channel, time, pixel, centre, solar_radius, roll, exposure, _header_dict(header), name)


def _image_and_header(path, with_data=True):
    """Data, None unless they are wanted, and header of the first image of two axes."""
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a FITS image of AIA or HMI")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # BLANK in floating-point images, cards of JSOC that break the standard
            with fits.open(path, memmap=False) as hdus:
                for hdu in hdus:
                    if hdu.is_image and hdu.header.get("NAXIS") == 2:
                        return hdu.data if with_data else None, hdu.header.copy()
    except (OSError, TypeError, ValueError, EOFError) as error:
        raise InputError(f"{path.name} is broken or no FITS file ({error}): fetch it again") from error
    raise InputError(f"{path.name} holds no image of two axes: give a full-disk image of AIA or HMI")


def _parse_channel(header, name):
    """Channel of CHANNELS, or "continuum"."""
    telescope = f"{header.get('TELESCOP', '')} {header.get('INSTRUME', '')}".upper()
    content = str(header.get("CONTENT", "")).upper()
    if "HMI" in telescope:
        if "MAGNETOGRAM" in content or str(header.get("BUNIT", "")).strip().lower() in ("gauss", "g", "mx/cm^2"):
            return "hmi"
        if "CONTINUUM" in content:
            return CONTINUUM
        raise InputError(f"{name} is of HMI, but no magnetogram (CONTENT {content!r}): take hmi.M_720s")
    wave = header.get("WAVELNTH")
    if "AIA" in telescope and wave is not None and str(int(wave)) in AIA:
        return str(int(wave))
    raise InputError(
        f"{name} is no image of HMI or of AIA's ten channels (TELESCOP {header.get('TELESCOP')!r}, WAVELNTH {wave!r})"
    )


def _parse_time(header, name):
    """Time of observation, UTC."""
    for key in ("DATE-OBS", "T_OBS", "T_REC"):
        text = str(header.get(key, "")).strip()
        if text:
            return parse_time(text, f"{key} of {name}")
    raise InputError(f"the header of {name} tells no time: DATE-OBS, T_OBS and T_REC are missing")


def parse_time(text, where="the time"):
    """UTC of an ISO text or of JSOC's 2014.03.01_00:01:25_TAI: pandas.Timestamp.  Raises InputError otherwise."""
    try:
        if text.endswith("_TAI"):
            day, clock = text[:-4].split("_")
            return pd.Timestamp(Time(f"{day.replace('.', '-')}T{clock}", scale="tai").utc.isot)
        return pd.Timestamp(text.replace(".", "-", 2) if text[4:5] == "." else text).tz_localize(None)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where} is {text!r}, which is no time: correct the header") from error


def _parse_pointing(header, name):
    """Pixel in arcsec, roll in degrees, and column and row of disk centre from 0."""
    if not any(key in header for key in ROLL_KEYWORDS):
        raise InputError(f"the header of {name} tells no roll (CROTA2 or PCi_j): register the image first")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(_wcs_cards(header), naxis=2)
        matrix = np.asarray(wcs.pixel_scale_matrix) * 3600
        centre = np.array(wcs.all_world2pix(0.0, 0.0, 0))
    _check_plate_scale(matrix, name)
    roll = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    told = header.get("CROTA2")
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


def _wcs_cards(header):
    """What astropy needs to know of the coordinates; JSOC's other cards partly break the standard."""
    keys = ("CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT", "CROTA")
    wanted = [f"{key}{axis}" for key in keys for axis in (1, 2)]
    wanted += [f"{key}{i}_{j}" for key in ("PC", "CD") for i in (1, 2) for j in (1, 2)]
    cards = fits.Header({key: header[key] for key in wanted if key in header})
    for axis, kind in ((1, "HPLN-TAN"), (2, "HPLT-TAN")):
        cards[f"CTYPE{axis}"] = kind  # some files have SOLARX, SOLARY: the same within 1e-5 of the disk
        cards.setdefault(f"CUNIT{axis}", "arcsec")
    return cards


def _solar_radius(header, name):
    """Radius of the Sun in arcsec, from RSUN_OBS or the distance; a radius that is not seen from Earth is refused."""
    radius = header.get("RSUN_OBS")
    if radius is None and header.get("DSUN_OBS"):
        radius = np.degrees(np.arcsin(SOLAR_RADIUS / float(header["DSUN_OBS"]))) * 3600
    if radius is None or not RADII[0] < float(radius) < RADII[1]:
        raise InputError(
            f"the header of {name} puts the Sun's radius at {radius} arcsec, not {RADII[0]:.0f} to {RADII[1]:.0f}: "
            "correct RSUN_OBS or DSUN_OBS"
        )
    return float(radius)


def _exposure_time(header, name):
    """Exposure time in s, 1 for data in DN/s."""
    if str(header.get("BUNIT", header.get("PIXLUNIT", ""))).replace(" ", "").lower() in ("dn/s", "dns-1", "ct/s"):
        return 1.0
    exposure = header.get("EXPTIME")
    if exposure is None or not 0.001 < float(exposure) < 60:
        raise InputError(f"the header of {name} gives an exposure of {exposure} s: correct EXPTIME")
    return float(exposure)


def _header_dict(header):
    """Header as a dict of plain values, without comments."""
    return {key: header[key] for key in header if key not in ("COMMENT", "HISTORY", "")}
