"""A translated image as a FITS file: where it lies on the Sun, what made it, and that nobody observed it."""

import numpy as np
from astropy.io import fits

from flarebook.compendium.atomic_files import whole_file
from flarebook.compendium.provenance import code_state, now
from flarebook.solarchip.images.channels import UNITS
from flarebook.solarchip.images.grid import HALF_WIDTH, SOLAR_RADIUS

RADIUS_METRES = SOLAR_RADIUS / 100
HMI_LINE = 6173.34  # Angstrom, Fe I
SUN_SEEN = 959.63  # arcsec, radius of the Sun from 1 AU
WORDS = {
    "OBSERVED": (False, "no observation: a network drew this image"),
    "SIMULATD": (True, "T: made by a computer, no observation"),
    "ORIGIN": ("Flarebook", "software that made this file"),
}


def write_translation(path, mean, source, target, sources, time, members=None, radius=SUN_SEEN, b0=0.0, about=()):
    """Write a translated image; returns the path.

    mean, source: (h, h) of the target's and of the (first) source's values, G or DN/s, on the standard grid; target:
    channel; sources: channels translated from; time: ISO; members: (m, h, h), whose standard deviation becomes the
    extension SPREAD; radius: of the Sun in arcsec; b0: latitude of the disk's centre, degrees; about: (keyword, value,
    comment) of what made it.  Thompson 2006 for the coordinates.
    """
    cards = world_cards(len(mean), time, radius, b0) + made_cards(about)
    names = "+".join(sources)
    primary = _image(fits.PrimaryHDU, mean, target, cards)
    primary.header["TRANSFRM"] = (names, "translated from the image of this channel")
    primary.header.add_comment(f"Translated from {names} by a network: no observation, not for science on the Sun.")
    hdus = [primary]
    if members is not None:
        hdus.append(_image(fits.ImageHDU, np.std(members, axis=0, ddof=1), target, cards, "SPREAD"))
        hdus[-1].header["NMEMBERS"] = (len(members), "images drawn; this is their standard deviation")
        primary.header["NMEMBERS"] = (len(members), "images drawn; this is their mean")
    hdus.append(_image(fits.ImageHDU, source, sources[0], world_cards(len(mean), time, radius, b0), "SOURCE"))
    hdus[-1].header.add_comment("The image translated from, as prepared: on the standard grid, in physical units.")
    with whole_file(path) as partial:
        fits.HDUList(hdus).writeto(partial, overwrite=True, checksum=True)
    return path


def _image(kind, values, channel, cards, name=None):
    """One image with its cards."""
    hdu = kind(np.asarray(values, np.float32))
    for key, value, comment in cards + channel_cards(channel):
        hdu.header[key] = (value, comment)
    if name:
        hdu.name = name
    return hdu


def world_cards(size, time, radius=SUN_SEEN, b0=0.0):
    """Cards of the standard grid, helioprojective: the disk's centre in the middle, north up, west to the right.

    size: pixels along a side; time: ISO; radius: of the Sun in arcsec; b0: degrees.
    """
    step = 2 * HALF_WIDTH * radius / size
    axes = [(f"CTYPE{i}", f"HP{axis}-TAN", "helioprojective, " + way) for i, axis, way in AXES]
    axes += [(f"CUNIT{i}", "arcsec", "unit of CDELT and CRVAL") for i in (1, 2)]
    axes += [(f"CDELT{i}", step, "width of a pixel") for i in (1, 2)]
    axes += [(f"CRPIX{i}", (size + 1) / 2, "pixel of the disk's centre, the first is 1") for i in (1, 2)]
    axes += [(f"CRVAL{i}", 0.0, "the disk's centre") for i in (1, 2)]
    distance = RADIUS_METRES / np.sin(np.deg2rad(radius / 3600))
    return [
        *axes,
        ("CROTA2", 0.0, "solar north is up"),
        ("DATE-OBS", str(time), "of the source, UTC"),
        ("RSUN_REF", RADIUS_METRES, "[m] radius of the Sun"),
        ("RSUN_OBS", float(radius), "[arcsec] radius of the Sun as seen"),
        ("DSUN_OBS", float(distance), "[m] distance to the Sun's centre"),
        ("HGLN_OBS", 0.0, "[deg] longitude of the observer, Stonyhurst"),
        ("HGLT_OBS", float(b0), "[deg] latitude of the observer, Stonyhurst"),
    ]


AXES = ((1, "LN", "to the west"), (2, "LT", "to the north"))


def channel_cards(channel):
    """What the values are: unit and wavelength."""
    wavelength = HMI_LINE if channel == "hmi" else float(channel)
    content = "line-of-sight magnetic field" if channel == "hmi" else f"intensity at {channel} Angstrom"
    return [
        ("BUNIT", "Gauss" if UNITS[channel] == "G" else UNITS[channel], "unit of the values"),
        ("WAVELNTH", wavelength, "[Angstrom] of the channel"),
        ("WAVEUNIT", "angstrom", "unit of WAVELNTH"),
        ("CONTENT", content, "what the values stand for"),
        ("CHANNEL", channel, "name used by Flarebook"),
    ]


def made_cards(about=()):
    """Who made it, when, with which code, and that it is no observation."""
    words = [(key, *value) for key, value in WORDS.items()]
    commit = (code_state()["commit"] or "unknown")[:40]
    return [*words, ("DATE", now()[:19], "when this file was made, UTC"), ("COMMIT", commit, "of the code"), *about]
