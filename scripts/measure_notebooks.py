"""Measure what each notebook of a profile takes: `python -m scripts.measure_notebooks paper --study stix`.

Runs the notebooks one after another into build/PROFILE and writes metrics/PROFILE-costs.csv after each; notebooks that
the table already has are not run again.  Two such commands may run at once, each with notebooks of its own.
"""

import fcntl
import os
import sys
from typing import Annotated

import pandas as pd
import typer

from benchmarks.measure import run_measured
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import machine
from flarebook.compendium.reports.scale import MEASURED, measured_file, read_measured
from flarebook.compendium.workflow.parameters import read_profile


def main(
    profile: Annotated[str, typer.Argument(help="Profile, or a run of few steps such as paper-short.")],
    notebooks: Annotated[list[str] | None, typer.Argument(help="Notebooks in this order; all without.")] = None,
    study: Annotated[str | None, typer.Option(help="Study, for example iris.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of each; the profile's without.")] = None,
):
    """Run the notebooks that the table lacks and add a row for each."""
    path, entries = measured_file(project_root(), profile), read_profile(profile, study).notebooks
    for name in notebooks or entries:
        if name not in entries:
            raise InputError(f"the profile {profile} has no notebook {name}: its notebooks are {', '.join(entries)}")
        if name in set(read_measured(path)["notebook"]):
            continue
        used = threads or entries[name].threads
        command = [sys.executable, "-m", "flarebook.commands.main", "run", name, "--profile", profile]
        command += ["--output", str(project_root() / "build" / profile), "--threads", str(used)]
        row = {"notebook": name, "threads": used, **measure_command(command), "processor": machine()}
        add_row(path, row)


def add_row(path, row):
    """Add a row to a table of costs as it now is, while no other process does."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # released when it is closed
        table = pd.concat([read_measured(path), pd.DataFrame([row], columns=MEASURED)])
        with atomic_write(path) as partial:
            table.to_csv(partial, index=False)
    finally:
        os.close(folder)


def measure_command(command):
    """Run a command; returns its minutes, core-minutes, the memory of all its processes, and the load at its end.

    Raises InputError when it fails.
    """
    used = run_measured(command)
    minutes, cores = (round(seconds / 60, 1) for seconds in used[:2])
    load = round(os.getloadavg()[1], 1)  # over five minutes
    return {"minutes": minutes, "core_minutes": cores, "memory_mb": used.memory // 10**6, "load": load}


if __name__ == "__main__":
    run_script(typer.run, main)
