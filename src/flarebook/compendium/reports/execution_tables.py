"""When the notebooks of a run were executed, how long they took and which cell most of it, by papermill's records."""

import re
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import nbformat
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from flarebook.compendium.batch_report import counted
from flarebook.compendium.figures import write_drawing
from flarebook.compendium.project import split_name, studies
from flarebook.compendium.reports.markdown_tables import MISSING, table
from flarebook.compendium.workflow.parameters import is_real, profile_of, read_profile

HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
COLOURS = (("#9ec5e8", "#2f6fab"), ("#f6c99a", "#c26a14"), ("#a9d8a3", "#3a8a34"), ("#dcb6d6", "#8f4786"))  # bar, cell
ROW = 0.24  # inches of a notebook's row in the drawing


class Execution(NamedTuple):
    """Execution of a notebook.  start, end: datetime in UTC; duration in s; core_seconds: None where not recorded.

    heading, cell_start, cell_seconds: of the cell that took longest, with the heading above it.
    """

    start: datetime
    end: datetime
    duration: float
    core_seconds: float | None
    processor: str | None
    heading: str
    cell_start: datetime
    cell_seconds: float


def execution(output, notebooks):
    """Execution of each notebook of a run, in order of start: {name: Execution}.

    output: folder of the run.  notebooks: names of its executed notebooks, "notebooks/STUDY/STEP".
    """
    runs = {name: _execution(nbformat.read(Path(output) / f"{name}.ipynb", as_version=4)) for name in notebooks}
    return dict(sorted(runs.items(), key=lambda item: item[1].start))


def _execution(notebook):
    """Execution of one executed notebook."""
    record, heading, cells = notebook.metadata["papermill"], "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        elif duration := cell.metadata["papermill"]["duration"]:
            cells.append((duration, heading, datetime.fromisoformat(cell.metadata["papermill"]["start_time"])))
    seconds, heading, began = max(cells)
    start, end = (datetime.fromisoformat(record[time]) for time in ("start_time", "end_time"))
    used = record.get("core_seconds"), record.get("processor")
    return Execution(start, end, record["duration"], *used, heading, began, seconds)


def run_summary(profile, runs):
    """When a run began and ended, where, how long its notebooks took together, and which took longest.

    runs: as of `execution`.
    """
    longest = max(runs, key=lambda name: runs[name].duration)
    first, last = min(run.start for run in runs.values()), max(run.end for run in runs.values())
    where = " and ".join(sorted({run.processor for run in runs.values() if run.processor}))
    return (
        f"Profile *{profile}*: {counted(len(runs), 'notebook')}, executed from {_clock(first)} to {_clock(last)} UTC"
        f"{' on ' * bool(where)}{where}; {_time(_together(runs))} together, side by side in "
        f"{_time(_busy(runs)(last))}. {_linked(longest)} took longest, {_time(runs[longest].duration, 1)}."
    )


def _time(seconds, digits=0):
    """A time in minutes with some digits, or below one minute in whole seconds."""
    return counted(round(seconds), "second") if seconds < 59.5 else counted(f"{seconds / 60:.{digits}f}", "minute")


def status_table(runs):
    """When each notebook of a run started, its time, that of all cores, and its longest cell.

    runs: as of `execution`.
    """
    cores = [run.core_seconds for run in runs.values()]
    total = None if None in cores else sum(cores)
    rows = [
        (
            _linked(name),
            _clock(run.start),
            *map(_seconds, (run.duration, run.core_seconds, run.cell_seconds)),
            run.heading,
        )
        for name, run in runs.items()
    ]
    rows.append(("all together", "", _seconds(_together(runs)), _seconds(total), "", ""))
    return table(("notebook", "started (UTC)", "s", "s of all cores", "s of its longest cell", "heading"), rows)


def timeline(build):
    """Draw when each notebook of a run was executed; returns the Markdown of the figure."""
    caption = (
        "The notebooks of this run over time, by start; dark the cell that took longest, with the heading above it. "
        "Time in which none ran is left out."
    )
    runs = build.runs
    alt = f"{len(runs)} horizontal bars, the longest: " + "; ".join(
        f"{split_name(name)[1]}, {_time(run.duration, 1)}"
        for name, run in sorted(runs.items(), key=lambda item: -item[1].duration)[:3]
    )
    return write_drawing(build.source / "book", "timeline", plot_timeline(runs), caption, f"{alt}.")


def plot_timeline(runs):
    """Plot when the notebooks of a run were executed, a bar each; returns a Figure.  runs: as of `execution`."""
    colours = dict(zip(studies(), cycle(COLOURS), strict=False))
    figure = Figure(figsize=(7.2, ROW * len(runs) + 0.9), layout="constrained")
    axes, busy = figure.subplots(), _busy(runs)
    whole = busy(max(run.end for run in runs.values())) / 60
    for row, (name, run) in enumerate(runs.items()):
        study, step = split_name(name.removeprefix("notebooks/"))
        light, dark = colours[study]
        start, end, cell = (busy(time) / 60 for time in (run.start, run.end, run.cell_start))
        axes.barh(row, end - start, left=start, color=light)
        axes.barh(row, run.cell_seconds / 60, left=cell, color=dark)
        place, sign, side = (end, 1, "left") if end < 0.6 * whole else (start, -1, "right")
        words = f"{step}: {run.heading}" if run.cell_seconds / 60 > 0.03 * whole else step
        look = {"va": "center", "ha": side, "fontsize": 7}
        axes.annotate(words, (place, row), (3 * sign, 0), textcoords="offset points", **look)
    axes.set(xlabel="time, min", yticks=[], ylim=(len(runs) - 0.4, -0.6), xlim=(0, None))
    axes.spines[["top", "right", "left"]].set_visible(False)
    shown = {split_name(name.removeprefix("notebooks/"))[0] for name in runs}
    handles = [Patch(color=dark, label=study) for study, (_, dark) in colours.items() if study in shown]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _busy(runs):
    """Function from a time of a run to the seconds before it in which a notebook was executed."""
    spans = []
    for run in sorted(runs.values()):
        if spans and run.start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], run.end)
        else:
            spans.append([run.start, run.end])
    return lambda time: sum(max((min(time, end) - start).total_seconds(), 0) for start, end in spans)


def _together(runs):
    """Seconds of all notebooks of a run."""
    return sum(run.duration for run in runs.values())


def notebook_facts(run, name, duration):
    """What a reader needs before a notebook, in Markdown: its time, the notebooks that it reads, and the command.

    run: name of the run.  name: "notebooks/STUDY/STEP".  duration: of its execution in s.
    """
    step = name.removeprefix("notebooks/")
    after = read_profile(run).notebooks[step].after
    reads = ", ".join(f"[{earlier}](../{earlier}.ipynb)" for earlier in after) or "no other notebook"
    facts = {
        "Time:": f"{duration / 60:.1f} min in this run.",
        "Reads the results of:": f"{reads}.",
        "Run it again:": f"`{run_command(run, step)}`",
    }
    return ":::{div} flarebook-facts\n" + " ".join(f"**{what}** {said}" for what, said in facts.items()) + "\n:::"


def run_command(run, step):
    """Command that runs a notebook, STUDY/STEP, as a run has done."""
    return f"flarebook run {step} --profile {profile_of(run)}{' --source real' if is_real(run) else ''}"


def _linked(name):
    """Study and step of a notebook, linked from a page of the book."""
    return f"[{name.removeprefix('notebooks/')}](../{name}.ipynb)"


def _seconds(number):
    """Seconds as they are shown; a dash for an unknown number."""
    return MISSING if number is None else f"{number:.0f}"


def _clock(time):
    """Date and time to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}"
