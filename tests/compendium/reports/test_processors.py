"""Scatter over processors: the runs' lowest and highest value, measured under the variables that libraries obey."""

import json
import os

import pytest

from flarebook.compendium.reports import processors
from flarebook.compendium.reports.seed_spread import chosen


def write_run(folder, **values):
    """A run's metrics."""
    path = folder / "results/sun/1-draw/metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps([{"name": name, "value": value, "origin": "real"} for name, value in values.items()]))
    return folder


def test_scatter_is_the_range_over_runs_and_leaves_out_what_does_not_move(project):
    runs = [write_run(project / "a", x=1.0, y=2.0, z=None), write_run(project / "b", x=1.5, y=2.0 + 1e-9, z=1.0)]
    assert processors.write_scatter("ci", runs) == {"x": (1.0, 1.5, 2)}
    assert processors.read_scatter("ci") == {"x": (0.5, 2)}
    assert processors.read_scatter("laptop") == {}


def test_each_setting_runs_each_notebook_in_its_own_environment(project, monkeypatch):
    seen = []
    monkeypatch.setattr(
        processors, "execute", lambda name, folder, values: seen.append((name, os.environ.get("ATEN_CPU_CAPABILITY")))
    )
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    folders = processors.run_settings("ci", chosen("ci"))
    assert len(folders) == len(set(folders)) == len(processors.SETTINGS)
    assert [capability for name, capability in seen if name == "sun/2-read"] == [None, "default", None]
    assert "ATEN_CPU_CAPABILITY" not in os.environ


@pytest.mark.parametrize("setting", processors.SETTINGS)
def test_settings_are_environment_variables(setting):
    assert all(isinstance(value, str) for value in processors.SETTINGS[setting].values())
