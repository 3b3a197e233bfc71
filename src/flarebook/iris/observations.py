"""Tables 1 and 2 of the paper: which observations, in which mode, and what a 25-minute window of each holds."""

import re
from importlib.resources import files

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

SOURCES = ("simulated", "real")  # of the spectra of an observation
WINDOW_MINUTES = 25.0  # section 2.2
WINDOW_END = -1.0  # minutes to onset at which a pre-flare window ends
SLIT_LENGTH = {"medium": 60.0, "large": 120.0, "very large": 175.0}  # arcsec, IRIS operations
STEP_SIZE = {None: 0.0, "dense": 0.35, "sparse": 1.0, "coarse": 2.0}  # arcsec; None: sit-and-stare
MODE = r"(very large|large|medium) (?:sit-and-stare|(dense|sparse|coarse) (\d+)-step raster)"
SLIT_PIXEL = 0.166  # arcsec
OVERHEAD = 1.0  # s, read-out and slit motion, from observation PF 15: 9 s steps, 8 s exposures
LONGEST_EXPOSURE = 30.0  # s


def parse_mode(mode):
    """Slit length (arcsec), step size (arcsec, 0 for sit-and-stare) and number of steps of an observation mode.

    mode: as printed, for example "Large coarse 8-step raster".  Raises InputError for anything else.
    """
    if match := re.fullmatch(MODE, mode.lower()):
        size, spacing, steps = match.groups()
        return SLIT_LENGTH[size], STEP_SIZE[spacing], int(steps or 1)
    raise InputError(f"observation mode {mode!r} is not like 'Large coarse 8-step raster' or 'Medium sit-and-stare'.")


def observation_table() -> pd.DataFrame:
    """Read the 68 observations of Tables 1 and 2 of the paper, with what follows from mode and cadence.

    The text counts 18 PF observations, Table 2 lists 19: all rows are kept.

    Returns
    -------
    DataFrame
        One row an observation, the columns as printed; the onset of a PF observation's flare (UTC, "" for the others)
        with its source, which the paper does not list; and slit_length and step_size (arcsec), steps, step_cadence and
        exposure_time (s), n_slit (pixels) and n_exposures in 25 minutes.

    References
    ----------
    Panos & Kleint (2020), Tables 1 and 2.

    Examples
    --------
    >>> from flarebook import iris
    >>> iris.observation_table()["region"].value_counts()["PF"]
    np.int64(19)
    """
    path = files("flarebook.iris") / "data" / "observations.csv"
    rows = pd.read_csv(path, dtype={"obsid": str}, keep_default_na=False)
    mode = pd.DataFrame([parse_mode(text) for text in rows["mode"]], columns=["slit_length", "step_size", "steps"])
    rows = pd.concat([rows, mode], axis=1)
    rows["step_cadence"] = rows["cadence"] / rows["steps"]
    rows["exposure_time"] = np.clip(rows["step_cadence"] - OVERHEAD, 0.5, LONGEST_EXPOSURE)
    rows["n_slit"] = (rows["slit_length"] / SLIT_PIXEL).astype(int)
    rows["n_exposures"] = (60 * WINDOW_MINUTES / rows["step_cadence"]).astype(int)
    return rows


def find_observation(name: str) -> pd.Series:
    """Look up one observation of Tables 1 and 2.

    Parameters
    ----------
    name : str
        Name in the tables, for example "PF 16".

    Returns
    -------
    Series
        The row of `observation_table`.

    Raises
    ------
    InputError
        When the name is not in the tables; the message lists the names.

    Examples
    --------
    >>> from flarebook import iris
    >>> iris.find_observation("PF 16")["goes_class"]
    'X1.6'
    """
    rows = observation_table().set_index("observation", drop=False)
    if name not in rows.index:
        raise InputError(f"observation {name!r} is not in Tables 1 and 2; known are {', '.join(rows.index)}.")
    return rows.loc[name]


def exposure_minutes(observation, start=WINDOW_END - WINDOW_MINUTES, end=WINDOW_END):
    """Times of the exposures between `start` and `end`, minutes to onset, (n_exposures,)."""
    count = int(60 * (end - start) / observation["step_cadence"])
    return start + np.arange(count) * observation["step_cadence"] / 60
