"""Times of a run and what stands below a notebook's title."""

from datetime import UTC, datetime, timedelta

import nbformat
import pytest

from flarebook.compendium.reports.execution_tables import (
    execution,
    notebook_facts,
    plot_timeline,
    run_summary,
    status_table,
)

START = datetime(2026, 1, 1, 6, tzinfo=UTC)


def write_run(folder, name, start, cells, **used):
    """An executed notebook; start: minutes after START; cells: {heading: minutes of the code cell below it}."""
    clock = START + timedelta(minutes=start)
    made = []
    for heading, minutes in cells.items():
        times = {"start_time": clock.isoformat(), "duration": 60.0 * minutes}
        made += [nbformat.v4.new_markdown_cell(f"## {heading}\nwords")]
        made += [nbformat.v4.new_code_cell("1", metadata={"papermill": times})]
        clock += timedelta(minutes=minutes)
    began = START + timedelta(minutes=start)
    times = {"start_time": began.isoformat(), "end_time": clock.isoformat(), "duration": (clock - began).seconds}
    path = folder / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"papermill": times | used}), path)


@pytest.fixture
def runs(tmp_path):
    """Three notebooks: two side by side, and one a day later."""
    used = {"core_seconds": 70.0, "processor": "2 cores of Z80"}
    write_run(tmp_path, "stix/2-archive", 0, {"Images": 1, "Maps": 3}, **used)
    write_run(tmp_path, "iris/1-real-raster", 2, {"Raster": 1}, **used)
    write_run(tmp_path, "iris/2-profile-library", 24 * 60, {"Library": 5}, **used)
    names = ("iris/1-real-raster", "iris/2-profile-library", "stix/2-archive")
    return execution(tmp_path, [f"notebooks/{name}" for name in names])


def test_a_notebook_says_its_time_what_it_reads_and_how_to_run_it(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    facts = notebook_facts("ci", "notebooks/iris/4-distributions", 90.0)
    assert "**Time:** 1.5 min in this run" in facts
    assert "[iris/1-real-raster](../iris/1-real-raster.ipynb), [iris/3-observations](../iris/3-observations" in facts
    assert "`flarebook run iris/4-distributions --profile ci`" in facts
    assert "no other notebook" in notebook_facts("ci", "notebooks/iris/1-real-raster", 3.0)
    assert "--profile ci --source real`" in notebook_facts("ci-real", "notebooks/iris/1-real-raster", 3.0)


def test_a_run_is_summed_up_by_its_processor_its_time_and_its_longest_notebook(runs):
    text = run_summary("ci", runs)
    assert "3 notebooks, executed from 2026-01-01 06:00:00 to 2026-01-02 06:05:00 UTC on 2 cores of Z80" in text
    assert "10 minutes together, side by side in 9 minutes." in text  # the day in which none ran does not count
    assert "[iris/2-profile-library](../notebooks/iris/2-profile-library.ipynb) took longest, 5.0 minutes" in text


def test_the_table_names_the_longest_cell_by_the_heading_above_it(runs):
    first, *_, last = status_table(runs).splitlines()[2:]
    assert [cell.strip() for cell in first.split("|")[3:-1]] == ["240", "70", "180", "Maps"]
    assert [cell.strip() for cell in last.split("|")[3:5]] == ["600", "210"]


def test_a_run_without_a_record_of_its_cores_has_a_dash(tmp_path):
    write_run(tmp_path, "stix/2-archive", 0, {"Images": 1})
    runs = execution(tmp_path, ["notebooks/stix/2-archive"])
    assert "| 60 | – | 60 | Images |" in status_table(runs)
    assert "1 notebook, " in run_summary("ci", runs) and "UTC; 1 minute together" in run_summary("ci", runs)


def test_a_run_of_seconds_is_summed_up_in_seconds(tmp_path):
    write_run(tmp_path, "stix/2-archive", 0, {"Images": 0.2})
    text = run_summary("ci", execution(tmp_path, ["notebooks/stix/2-archive"]))
    assert "12 seconds together, side by side in 12 seconds. " in text and text.endswith("took longest, 12 seconds.")


def test_bars_leave_out_the_time_in_which_no_notebook_ran(runs):
    bars = plot_timeline(runs).axes[0].patches
    spans = [(round(bar.get_x(), 3), round(bar.get_width(), 3)) for bar in bars]
    assert spans == [(0, 4), (1, 3), (2, 1), (2, 1), (4, 5), (4, 5)]  # a notebook, its longest cell, and so on
