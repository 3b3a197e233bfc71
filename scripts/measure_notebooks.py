"""Measure what each notebook of a profile takes: `python -m scripts.measure_notebooks paper --study stix`.

Runs the notebooks one after another into build/PROFILE and writes metrics/PROFILE-costs.csv after each; notebooks that
the table already has are not run again.
"""

import os
import sys
from typing import Annotated

import pandas as pd
import typer

from benchmarks.measure import machine, run_measured
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.project import project_root
from flarebook.compendium.reports.scale import MEASURED, measured_file, read_measured
from flarebook.compendium.workflow.parameters import read_profile


def main(
    profile: Annotated[str, typer.Argument(help="Profile, or a run of few steps such as paper-short.")],
    study: Annotated[str | None, typer.Option(help="Study, for example iris.")] = None,
):
    """Run the notebooks that the table lacks and add a row for each."""
    path = measured_file(project_root(), profile)
    for name, entry in read_profile(profile, study).notebooks.items():
        table = read_measured(path)
        if name in set(table["notebook"]):
            continue
        command = [sys.executable, "-m", "flarebook.commands.main", "run", name, "--profile", profile]
        command += ["--output", str(project_root() / "build" / profile), "--threads", str(entry.threads)]
        row = {"notebook": name, "threads": entry.threads, **measure_command(command), "processor": machine()}
        with atomic_write(path) as partial:
            pd.concat([table, pd.DataFrame([row], columns=MEASURED)]).to_csv(partial, index=False)


def measure_command(command):
    """Run a command; returns its minutes, core-minutes, the memory of all its processes, and the load at its end.

    Raises InputError when it fails.
    """
    used = run_measured(command)
    minutes, cores = (round(seconds / 60, 1) for seconds in used[:2])
    load = round(os.getloadavg()[1], 1)  # over five minutes
    return {"minutes": minutes, "core_minutes": cores, "memory_mb": used.memory // 10**6, "load": load}


if __name__ == "__main__":
    run_script(main)
