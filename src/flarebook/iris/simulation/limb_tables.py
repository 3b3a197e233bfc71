"""Tables of AR and PF spectra that differ in centre-to-limb variation alone."""

import numpy as np
from astropy.time import Time

from flarebook.iris.matching import disk_positions, solar_radius
from flarebook.iris.observations import observation_table
from flarebook.iris.simulation.dataset import build_dataset
from flarebook.iris.simulation.observation import load_calibration

CENTRE, DARKENED, APART = "no limb darkening", "limb darkening", "AR near the limb"


def limb_tables(library, seed, number=300, apart=0.4, scheduler="threads"):
    """Simulate the AR and PF observations without limb darkening, with it, and with the classes apart on the disk.

    Parameters
    ----------
    library : Library
        Of `load_library`.
    seed : int
        Shared by the tables: the same pixels, noise and cosmic rays.
    number : int
        Spectra of each observation.
    apart : float
        Cosine of the heliocentric angle of all AR observations in the last table, in which PF is at disk centre.
    scheduler : str
        Of `build_dataset`.

    Returns
    -------
    dict
        CENTRE, DARKENED and APART, each to a table of `build_dataset`.  AR 4, printed off the disk, is left out of all.
    """
    observations = observation_table()
    kept = observations["region"].isin(("AR", "PF")) & disk_positions(observations)["mu"].notna()
    observations, plain = observations[kept], load_calibration() | {"limb": False}
    radius = solar_radius(Time(observations["start"].tolist()))
    x = np.where(observations["region"] == "AR", radius * np.sqrt(1 - apart**2), 0.0)
    settings = {
        CENTRE: (observations, plain),
        DARKENED: (observations, plain | {"limb": True}),
        APART: (observations.assign(x=x, y=0.0), plain | {"limb": True}),
    }
    return {
        name: build_dataset(rows, library, seed, number, scheduler=scheduler, calibration=calibration)
        for name, (rows, calibration) in settings.items()
    }
