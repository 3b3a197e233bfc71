"""What the header of an AIA or HMI image establishes: channel, quality, time of observation and axes."""

import re
import warnings

import pandas as pd
from astropy.io import fits

from flarebook.compendium.data.header_values import number, parse_time
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.images.channels import AIA

POINTING = ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CDELT1", "CDELT2")
CONTINUUM = "continuum"  # HMI's other image; it has no place among the eleven channels
HELIOPROJECTIVE = (re.compile("HPLN-TAN|SOLAR[-_ ]?X"), re.compile("HPLT-TAN|SOLAR[-_ ]?Y"))
FIRST_LIGHT = pd.Timestamp("2010-03-24")  # of SDO
DATE_KEYWORDS = ("T_OBS", "DATE-OBS", "DATE_OBS", "T_REC")
SAME_TIME = pd.Timedelta("1h")  # between the middle, start and slot of one exposure, 12 minutes at most
QUICKLOOK = 1 << 30  # of AIA's QUALITY: processed at once, otherwise whole
# Bits of HMI's QUALITY (jsoc.stanford.edu/doc/data/hmi/Quality_Bits/QUALITY.txt): those from HMI_FAILED on tell why no
# observable was made; the lower ones, that it was made in less than the best conditions.
HMI_FAILED = 0x20000
HMI_CONDITIONS = {
    0x10000: "fewer averaged points than usual",
    0x8000: "pointing keywords not interpolated",
    0x4000: "image stabilisation open",
    0x2000: "temperatures missing",
    0x1000: "gaps not filled",
    0x800: "frames with another limb left out",
    0x400: "cosmic-ray lists missing",
}
SERIES = "hmi.M_720s"  # whose noise the networks and the simulated Sun have
GAPS = 0.05  # largest share of an image's values that may be missing


def parse_channel(header, name):
    """Channel of CHANNELS, or "continuum"."""
    telescope = f"{header.get('TELESCOP', '')} {header.get('INSTRUME', '')}".upper()
    if "HMI" in telescope:
        content = str(header.get("CONTENT", "")).upper()
        series, _, segment = str(header.get("DRMS_ID", "")).upper().partition(":")
        segment = segment.rpartition(":")[2]
        if segment in ("MAGNETOGRAM", "") and "MAGNETOGRAM" in content or segment == "MAGNETOGRAM":
            _check_series(series, header, name)
            return "hmi"
        if "CONTINUUM" in content:
            return CONTINUUM
        raise InputError(
            f"{name} is of HMI, but no line-of-sight magnetogram (CONTENT {content!r}, segment {segment!r}): "
            "take hmi.M_720s"
        )
    wave = header.get("WAVELNTH")
    if "AIA" in telescope and wave is not None and str(wave).partition(".")[0] in AIA:
        return str(wave).partition(".")[0]
    raise InputError(
        f"{name} is no image of HMI or of AIA's ten channels (TELESCOP {header.get('TELESCOP')!r}, WAVELNTH {wave!r}): "
        f"take AIA's level 1 or 1.5, or the magnetogram of {SERIES}"
    )


def _check_series(series, header, name):
    """Report a magnetogram whose header names another series, or another averaging time, than that of 720 s."""
    cadence = number(header, "CADENCE", name, default=None)
    known = series.startswith(SERIES.upper()) or not series
    if not known or cadence not in (None, 720.0):
        told = series.lower() if not known else f"a cadence of {cadence:g} s"
        warnings.warn(
            f"{name} is a magnetogram of {told}, not of {SERIES}: its noise differs from what the networks have seen",
            MetadataWarning,
            stacklevel=2,
        )


def check_quality(header, name):
    """InputError for an image that its header marks as unusable: QUALITY, eclipse, calibration frame, lost values."""
    try:
        from aiapy.utils import check_quality_flag
    except ModuleNotFoundError:  # before aiapy 0.12, the newest for Python 3.11
        from aiapy.util import check_quality_flag

    try:
        quality = int(str(header.get("QUALITY", 0)), 0)
    except ValueError as error:
        raise InputError(f"QUALITY of {name} is {header['QUALITY']!r}, which is no number: correct it") from error
    lost, kept = (number(header, key, name, default=0.0) for key in ("MISSVALS", "DATAVALS"))
    hmi = "HMI" in str(header.get("TELESCOP", "")) + str(header.get("INSTRUME", ""))
    if hmi:
        _check_hmi_quality(quality, name)
    if not hmi and quality & ~QUICKLOOK:
        reasons = "; ".join(check_quality_flag(quality & 0xFFFFFFFF))
        raise InputError(f"{name} is marked as unusable (QUALITY {quality:#x}: {reasons}): leave this image out")
    if str(header.get("ACS_ECLP", "NO")).strip().upper() == "YES":
        raise InputError(f"{name} was taken in eclipse (ACS_ECLP YES): leave this image out")
    if str(header.get("IMG_TYPE", "LIGHT")).strip().upper() not in ("LIGHT", ""):
        raise InputError(f"{name} is a calibration frame (IMG_TYPE {header['IMG_TYPE']}): leave it out")
    if lost > GAPS * (lost + kept) and kept:
        raise InputError(f"{lost / (lost + kept):.0%} of the values of {name} are lost (MISSVALS): leave it out")


def check_numbers(header, name):
    """InputError for a keyword of the pointing that is missing or no finite number, and for a step of zero."""
    for key in POINTING:
        optional = {"default": None} if key.startswith("CDELT") and "CD1_1" in header else {}
        if number(header, key, name, **optional) == 0 and key.startswith("CDELT"):
            raise InputError(f"{key} of {name} is 0, the size of no pixel: correct the header")
    for key in ("RSUN_OBS", "DSUN_OBS"):
        number(header, key, name, default=None)


def _check_hmi_quality(quality, name):
    """InputError for a QUALITY that says that no observable was made; a report of the conditions it names otherwise."""
    if not 0 <= quality < HMI_FAILED:
        raise InputError(f"{name} is marked as unusable (QUALITY {quality:#x} of HMI): leave this image out")
    if conditions := hmi_conditions(quality):
        warnings.warn(f"{name} was made in poor conditions ({conditions})", MetadataWarning, stacklevel=2)


def hmi_conditions(quality):
    """Conditions that HMI's QUALITY names, as text such as "QUALITY 0x400: cosmic-ray lists missing"; "" for none."""
    if not quality:
        return ""
    named = [text for bit, text in HMI_CONDITIONS.items() if quality & bit]
    named += ["eclipse, noisy target or other issues"] * bool(quality & 0x3FF)
    return f"QUALITY {quality:#x}: {', '.join(named)}"


def observation_time(header, name):
    """Time of observation, UTC: T_OBS, which is mid-exposure, before DATE-OBS; the JSOC's missing date is none.

    Raises InputError for a header without a time, with one at which SDO did not observe, or with two.
    """
    times = {}
    scale = str(header.get("TIMESYS", "UTC")).strip().lower() or "utc"
    for key in DATE_KEYWORDS:
        text = str(header.get(key, "")).strip()
        if not text or text.startswith("-4712") or text.upper() in ("NAN", "MISSING"):
            continue
        clock = str(header.get("TIME-OBS", "")).strip()
        time = parse_time(f"{text}T{clock}" if clock and ":" not in text else text, f"{key} of {name}", scale)
        if not FIRST_LIGHT <= time <= pd.Timestamp.now("UTC").tz_localize(None) + pd.Timedelta("1D"):
            raise InputError(f"{key} of {name} is {text!r}, when SDO did not observe: correct the header")
        times[key] = time
    if not times:
        raise InputError(f"the header of {name} tells no time: {', '.join(DATE_KEYWORDS)} are missing")
    if max(times.values()) - min(times.values()) > SAME_TIME:
        raise InputError(
            f"the header of {name} has two times, {', '.join(f'{k} {t}' for k, t in times.items())}: correct it"
        )
    return next(iter(times.values()))


def projected_axis(header, number, name):
    """CTYPE of an axis in sunpy's spelling; InputError for one that is not helioprojective."""
    told = str(header.get(f"CTYPE{number}", "")).strip().upper()
    if not HELIOPROJECTIVE[number - 1].fullmatch(told):
        raise InputError(f"CTYPE{number} of {name} is {told!r}, no helioprojective axis: reproject the image first")
    return ("HPLN-TAN", "HPLT-TAN")[number - 1]


def header_dict(header):
    """Header as a dict of plain values, without comments and undefined cards."""
    undefined = fits.card.Undefined
    kept = {key: header[key] for key in header if key not in ("COMMENT", "HISTORY", "", "keycomments")}
    return {key.upper(): value for key, value in kept.items() if not isinstance(value, undefined)}
