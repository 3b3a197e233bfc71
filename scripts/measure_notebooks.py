"""Measure what each notebook of a profile takes: `python -m scripts.measure_notebooks paper --study stix`.

Runs the notebooks one after another into build/PROFILE and writes metrics/PROFILE-costs.csv after each; notebooks that
the table already has are not run again.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
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
        row = {"notebook": name, "threads": entry.threads, **measure_command(command), "processor": processor()}
        with atomic_write(path) as partial:
            pd.concat([table, pd.DataFrame([row], columns=MEASURED)]).to_csv(partial, index=False)


def measure_command(command):
    """Run a command; returns its minutes, core-minutes and the memory of its largest process, and the load beside it.

    The memory is never less than what this process holds when it starts the command.  Raises InputError when it fails.
    """
    began = time.monotonic()
    _, status, used = os.wait4(subprocess.Popen(command).pid, 0)
    minutes = (time.monotonic() - began) / 60
    if status:
        raise InputError(f"`{' '.join(command[2:])}` failed: mend the notebook, then run this again for the rest")
    cores = (used.ru_utime + used.ru_stime) / 60
    load = os.getloadavg()[1]  # over five minutes
    return {"minutes": round(minutes, 1), "core_minutes": round(cores, 1), "memory_mb": used.ru_maxrss * 1024 // 10**6,
            "load": round(load, 1)}  # fmt: skip


def processor():
    """Name of the processor and the number of its cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}"


if __name__ == "__main__":
    run_script(main)
