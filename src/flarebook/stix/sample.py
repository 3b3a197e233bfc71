"""The real STIX visibilities that ship inside the package."""

from typing import NamedTuple

import numpy as np
from astropy.table import Table

from flarebook.stix.pipeline import to_instrument
from flarebook.stix.sub_collimators import FOLDER
from flarebook.stix.visibilities import Visibilities

FILE = "visibilities_20200607.ecsv"
SOLAR_RADIUS_1AU = 959.63  # arcsec, from 1 AU
MEGAMETRE = 725.27  # length of one arcsec on the Sun from 1 AU, km


class Flare(NamedTuple):
    """What is known of an observed flare besides its visibilities; distance: AU; energy: keV; centre: solar, arcsec."""

    name: str
    start: str
    end: str
    energy: tuple
    centre: tuple
    distance: float

    @property
    def solar_radius(self):
        """Radius of the Sun as seen from there, arcsec."""
        return SOLAR_RADIUS_1AU / self.distance

    def megametres(self, arcsec):
        """Length on the Sun of an angle seen from there, Mm."""
        return arcsec * MEGAMETRE * self.distance / 1000


# The table holds no ephemeris.  Solar Orbiter passed its first perihelion, 0.516 AU, on 2020-06-15; its orbit puts it
# 0.526 AU from the Sun at the flare's time, with an uncertainty of 0.001.
REAL_FLARE = Flare(
    name="SOL2020-06-07T21:39",
    start="2020-06-07T21:39:00",
    end="2020-06-07T21:42:49",
    energy=(6, 10),
    centre=(-1625.0, -700.0),
    distance=0.526,
)


def real_visibilities(path=FOLDER / FILE):
    """REAL: 24 visibilities of the flare of 2020-06-07, 6 to 10 keV; instrument's axes, phase centre on the flare.

    Packed in xrayvisim 0.2.1 (BSD-3-Clause) from the L1 file of request 1178428688.  Their (u, v) points come from an
    earlier table of the grids than `SUB_COLLIMATORS` and differ by up to 2e-4 1/arcsec.
    """
    table = Table.read(path, format="ascii.ecsv")
    value = np.array(table["re"]) + 1j * np.array(table["im"])
    centre = to_instrument(*table.meta["centre_arcsec"])
    columns = (np.array(table[name], dtype=float) for name in ("u", "v"))
    return Visibilities(
        *columns, value, np.array(table["amplitude_error"], float), np.array(table["label"], str), centre
    )
