"""Degradation of the AIA channels since the start of the mission, from the instrument team's response table.

`python scripts/solarchip/cut_response_table.py RESPONSE_TABLE` writes data/aia_degradation.csv.
"""

from functools import cache
from importlib.resources import files

import pandas as pd

from flarebook.compendium.errors import InputError

TABLE = files("flarebook.solarchip") / "data" / "aia_degradation.csv"
LAST = pd.Timestamp("2017-12-10")  # date of the table; later ones are not extrapolated


def degradation(channel, time):
    """Sensitivity of an AIA channel relative to the start of the mission, 1 then and lower later.

    channel: name; 4500, HMI and the continuum have no entry: 1.  time: UTC.  Polynomials of the days since the start of
    an epoch, times the epoch's effective area over the first one's (aiapy, correct_degradation).  The last value of
    the table, of December 2017, is kept for later dates: 304 would otherwise end at 0 in 2020.
    """
    epochs = _epochs().get(str(channel))
    if epochs is None:
        return 1.0
    time = min(pd.Timestamp(time), LAST)
    begun = epochs[epochs["start"] <= time]
    if begun.empty:
        raise InputError(f"the sensitivity of AIA {channel} at {time:%Y-%m-%d} is unknown: its table begins in 2010")
    epoch = begun.iloc[-1]
    days = (time - epoch["start"]) / pd.Timedelta("1D")
    return float(epoch["area"] * (1 + epoch["p1"] * days + epoch["p2"] * days**2 + epoch["p3"] * days**3))


@cache
def _epochs():
    """Epochs of each channel in the order of their starts: {channel: DataFrame}."""
    table = pd.read_csv(TABLE, dtype={"channel": str}, parse_dates=["start"], comment="#")
    return {channel: rows.sort_values("start") for channel, rows in table.groupby("channel")}
