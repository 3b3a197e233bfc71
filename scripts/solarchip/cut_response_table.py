"""Cut the AIA team's response table to what aiapy reads: `python scripts/solarchip/cut_response_table.py TABLE`.

The table is aia_V8_20171210_050627_response_table.txt, as packed in aiapy.
"""

import sys

from aiapy.calibrate.util import get_correction_table
from astropy.table import QTable

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.degradation import TABLE


def cut_table(path):
    """Epochs of all channels from a response table of the AIA team, with its dates as text: astropy QTable."""
    table = QTable(get_correction_table(path), copy=True)
    for column in ("T_START", "T_STOP"):
        table[column] = [time.isot for time in table[column]]
    for column in ("WAVELNTH", "EFF_WVLN", "EFF_AREA"):
        table[column] = table[column].value
    return table


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise InputError("give one file: a response table of the AIA team")
    with atomic_write(TABLE) as partial:
        cut_table(sys.argv[1]).write(partial, format="ascii.csv", overwrite=True)
