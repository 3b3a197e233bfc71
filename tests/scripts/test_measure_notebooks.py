"""What a notebook took is measured of its own process, and a run goes on where it stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.scale import MEASURED, read_measured
from scripts import measure_notebooks

ROOT = Path(__file__).parents[2]
MEASURE = """
import json, sys
from scripts.measure_notebooks import measure_command
codes = ["pass", "b'x' * 500_000_000", "pass"]
print(json.dumps([measure_command([sys.executable, "-c", code])["memory_mb"] for code in codes]))
"""


def test_memory_is_that_of_the_command_and_of_none_before_it():
    run = subprocess.run([sys.executable, "-c", MEASURE], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    small, large, after = json.loads(run.stdout)
    assert large > 500 > after and small > 0


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
