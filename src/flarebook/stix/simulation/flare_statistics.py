"""Distributions of real STIX flares, fitted to the science flare list; the fitted numbers ship, the list does not.

`python -m scripts.stix.fit_flare_statistics flarelist.csv` writes data/flare_distributions.yaml.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU

FITTED = files("flarebook.stix") / "data" / "flare_distributions.yaml"
LAST_IMAGE = "2022-12-31"  # the published images end the day before
COLUMNS = {
    "start_UTC": "start",
    "end_UTC": "end",
    "4-10 keV": "counts",
    "bkg 4-10 keV": "background",
    "10-15 keV": "medium_counts",
    "bkg 10-15 keV": "medium_background",
    "15-25 keV": "hard_counts",
    "bkg 15-25 keV": "hard_background",
    "25-50 keV": "highest_counts",
    "bkg 25-50 keV": "highest_background",
    "att_in": "attenuator",
    "hpc_x_solo": "x",
    "hpc_y_solo": "y",
    "hgs_lat": "latitude",
    "solo_position_lat": "solo_latitude",
    "solo_position_AU_distance": "distance",
    "visible_from_earth": "visible_from_earth",
    "GOES_flux_time_of_flare": "goes_flux",
    "file_request_id_used": "uid",
}


def read_flare_list(path):
    """The science flare list as a table: counts per 4 s at the peak, background, place (arcsec), distance (AU).

    Adds excess, medium_excess, hard_excess and highest_excess (counts above background), significance (of the upper
    channel), duration (s), radius (from disk centre, solar radii).
    Raises InputError when the file is missing, is no CSV or lacks a column.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"the flare list {path} cannot be read: give the CSV of stix_flarelist_science") from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{Path(path).name} has no column {missing[0]!r}: give the CSV of stix_flarelist_science")
    flares = table.rename(columns=COLUMNS)[list(COLUMNS.values())]
    start, end = pd.to_datetime(flares["start"]), pd.to_datetime(flares["end"])
    excess, hard = flares["counts"] - flares["background"], flares["hard_counts"] - flares["hard_background"]
    return flares.assign(
        start=start,
        end=end,
        uid=flares["uid"].astype(str),
        excess=excess,
        medium_excess=flares["medium_counts"] - flares["medium_background"],
        hard_excess=hard,
        highest_excess=flares["highest_counts"] - flares["highest_background"],
        significance=hard / np.sqrt(flares["hard_background"]),
        duration=(end - start).dt.total_seconds(),
        radius=np.hypot(flares["x"], flares["y"]) * flares["distance"] / SOLAR_RADIUS_1AU,
    )


def upper_share(significance, half, power, ceiling):
    """Share of flares imaged in the upper band; significance: of the excess in the upper channel."""
    return ceiling / (1 + (half / np.maximum(significance, 0.1)) ** power)


@cache
def distributions():
    """The shipped numbers, as `fit` returned them."""
    return yaml.safe_load(FITTED.read_text(encoding="utf-8"))
