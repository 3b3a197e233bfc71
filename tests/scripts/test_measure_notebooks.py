"""What a notebook took is measured of its own processes, and a run goes on where it stopped."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.measure import run_measured
from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.scale import MEASURED, read_measured
from scripts import measure_notebooks

ROOT = Path(__file__).parents[2]
HELD = "import time; held = b'x' * 300_000_000; time.sleep(1)"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def test_memory_is_that_of_a_command_with_its_children_and_not_of_the_one_that_measures():
    own = b"x" * 300_000_000
    small = measure_notebooks.measure_command([sys.executable, "-c", "import time; time.sleep(1)"])
    large = measure_notebooks.measure_command([sys.executable, "-c", CHILD, HELD])
    assert 0 < small["memory_mb"] < 100 < len(own) / 1e6 < large["memory_mb"] < 500


def test_the_time_of_all_cores_is_that_of_the_children_too():
    work = "import time\nwhile time.process_time() < 1: pass"
    used = run_measured([sys.executable, "-c", CHILD, work])
    assert 1 < used.core_seconds < 2 and used.seconds > 1


def test_a_command_that_fails_leaves_no_row():
    with pytest.raises(InputError, match="exit code 3: mend what it says above, then run this again for the rest"):
        measure_notebooks.measure_command([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_command_reads_its_arguments():
    command = [sys.executable, "-m", "scripts.measure_notebooks", "nonesuch", "--threads", "1"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.startswith("error: ") and "nonesuch" in run.stderr


def test_rows_that_the_table_has_are_not_measured_again(project, monkeypatch):
    took, ran = {"minutes": 1.0, "core_minutes": 1.0, "memory_mb": 500, "load": 1.0}, []
    monkeypatch.setattr(measure_notebooks, "measure_command", lambda command: ran.append(command[4]) or took)
    row = ["sun/1-draw", 1, 9.0, 9.0, 9, 9.0, "X"]
    pd.DataFrame([row], columns=MEASURED).to_csv(project / "metrics/ci-costs.csv", index=False)
    measure_notebooks.main("ci")
    table = read_measured(project / "metrics/ci-costs.csv").set_index("notebook")
    assert (
        ran == ["sun/2-read"]
        and table.loc["sun/1-draw", "minutes"] == 9
        and table.loc["sun/2-read", "memory_mb"] == 500
    )


def test_two_processes_that_add_rows_at_once_lose_none(project):
    path = project / "metrics/ci-costs.csv"
    rows = [{**dict.fromkeys(MEASURED, 1.0), "notebook": f"sun/{i}"} for i in range(40)]
    with ProcessPoolExecutor(4) as executor:
        list(executor.map(partial(measure_notebooks.add_row, path), rows))
    assert set(read_measured(path)["notebook"]) == {row["notebook"] for row in rows}


def test_named_notebooks_run_in_the_order_given_with_the_threads_given(project, monkeypatch):
    took, ran = {"minutes": 1.0, "core_minutes": 1.0, "memory_mb": 500, "load": 1.0}, []
    monkeypatch.setattr(measure_notebooks, "measure_command", lambda command: ran.append(command[4:]) or took)
    measure_notebooks.main("ci", ["sun/2-read", "sun/1-draw"], threads=1)
    assert [command[0] for command in ran] == ["sun/2-read", "sun/1-draw"] and ran[0][-2:] == ["--threads", "1"]
    assert set(read_measured(project / "metrics/ci-costs.csv")["threads"]) == {1}
    with pytest.raises(InputError, match="the profile ci has no notebook sun/3"):
        measure_notebooks.main("ci", ["sun/3"])
