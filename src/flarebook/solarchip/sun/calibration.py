"""Which constants of the simulator were set by real data: agreement in what they govern is no result."""

import inspect

import pandas as pd

from flarebook.solarchip.sun import chromosphere, corona, flare_process, magnetic_field, surface, telescope

MAGNETOGRAMS = "three HMI magnetograms, 2011, 2016 and 2019"
FLARES = "NOAA's list of flares, 2012 to 2015"
IMAGE = "one AIA image, 171 Å, 2011-02-15"
SAME_LOOK = "keeps holes, filaments and quiet corona as they were in the weaker field"


def calibrated_constants():
    """Constants that real data set: DataFrame constant, value, earlier, governs, set_by.

    earlier: value before the calibration.  Sources: the magnetograms that ship, and the list of `score_lists`.
    """
    poles = inspect.signature(surface.polar_field).parameters["strongest"].default
    rows = [
        ("noise [G]", magnetic_field.NOISE, 3.0, "median of |B|", MAGNETOGRAMS),
        ("network field [G]", magnetic_field.NETWORK_FIELD, 14.0, "median of |B|, power spectrum", MAGNETOGRAMS),
        ("fading of old flux [days]", surface.FADING, 55.0, "99th percentile of |B|", MAGNETOGRAMS),
        ("polar field [G]", poles, 9.0, "median of |B| at minimum", MAGNETOGRAMS),
        ("flares >= M1.0 a day at unit flux", flare_process.RATE_M, 0.4, "flares a day", FLARES),
        ("power of the inversion-line flux", flare_process.R_POWER, 2.2, "waiting times, days with a flare", FLARES),
        ("power of the hidden twist", flare_process.TWIST_POWER, 1.2, "waiting times, days with a flare", FLARES),
        ("index of peak fluxes", flare_process.INDEX, 2.0, "slope above M1.0", FLARES),
        ("quiet corona, 171 Å [DN/s]", corona.QUIET["171"], 130.0, "median brightness", IMAGE),
        ("field of unit coronal brightness [G]", telescope.NEAR_FIELD, 14.0, "quiet corona", SAME_LOOK),
        ("field of one sign in a hole [G]", corona.ONE_SIGN, 2.2, "area of coronal holes", SAME_LOOK),
        ("gradient of a filament [G]", chromosphere.SMALLEST_GRADIENT, 6.0, "area of filaments", SAME_LOOK),
    ]
    return pd.DataFrame(rows, columns=["constant", "value", "earlier", "governs", "set_by"])
