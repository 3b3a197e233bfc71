"""Run the exercises of the notebooks with the values that they name: `python -m scripts.run_exercises --profile ci`.

Each is run into build/runs/exercise-STUDY-STEP-NUMBER, with the earlier steps of build/PROFILE, and compared with the
profile's own run.  Writes build/PROFILE/exercises.csv: exit code, time, how many numbers changed and which moved most.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import print_line, run_script
from flarebook.compendium.comparison.runs import compare
from flarebook.compendium.project import notebook_path, project_root
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parameters import read_profile

ITEM = re.compile(r"^(\d)\. (.*?)(?=^\d\. |^```|\Z)", re.MULTILINE | re.DOTALL)
VALUE = re.compile(r"-p ([a-z_]+=[^`\s]+)")
COLUMNS = ("notebook", "exercise", "parameters", "exit", "seconds", "changed", "moved", "before", "after", "complaint")


def exercises(path):
    """Exercises of a notebook that name values: {number: ["n_splits=20", ...]}.  path: of its source file."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    text = "".join(next(cell["source"] for cell in cells if cell.get("id") == "exercises"))
    found = {int(number): VALUE.findall(words) for number, words in ITEM.findall(text)}
    return {number: values for number, values in found.items() if values}


def run_exercise(notebook, number, values, profile):
    """Run one exercise and compare it with the profile's run; returns a row of COLUMNS."""
    label = f"exercise-{notebook.replace('/', '-')}-{number}"
    command = [sys.executable, "-m", "flarebook.commands.main", "run", notebook, "--profile", profile, "--force"]
    command += ["--label", label, "--threads", "1", *(word for value in values for word in ("-p", value))]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=project_root(), capture_output=True, text=True)
    seconds = round(time.perf_counter() - start)
    build, complaint = project_root() / "build", " ".join(done.stderr.split())[-300:]
    moved = ("", "", None, None) if done.returncode else what_moved(build / profile, build / "runs" / label)
    return (notebook, number, " ".join(values), done.returncode, seconds, *moved, complaint if done.returncode else "")


def what_moved(first, second):
    """How many of the shared metrics changed, and the one that moved furthest, in spreads or else in its own size.

    first, second: folders of runs.  Returns ("3 of 20", name, value in the first, value in the second).
    """
    shared = [line for line in compare(first, second) if line.difference is not None]
    changed = [line for line in shared if line.difference]

    def distance(line):
        return (line.sigmas is not None, abs(line.difference if line.sigmas is None else line.sigmas))

    furthest = max(changed, key=distance, default=None)
    count = f"{len(changed)} of {len(shared)}"
    return (count, furthest.name, furthest.first, furthest.second) if furthest else (count, "", None, None)


def main(
    notebooks: Annotated[list[str] | None, typer.Argument(help="Notebooks in this order; all without.")] = None,
    profile: Annotated[str, typer.Option(help="Profile, whose own run is there.")] = "ci",
):
    """Run the exercises and write their table; ends with 1 when one of them fails."""
    entries = read_profile(profile).notebooks
    rows, path = [], project_root() / "build" / profile / "exercises.csv"
    for notebook in notebooks or entries:
        check_known(notebook, entries, f"profile {profile} has no notebook", "see `flarebook list`")
        for number, values in exercises(notebook_path(notebook)).items():
            rows.append(run_exercise(notebook, number, values, profile))
            print_line("  ".join("-" if cell is None else str(cell) for cell in rows[-1]))
            with atomic_write(path) as partial:
                pd.DataFrame(rows, columns=COLUMNS).to_csv(partial, index=False)
    raise typer.Exit(int(any(row[3] for row in rows)))


if __name__ == "__main__":
    run_script(typer.run, main)
