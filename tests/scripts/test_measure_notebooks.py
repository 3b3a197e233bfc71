"""What a notebook took is measured of its own process, and a run goes on where it stopped."""

import sys

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.scale import MEASURED, read_measured
from scripts import measure_notebooks


def test_time_and_memory_are_those_of_the_command():
    small = measure_notebooks.measure_command([sys.executable, "-c", "pass"])
    large = measure_notebooks.measure_command([sys.executable, "-c", "b'x' * 300_000_000"])
    after = measure_notebooks.measure_command([sys.executable, "-c", "pass"])
    assert large["memory_mb"] > 300 > after["memory_mb"] and small["memory_mb"] > 0


def test_a_command_that_fails_leaves_no_row():
    with pytest.raises(InputError, match="failed: mend the notebook"):
        measure_notebooks.measure_command([sys.executable, "-c", "raise SystemExit(3)"])


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
