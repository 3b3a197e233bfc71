"""The identifiers printed on the poster: `python scripts/stix/read_poster.py TEXT` makes data/poster_uids.csv.

TEXT is the poster's text as a reader of the PDF gives it: the central mosaic is a block of lines with tabs, one line
per row of thumbnails.  Each thumbnail carries its identifier on top and its cluster below, so a line holds a row's
identifiers and the clusters of the row before it.
"""

import re
import sys
from pathlib import Path

import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.stix.archive.published_flares import PRINTED

UID = re.compile(r"(?<!\d)\d{10}(?!\d)")
MIN_TABS = 20  # a line of the mosaic; prose has none
MIN_RUN = 3  # equal cluster numbers side by side: fewer may be stray digits of a neighbour's identifier
N_CLUSTERS = 30


def read_poster(text):
    """Identifiers of the poster's mosaic, in reading order, each once.

    text: str.  Returns a table: uid (str), row, column, cluster (Int64, missing where the text does not tell).
    Raises InputError when no line looks like the mosaic.
    """
    lines = [line.split("\t") for line in text.splitlines() if line.count("\t") >= MIN_TABS]
    found = [
        (uid, row, column, cluster)
        for row, cells in enumerate(lines)
        for column, (cell, cluster) in enumerate(zip(cells, clusters_below(lines, row), strict=False))
        for uid in UID.findall(cell)
    ]
    if not found:
        raise InputError("the text holds no ten-digit identifier in a line with tabs: give the poster's text")
    table = pd.DataFrame(found, columns=["uid", "row", "column", "cluster"]).astype({"cluster": "Int64"})
    return table.drop_duplicates("uid", ignore_index=True)


def clusters_below(lines, row):
    """Cluster number of each thumbnail of a row, read from the next line: list of int or None, one per column."""
    width = len(lines[row])
    cells = lines[row + 1] if row + 1 < len(lines) else []
    numbers = [_leading_number(cell) for cell in cells[:width]] + [None] * max(0, width - len(cells))
    return [number if _in_run(numbers, column) else None for column, number in enumerate(numbers)]


def _leading_number(cell):
    """Number before a cell's identifier, or alone in it, when it can be a cluster; else None."""
    found = re.match(r"\s*(\d{1,2})(?!\d)", cell)
    return int(found[1]) if found and int(found[1]) < N_CLUSTERS else None


def _in_run(numbers, column):
    """Whether a number stands among at least MIN_RUN equal ones side by side."""
    value, first, last = numbers[column], column, column
    if value is None:
        return False
    while first > 0 and numbers[first - 1] == value:
        first -= 1
    while last + 1 < len(numbers) and numbers[last + 1] == value:
        last += 1
    return last - first + 1 >= MIN_RUN


def main(path):
    """Write the table that ships from the poster's text."""
    table = read_poster(Path(path).read_text(encoding="utf-8"))
    with atomic_write(PRINTED) as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
    n_clusters = table["cluster"].notna().sum()
    print(f"{PRINTED.name}: {len(table)} identifiers, {n_clusters} with their cluster")


if __name__ == "__main__":
    main(*sys.argv[1:2])
