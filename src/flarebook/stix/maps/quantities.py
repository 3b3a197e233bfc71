"""What the header of an archive map establishes: place, time, unit and energy band, within physical bounds."""

import re
from typing import NamedTuple

import numpy as np
from astropy import units

from flarebook.compendium.data.header_values import number, parse_unit, text, time_of
from flarebook.compendium.errors import InputError
from flarebook.stix.maps.frames import PIXELS, tell_note

ASTRONOMICAL_UNIT = units.au.to(units.m)
SOLAR_RADIUS_1AU = 959.63  # arcsec, from 1 AU
PHOTON_FLUX = units.ph / (units.cm**2 * units.arcsec**2 * units.s * units.keV)
COUNT_FLUX = PHOTON_FLUX * units.ct / units.ph
LAUNCH = "2020-02-10"  # of Solar Orbiter
DISTANCES = (0.27 * ASTRONOMICAL_UNIT, 1.05 * ASTRONOMICAL_UNIT)  # of Solar Orbiter from the Sun
RADII = (900.0, 3600.0)  # arcsec: the Sun as seen from there
ENERGIES = (1.0, 300.0)  # keV; STIX counts photons of 4 to 150
FARTHEST = 2.5  # solar radii from disk centre to the map's


class Instrument(NamedTuple):
    """Bounds of what an instrument can have seen: first date, pixels (arcsec), energies (keV), solar radii (arcsec)."""

    name: str
    launch: str
    pixels: tuple
    energies: tuple
    radii: tuple


STIX = Instrument("STIX", LAUNCH, PIXELS, ENERGIES, RADII)
RHESSI = Instrument("RHESSI", "2002-02-05", (1.0, 2.0, 4.0), (3.0, 20_000.0), (940.0, 980.0))


def instrument_of(header, path, known=(STIX, RHESSI)):
    """The Instrument of a header; InputError for another one."""
    names = [text(header, key) for key in ("TELESCOP", "INSTRUME", "ORIGIN")]
    for instrument in known:
        if instrument.name in " ".join(names).upper():
            return instrument
    found = next(filter(None, names), "no instrument")
    raise InputError(f"{path.name} is of {found}, not of STIX: give a map of the STIX image archive")


def check_place(header, centre, path, radii=RADII):
    """InputError for a distance, radius or centre that the instrument cannot see; a note where the first two differ."""
    distance = number(header, "DSUN_OBS", path.name, DISTANCES, None)
    radius = number(header, "RSUN_OBS", path.name, radii, None)
    seen = np.degrees(np.arcsin(units.R_sun.to(units.m) / distance)) * 3600 if distance else radius
    if radius and abs(seen / radius - 1) > 0.02:
        tell_note(f"RSUN_OBS of {path.name} is {radius:.0f} arcsec, but from DSUN_OBS the Sun has {seen:.0f}")
    if not np.hypot(*centre) <= FARTHEST * (seen or radii[1]):
        raise InputError(
            f"the centre of {path.name} is ({centre[0]:.0f}, {centre[1]:.0f}) arcsec, off the Sun: correct it"
        )


def start_of(header, path, launch=LAUNCH):
    """Start of the observation, ISO text, UTC; "" with a note when the header has none."""
    time = time_of(header, ("DATE_OBS", "DATE-OBS", "DATE-BEG"), path.name, launch)
    if time is None:
        tell_note(f"the header of {path.name} tells no time (DATE-OBS)")
        return ""
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")


def unit_of(header, path):
    """Unit of a map, photons or counts a cm2, arcsec2, s and keV, and the factor to it; (None, 1) with a note without.

    BUNIT or UNITS; the pipeline writes superscripts as IDL does.  Raises InputError for another quantity.
    """
    found = {}
    for key in ("BUNIT", "UNITS"):
        if written := re.sub(r"!u(.*?)!n", r"\1", text(header, key)):
            found[key] = parse_unit(written, f"{key} of {path.name}")
    if not found:
        tell_note(f"{path.name} states no unit (BUNIT or UNITS): its values are shown without one")
        return None, 1.0
    key, unit = next(iter(found.items()))
    if any(other != unit for other in found.values()):
        raise InputError(
            f"BUNIT and UNITS of {path.name} differ, {header['BUNIT']!r} and {header['UNITS']!r}: correct it"
        )
    for wanted in (PHOTON_FLUX, COUNT_FLUX):
        if unit.is_equivalent(wanted):
            if wanted is COUNT_FLUX:
                tell_note(f"{path.name} holds counts, not photons: its eight-bit scale is not the archive's")
            if unit != wanted:
                tell_note(f"{path.name} is converted from {unit} to {wanted}")
            return wanted, unit.to(wanted)
    raise InputError(
        f"{key} of {path.name} is {header[key]!r}, not photons or counts a cm2, arcsec2, s and keV: convert it"
    )


def energy_of(header, path, energies=ENERGIES):
    """Energy band (low, high), keV, from the header or the name; (nan, nan) with a note when neither tells.

    Raises InputError for energies that the instrument does not count.
    """
    for words in (text(header, "ERANGE"), path.name):
        if found := re.search(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*keV", words):
            low, high = (float(edge) for edge in found.groups())
            if not energies[0] <= low < high <= energies[1]:
                raise InputError(f"{path.name} has an energy band of {low:g} to {high:g} keV: correct ERANGE")
            return low, high
    tell_note(f"neither the header nor the name of {path.name} tells an energy band (ERANGE)")
    return (float("nan"), float("nan"))
