"""When the notebooks of a run were executed and how long they took, from papermill's own records."""

from pathlib import Path

import nbformat

from flarebook.compendium.reports.markdown_tables import table
from flarebook.compendium.workflow.parameters import is_real, profile_of, read_profile


def execution(output, notebooks):
    """Papermill's record of each executed notebook: {name: {start_time, end_time, duration in s, ...}}.

    output: folder of the run.  notebooks: names of its executed notebooks, "notebooks/STUDY/STEP".
    """
    return {
        name: nbformat.read(Path(output) / f"{name}.ipynb", as_version=4).metadata["papermill"] for name in notebooks
    }


def run_summary(profile, runs):
    """When a run began and ended, how long its notebooks took together, and which took longest.

    runs: as of `execution`.
    """
    minutes = {name: record["duration"] / 60 for name, record in runs.items()}
    longest = max(minutes, key=minutes.get)
    first = min(record["start_time"] for record in runs.values())
    last = max(record["end_time"] for record in runs.values())
    return (
        f"Profile *{profile}*: {len(runs)} notebooks, executed from {_clock(first)} to {_clock(last)} UTC; "
        f"{sum(minutes.values()):.0f} minutes together, some side by side. "
        f"{_linked(longest)} took longest, {minutes[longest]:.1f} minutes."
    )


def status_table(runs):
    """When each notebook of a run started and how long it took.  runs: as of `execution`."""
    rows = [(_linked(name), _clock(record["start_time"]), f"{record['duration']:.0f}") for name, record in runs.items()]
    total = sum(record["duration"] for record in runs.values())
    together = ("sum over notebooks, some of which may have run in parallel", "", f"{total:.0f}")
    return table(("notebook", "started (UTC)", "seconds"), [*rows, together])


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


def _clock(time):
    """Date and time of a record to the second."""
    return time[:19].replace("T", " ")
