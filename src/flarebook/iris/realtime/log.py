"""The log of a watch: what became of each file, one row for each exposure, and the scores along the slit.

Everything is written whole or not at all.  A file is scored once its row in files.csv says so, which is written last: a
watch that is killed before scores that file again, and its rows take the place of those that were written.
"""

import csv
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import atomic_write, own_folder
from flarebook.compendium.data.reading import read_text_table
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import now, to_json
from flarebook.compendium.validation import read_json
from flarebook.iris.classifiers.realtime_score import summarise_scores, write_parquet

ABOUT, FILES, SCORES = "watch.json", "files.csv", "scores.csv"
SAME = 0.05  # s between the times of one exposure in two files; the camera takes no two within a second
NUMBERS = ("spectra", "unusable", "mean", "spread", "share_preflare")  # of `summarise_scores`
COLUMNS = ("time", "x", *NUMBERS, "raster", "file", "exposure")
SCORED, COPY, REFUSED = "scored", "copy", "not scored"


class FileRow(NamedTuple):
    """What became of a file: name, mark of `Arrival`, sha256, outcome, what is to be said of it, when (UTC)."""

    file: str
    mark: str
    sha256: str
    outcome: str
    note: str
    looked: str


@contextmanager
def open_log(folder, about):
    """Open the log in a folder, new or begun, that no other process watches into.  Yields Log.

    about: record of `score_provenance`.  Raises InputError when another process has it, when it was begun with another
    source or other weights, and when a table is damaged.
    """
    folder = Path(folder).expanduser()
    with own_folder(folder / "watch"):
        yield Log(folder, about)


class Log:
    """Rows of files and exposures in memory and on disk: files {name: FileRow}, scores DataFrame in order of time."""

    def __init__(self, folder, about):
        self.folder, self.about = folder, about
        if (folder / ABOUT).is_file():
            check_same(folder, read_json(folder / ABOUT), about)
        else:
            self._write(ABOUT, to_json(about))
        self.files = {row.file: row for row in read_files(folder / FILES)}
        self.scores = read_scores(folder / SCORES)

    def names(self, *outcomes):
        """Names of the files of some outcomes."""
        return [row.file for row in self.files.values() if row.outcome in outcomes]

    def twin(self, digest):
        """Name of the scored file of some content, or None."""
        scored = (row.file for row in self.files.values() if row.outcome == SCORED and row.sha256 == digest)
        return next(scored, None)

    def note(self, arrival, digest, outcome, note=""):
        """Write what became of a file; what was known of it before is replaced."""
        self.files[arrival.name] = FileRow(arrival.name, arrival.mark, digest, outcome, note, now())
        with atomic_write(self.folder / FILES) as path, open(path, "w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([FileRow._fields, *self.files.values()])

    def add(self, name, table):
        """Write the scores of a file, whose earlier rows go; returns the rows of exposures that are new, DataFrame.

        table: of `score_file`.
        """
        with atomic_write(self.scores_path(name)) as path:
            write_parquet(path, table, {"input": name})
        others = self.scores[self.scores["file"] != name]
        rows = exposure_rows(name, table)
        rows = rows[~is_among(rows["time"], others["time"])]
        self.scores = pd.concat([part for part in (others, rows) if len(part)] or [others]).sort_values(
            "time", ignore_index=True
        )
        times = self.scores["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
        with atomic_write(self.folder / SCORES) as path:
            self.scores.assign(time=times).to_csv(path, index=False, float_format="%.6g")
        return rows

    def scores_path(self, name):
        """Path of a file's scores along the slit."""
        return self.folder / "scores" / f"{name}.parquet"

    def _write(self, name, text):
        """Write a text file of the log."""
        with atomic_write(self.folder / name) as path:
            path.write_text(text, encoding="utf-8")


def check_same(folder, begun, about):
    """Raise InputError when a log was begun with another source or other weights."""
    for key, what in (("input", "the source"), ("weights_sha256", "the sha256 of the weights")):
        if begun.get(key) != about[key]:
            raise InputError(
                f"cannot resume {folder}: {what} was {begun.get(key)}, now {about[key]}: give it, or another --out"
            )


def exposure_rows(name, table):
    """One row for each exposure that has a time, in order of time: DataFrame of COLUMNS."""
    rows = pd.DataFrame([summarise_scores(exposure) for _, exposure in table.groupby("exposure")])
    first = table.drop_duplicates("exposure").sort_values("exposure").reset_index(drop=True)
    time = pd.Timestamp(table.attrs["start"]) + pd.to_timedelta(first["time"].round(6), unit="s")
    kind = "simulated" if table.attrs["simulated"] else "real"
    rows = rows.assign(
        time=time.astype("datetime64[us]"), x=first["x"], raster=kind, file=name, exposure=first["exposure"]
    )
    return rows.loc[time.notna(), list(COLUMNS)].sort_values("time", ignore_index=True)


def is_among(times, known):
    """Whether each time is that of a known one, (n,) bool.  times, known: Series of datetime, known in order."""
    if not len(known):
        return np.zeros(len(times), bool)
    known, times = known.to_numpy(), times.to_numpy()
    right = np.searchsorted(known, times).clip(1, len(known) - 1) if len(known) > 1 else np.zeros(len(times), int)
    nearest = np.minimum(np.abs(known[right] - times), np.abs(known[right - 1] - times))
    return nearest < np.timedelta64(int(1e6 * SAME), "us")


def read_files(path):
    """Rows of files.csv: [FileRow], none without the file; InputError for a damaged one."""
    if not path.is_file():
        return []
    table = read_text_table(path)
    check_columns(path, table, FileRow._fields)
    return [FileRow(*row) for row in table.itertuples(index=False)]


def read_scores(path):
    """Table of scores.csv, empty without the file; InputError for a damaged one."""
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS)).astype({"time": "datetime64[us]"})
    table = read_text_table(path, dtype={"file": str}, keep_default_na=True)
    check_columns(path, table, COLUMNS)
    return table.assign(time=pd.to_datetime(table["time"]).astype("datetime64[us]"))


def check_columns(path, table, columns):
    """Raise InputError for a table of the log that was changed by others."""
    if list(table.columns) != list(columns):
        raise InputError(f"{path} has the columns {', '.join(table.columns)}: restore it, or give another --out")
