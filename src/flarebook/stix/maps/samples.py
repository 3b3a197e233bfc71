"""The real STIX visibilities that ship inside the package."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.table import Table

from flarebook.compendium.data import download
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.data.reading import file_reader
from flarebook.stix.imaging.pipeline import to_instrument
from flarebook.stix.imaging.visibilities import FOLDER, Visibilities
from flarebook.stix.maps.fits_map import read_map
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU

FILE = "visibilities_20200607.ecsv"
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


def real_visibilities(path: str | Path = FOLDER / FILE) -> Visibilities:
    """Read the real visibilities of the flare of 2020-06-07, 6 to 10 keV, that ship with the package.

    They come from xrayvisim 0.2.1 (BSD-3-Clause), which packed them from the L1 file of request 1178428688.  Their
    (u, v) points stem from an earlier table of the grids than `SUB_COLLIMATORS` and differ by up to 6e-4 1/arcsec.

    Parameters
    ----------
    path : str or Path
        ECSV table; the shipped one by default.

    Returns
    -------
    Visibilities
        24 visibilities in counts cm-2 s-1 keV-1, instrument's axes, phase centre on the flare.

    Examples
    --------
    >>> from flarebook import stix
    >>> len(stix.real_visibilities())
    24
    """
    return read_visibilities(path)


@file_reader("an ECSV table of visibilities: label, u, v, re, im, amplitude_error, and centre_arcsec in its notes")
def read_visibilities(path: str | Path) -> Visibilities:
    """Read visibilities from an ECSV table.

    Parameters
    ----------
    path : str or Path
        Table with the columns label, u, v, re, im and amplitude_error, and centre_arcsec among its notes.

    Returns
    -------
    Visibilities
        In the instrument's axes.

    Raises
    ------
    InputError
        For a missing file, another format or missing columns.

    Examples
    --------
    >>> from importlib.resources import files
    >>> from flarebook import stix
    >>> seen = stix.read_visibilities(files("flarebook.stix") / "data" / "visibilities_20200607.ecsv")
    >>> str(seen.label[0]), seen.value.dtype.kind
    ('10a', 'c')
    """
    table = Table.read(path, format="ascii.ecsv")
    names = ("u", "v", "re", "im", "amplitude_error")
    u, v, real, imaginary, error = (np.array(table[name], dtype=float) for name in names)
    centre = to_instrument(*table.meta["centre_arcsec"])
    return Visibilities(u, v, real + 1j * imaginary, error, np.array(table["label"], str), centre)


def real_archive_map():
    """REAL: the archive's CLEAN file of the flare of 2021-11-01, an ArchiveMap; None where no copy is at hand.

    It does not ship, because its licence is not stated: it is looked for in FLAREBOOK_MIRROR and among the downloads.
    """
    _, path = download.locate(dataset("stix-pipeline-products").files[0])
    return read_map(path) if path else None
