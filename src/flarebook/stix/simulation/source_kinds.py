"""Kinds of flare sources, drawn as a few Gaussians: what a map should show when nothing goes wrong."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.source_model import Component, loop

KINDS = ("compact", "extended", "loop", "two footpoints", "two sources", "several sources")
REFERENCE_DISTANCE = 0.7  # AU at which the sizes below hold: an arcsecond is a smaller length nearer to the Sun


def draw_source(kind, band, distance, rng, widest=None, wanted=None):
    """Draw one source of total flux 1 about the origin.

    kind: of KINDS; band: "4-10" or "16-28"; distance: AU; widest: arcsec, FWHM of a very extended source in its place.
    Returns a list of Components and the number of sources that an eye should count.
    At 4-10 keV a wide, faint component lies about the sources, as real maps show.
    """
    scale = REFERENCE_DISTANCE / distance
    if kind not in DRAW:
        raise InputError(f"there is no kind of source {kind!r}: choose one of {', '.join(KINDS)}")
    if widest is not None:
        sky, count = very_extended(widest, rng), 1
    else:
        several = {"count": int(wanted)} if wanted and kind == "several sources" else {}
        sky, count = DRAW[kind](scale, rng, **several)
        if band == "4-10":
            sky = [*sky, halo(sky, scale, rng)]
    flux = sum(part.flux for part in sky)
    return [part._replace(flux=part.flux / flux) for part in sky], count


def halo(sky, scale, rng):
    """The wide, faint component about the sources at 4-10 keV: a tenth to half of their flux."""
    flux = sum(part.flux for part in sky)
    major = scale * rng.uniform(35, 80)
    x, y = scale * rng.normal(0, 6, 2)
    return Component(x, y, flux * rng.uniform(0.1, 0.5), major, major * rng.uniform(0.5, 1), rng.uniform(0, 180))


def compact(scale, rng):
    """One source of 8 to 24 arcsec."""
    major = scale * rng.uniform(8, 24)
    return [Component(0, 0, 1, major, major * rng.uniform(0.5, 1), rng.uniform(0, 180))], 1


def extended(scale, rng):
    """One source of 28 to 55 arcsec."""
    major = scale * rng.uniform(28, 55)
    return [Component(0, 0, 1, major, major * rng.uniform(0.35, 0.8), rng.uniform(0, 180))], 1


def flare_loop(scale, rng):
    """A loop, 35 to 90 arcsec from foot to foot."""
    length, width = scale * rng.uniform(35, 90), scale * rng.uniform(8, 15)
    return loop(length, width, rng.uniform(0, 360), rng.uniform(80, 180)), 1


def two_footpoints(scale, rng):
    """Two small sources 26 to 70 arcsec apart, one up to three times as bright as the other."""
    return pair(scale * rng.uniform(26, 70), scale, rng, 0.33)


def two_sources(scale, rng):
    """Footpoint and loop top, or two loops: a small and a larger source 30 to 80 arcsec apart."""
    sky, count = pair(scale * rng.uniform(30, 80), scale, rng, 0.45)
    wide = scale * rng.uniform(16, 30)
    return [sky[0], sky[1]._replace(fwhm_major=wide, fwhm_minor=wide * rng.uniform(0.6, 1))], count


def pair(separation, scale, rng, faintest):
    """Two round sources about the origin."""
    angle, separation = rng.uniform(0, 2 * np.pi), max(separation, 24)  # nearer than the beam they would be one
    x, y = separation / 2 * np.cos(angle), separation / 2 * np.sin(angle)
    widths = scale * rng.uniform(6, 13, 2)
    fluxes = (1, rng.uniform(faintest, 1))
    return [Component(s * x, s * y, f, w, w) for s, f, w in zip((1, -1), fluxes, widths, strict=True)], 2


def several_sources(scale, rng, count=None):
    """Three or four small sources, no two nearer than 26 arcsec."""
    count, reach = count or int(rng.integers(3, 5)), min(max(scale, 0.8), 1.3) * 55
    places = [rng.uniform(-reach, reach, 2)]
    while len(places) < count:
        place = rng.uniform(-reach, reach, 2)
        if min(np.hypot(*(place - other)) for other in places) > reach * 0.47:
            places.append(place)
    widths, fluxes = scale * rng.uniform(6, 13, count), rng.uniform(0.5, 1, count)
    return [Component(x, y, f, w, w) for (x, y), f, w in zip(places, fluxes, widths, strict=True)], count


def very_extended(width, rng):
    """One source wider than the coarsest grids but one resolve well: CLEAN breaks it into pieces."""
    return [Component(0, 0, 1, width, width * rng.uniform(0.6, 0.95), rng.uniform(0, 180))]


DRAW = dict(zip(KINDS, (compact, extended, flare_loop, two_footpoints, two_sources, several_sources), strict=True))
