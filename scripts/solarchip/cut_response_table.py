"""Cut the AIA team's response table to what the package needs: `python scripts/solarchip/cut_response_table.py TABLE`.

The table is aia_V8_20171210_050627_response_table.txt, as packed in aiapy.
"""

import sys

import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.prepare import TABLE


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
    with atomic_write(TABLE) as partial:
        cut_table(sys.argv[1]).to_csv(partial, index=False)
