"""Two versions of a figure: whether their data and pictures are identical, and by how much they differ."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from flarebook.compendium.provenance import sha256

IDENTICAL = "identical"


class Difference(NamedTuple):
    """What became of a figure's data and of its picture, in words; IDENTICAL where nothing differs."""

    data: str
    picture: str

    @property
    def none(self):
        """Whether data and picture are identical."""
        return self.data == self.picture == IDENTICAL


def compare_figure(record, first, second):
    """Compare a published figure with one that was made again.

    record: of the first.  first, second: folders with its files, named by its id, since a path in a record could
    lead to one file twice.
    Returns a Difference; the data are compared by the record's hash where the first folder lacks its table.
    """
    table, picture = (f"{record['id']}.{kind}" for kind in ("csv", "png"))
    return Difference(
        compare_data(Path(first, table), Path(second, table), record["data_sha256"]),
        compare_pictures(Path(first, picture), Path(second, picture)),
    )


def compare_data(first, second, recorded):
    """Say how the plotted numbers of two CSV files differ.

    recorded: SHA-256 of the first file, which may be missing or changed since.
    """
    if sha256(second) == recorded:
        return IDENTICAL
    if not first.is_file() or sha256(first) != recorded:
        return "another hash than recorded, and the recorded table is not beside its record to measure by how much"
    return compare_tables(pd.read_csv(first), pd.read_csv(second))


def compare_tables(first, second):
    """Say how two tables differ: in columns, rows or text, or by their largest absolute difference."""
    if list(first.columns) != list(second.columns):
        return f"columns {', '.join(first.columns)} recorded, {', '.join(second.columns)} now"
    if len(first) != len(second):
        return f"{len(first)} rows recorded, {len(second)} now"
    largest, column = max((_largest(first[name], second[name]), name) for name in first.columns)
    if np.isinf(largest):
        return f"other entries in column {column}"
    if not largest:
        return "equal numbers, written in other digits"
    share = largest / first[column].abs().max()
    return f"largest difference {largest:.3g} in column {column} ({share:.2g} of its largest value)"


def _largest(first, second):
    """Largest absolute difference of two columns; infinite where text or missing values differ."""
    numbers = [column.dtype.kind in "iuf" for column in (first, second)]
    if not all(numbers):
        return 0.0 if first.astype(str).equals(second.astype(str)) else np.inf
    if (first.isna() != second.isna()).any():
        return np.inf
    with np.errstate(invalid="ignore"):  # infinite values that are equal
        gaps = np.abs(first.to_numpy(float) - second.to_numpy(float))[(first != second) & first.notna()]
    return float(gaps.max(initial=0.0))


def compare_pictures(first, second):
    """Say how two PNG files differ: in size, or in which share of their pixels."""
    if not first.is_file():
        return "not compared: the recorded picture is not beside its record"
    if first.read_bytes() == second.read_bytes():
        return IDENTICAL
    one, two = (_pixels(path) for path in (first, second))
    if one.shape != two.shape:
        return "{} x {} pixels recorded, {} x {} now".format(*one.shape[1::-1], *two.shape[1::-1])
    share = (one != two).any(axis=-1).mean()
    return f"{share:.2%} of the pixels differ" if share else "equal pixels, stored in other bytes"


def _pixels(path):
    """Pixels of a picture, shape (height, width, 4)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
