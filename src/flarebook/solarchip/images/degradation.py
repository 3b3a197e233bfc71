"""How much of AIA's first sensitivity is left at a date: the instrument team's table, cut to what is needed.

`python -m flarebook.solarchip.images.degradation RESPONSE_TABLE` writes data/aia_degradation.csv from a
response table of the AIA team (aia_V8_20171210_050627_response_table.txt, as packed in aiapy).
"""

import sys
from functools import cache
from importlib.resources import files

import pandas as pd

from flarebook.compendium.atomic_files import whole_file
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
        raise InputError(f"there is no sensitivity of AIA {channel} at {time:%Y-%m-%d}: its table begins in March 2010")
    epoch = begun.iloc[-1]
    days = (time - epoch["start"]) / pd.Timedelta("1D")
    return float(epoch["area"] * (1 + epoch["p1"] * days + epoch["p2"] * days**2 + epoch["p3"] * days**3))


@cache
def _epochs():
    """Epochs of each channel in the order of their starts: {channel: DataFrame}."""
    table = pd.read_csv(TABLE, dtype={"channel": str}, parse_dates=["start"], comment="#")
    return {channel: rows.sort_values("start") for channel, rows in table.groupby("channel")}


def cut_table(path):
    """Epochs of all channels from a response table of the AIA team: channel, start, area over the first, p1, p2, p3."""
    table = pd.read_csv(path, sep=r"\s+").sort_values(["WAVELNTH", "T_START"])
    first = table.groupby("WAVELNTH")["EFF_AREA"].transform("first")
    return pd.DataFrame(
        {
            "channel": table["WAVELNTH"],
            "start": table["T_START"].str[:19],
            "area": (table["EFF_AREA"] / first).round(6),
            **{f"p{order}": table[f"EFFA_P{order}"] for order in (1, 2, 3)},
        }
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise InputError("give one file: a response table of the AIA team")
    with whole_file(TABLE) as partial:
        cut_table(sys.argv[1]).to_csv(partial, index=False)
