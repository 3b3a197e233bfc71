"""Measure what `make book` takes from nothing, the environment aside: `python -m scripts.measure_book laptop`.

Run it in a fresh clone whose environment is made (`make .venv/.all-project`), on a machine that does nothing else.  The
row of the profile in metrics/book-times.csv, which the page *Run it yourself* shows, is written anew.
"""

import os
from typing import Annotated

import pandas as pd
import typer

from benchmarks.measure import run_measured
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import print_line, run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import code_state, machine, now
from flarebook.compendium.reports.scale import TIMES, read_times, times_file
from flarebook.compendium.workflow.parameters import read_profile


def main(profile: Annotated[str, typer.Argument(help="Profile: ci, laptop or paper.")]):
    """Make the book of a profile and write its row."""
    root, load = project_root(), round(os.getloadavg()[1], 1)  # over five minutes
    read_profile(profile)
    if (root / "build" / profile).exists():
        raise InputError(f"build/{profile} holds a run, part of which would be used again: measure in a fresh clone")
    used = run_measured(["make", "-C", str(root), "book", f"PROFILE={profile}"])
    minutes, cores = (round(seconds / 60, 1) for seconds in used[:2])
    state = {"processor": machine(), "commit": code_state()["commit"][:10], "date": now()[:10]}
    row = {
        "profile": profile,
        "minutes": minutes,
        "core_minutes": cores,
        "memory_mb": used.memory // 10**6,
        "load": load,
    }
    write_row(times_file(root), row | state)
    print_line(f"{profile}: {minutes} min, {cores} core-minutes, {used.memory / 1e9:.1f} GB, load before {load}")


def write_row(path, row):
    """Write the row of a profile into the table of times, in place of an earlier one."""
    before = read_times(path)
    table = pd.concat([before[before["profile"] != row["profile"]], pd.DataFrame([row], columns=TIMES)])
    with atomic_write(path) as partial:
        table.sort_values("minutes").to_csv(partial, index=False)


if __name__ == "__main__":
    run_script(typer.run, main)
