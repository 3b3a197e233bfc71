"""Headline numbers over commits: an append-only table in the repository, and its drawing on the status page."""

import csv
import io
import os
from collections import defaultdict
from pathlib import Path
from typing import Annotated, NamedTuple

from matplotlib.figure import Figure
from pydantic import Field, RootModel

from flarebook.compendium.atomic_files import atomic_write, own_folder
from flarebook.compendium.batch_report import counted
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.figures import write_drawing
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import describe_origin, read_record
from flarebook.compendium.reports.gate_tables import NONE
from flarebook.compendium.run import read_metrics
from flarebook.compendium.validation import read_yaml, validated

HISTORY, HEADLINES = "metrics/history.csv", "book/headlines.yaml"
COLUMNS = 2  # panels side by side
PATIENCE = 60  # s to wait for another process that appends rows


class Entry(NamedTuple):
    """A headline number of one run; spread: standard deviation over repetitions, empty for none."""

    commit: str
    date: str
    profile: str
    metric: str
    value: str
    spread: str
    origin: str


def read_history(root=None):
    """Rows of the history in the order in which they were appended: list of Entry; none where there is no table.

    Raises InputError for a table that is cut, has other columns, or a value that is no number.
    """
    path = (root or project_root()) / HISTORY
    if not path.is_file():
        return []
    try:
        head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True)
        entries = [_checked(row) for row in rows]
        if tuple(head) != Entry._fields:
            raise ValueError(f"the columns {','.join(head)}")
    except (ValueError, csv.Error) as error:
        columns = ", ".join(Entry._fields)
        raise InputError(
            f"{shown(path)} is no history, with the columns {columns} ({reason_of(error)}): restore the file"
        ) from error
    return entries


def _checked(row):
    """Cells of a row as an Entry.  Raises ValueError for a row that is cut, and for a value that is no number."""
    if len(row) != len(Entry._fields) or not all(row[:5]):
        raise ValueError(f"the row {','.join(row)}")
    entry = Entry(*row)
    float(entry.value), float(entry.spread or 0)
    return entry


class _Headlines(RootModel):
    """Names of the numbers that are followed: {metric: name}."""

    root: Annotated[dict[str, str], Field(min_length=1)]


def headlines(root=None):
    """Numbers that are followed, with their names on the page: {metric: name}; InputError for a file of other form."""
    path = (root or project_root()) / HEADLINES
    return validated(_Headlines, read_yaml(path), path).root


def append_history(folder):
    """Append the headline numbers of a run to the history; what stands there already is left as it is.

    folder: of the run.  Returns the new rows, a list of Entry.
    Raises InputError when none of these numbers was measured by the code of a commit.
    """
    root, commits = project_root(), _commits(folder)
    profile = Path(os.path.abspath(folder)).name  # also of the folder "."
    metrics = {name: metric for name, metric in read_metrics(folder).items() if name in headlines(root)}
    found = [_entry(metric, profile, *commits[metric["notebook"]]) for metric in metrics.values()
             if metric["value"] is not None and metric["notebook"] in commits]  # fmt: skip
    if not found:
        raise InputError(
            f"{shown(folder)} holds no number of {HEADLINES} that the code of one commit has measured: commit, and run "
            "its notebooks again"
        )
    with own_folder(root / HISTORY, PATIENCE):  # rows that another process appends meanwhile would be lost
        before = read_history(root)
        known = {(row.commit, row.profile, row.metric) for row in before}
        new = [row for row in found if (row.commit, row.profile, row.metric) not in known]
        with atomic_write(root / HISTORY) as path, path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([Entry._fields, *before, *new])
    return new


def _commits(folder):
    """Commit and day of each notebook of a run: {notebook: (commit, day)}, by the records of its figures.

    Left out are notebooks whose figures were made by code that was changed, by several commits, or outside git.
    """
    records = defaultdict(list)
    for path in sorted((folder / "figures").glob("*.json")):
        record = read_record(path.parent, path.stem)
        records[record["notebook"].removeprefix("notebooks/").removesuffix(".ipynb")].append(record)
    return {
        name: (made[0]["commit"][:10], max(record["time"] for record in made)[:10])
        for name, made in records.items()
        if len({record["commit"] for record in made}) == 1 and made[0]["commit"] and not any(r["dirty"] for r in made)
    }


def _entry(metric, profile, commit, day):
    """Row of one number of a run, with five digits."""
    spread = "" if metric["spread"] is None else f"{metric['spread']:.5g}"
    return Entry(commit, day, profile, metric["name"], f"{metric['value']:.5g}", spread, describe_origin(metric))


def history_drawing(build):
    """Draw the history for a page of the book; returns the Markdown of the figure, a sentence where there is none."""
    rows, names = read_history(build.root), headlines(build.root)
    if not rows:
        return "No run has been entered yet."
    profiles, commits = ({getattr(row, column) for row in rows} for column in ("profile", "commit"))
    caption = (
        "Headline numbers by commit, in the order in which they were entered; below each commit the day of its run. "
        "Bars: standard deviations over repetitions. In brackets the data."
    )
    alt = f"{len(names)} small panels of {counted(len(commits), 'commit')}, profiles {', '.join(sorted(profiles))}: "
    alt += "; ".join(f"{name}, last {row.value}" for name, row in _latest(rows, names))
    return write_drawing(build.source / "book", "history", plot_history(rows, names), caption, f"{alt}.")


def _latest(rows, names):
    """The last row of each number that has some, with its name: pairs."""
    last = {row.metric: row for row in rows}
    return [(name, last[metric]) for metric, name in names.items() if metric in last]


def plot_history(rows, names):
    """Plot headline numbers by commit, a panel each, a mark for each profile; returns a Figure.

    rows: of `read_history`.  names: {metric: title of its panel}.
    """
    days = {row.commit: row.date for row in reversed(rows)}  # of each commit's first entry
    commits = list(dict.fromkeys(row.commit for row in rows))
    profiles = sorted({row.profile for row in rows})
    height = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(5.6, 1.6 * height + 1.0), layout="constrained")
    panels = figure.subplots(height, COLUMNS, sharex=True, squeeze=False).ravel()
    for panel, (metric, name) in zip(panels, names.items(), strict=False):
        own = [row for row in rows if row.metric == metric]
        for number, profile in enumerate(profiles):
            points = [(commits.index(r.commit), float(r.value), float(r.spread or 0))
                      for r in own if r.profile == profile]  # fmt: skip
            if points:
                place, value, spread = zip(*points, strict=True)
                panel.errorbar(place, value, spread, fmt="os^D"[number % 4] + "-", ms=5, capsize=2, label=profile)
        origin = " and ".join(sorted({row.origin for row in own}))
        panel.set_title(f"{name}\n({origin or NONE})", fontsize=9, loc="left")
        panel.margins(x=0.2, y=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    ticks = [f"{commit[:7]}\n{days[commit]}" for commit in commits]
    for panel in panels[max(len(names) - COLUMNS, 0) : len(names)]:  # the last of each column
        panel.set_xticks(range(len(commits)), ticks, fontsize=8)
        panel.tick_params(labelbottom=True)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    marks = {line.get_label(): line for panel in panels for line in panel.containers}
    figure.legend(marks.values(), marks, loc="outside lower center", ncols=len(profiles), frameon=False)
    return figure
