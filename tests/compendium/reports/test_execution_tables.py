"""Times of a run and what stands below a notebook's title."""

import nbformat

from flarebook.compendium.reports.execution_tables import execution, notebook_facts, run_summary


def test_a_notebook_says_its_time_what_it_reads_and_how_to_run_it(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    facts = notebook_facts("ci", "notebooks/iris/4-distributions", 90.0)
    assert "**Time:** 1.5 min in this run" in facts
    assert "[iris/1-real-raster](../iris/1-real-raster.ipynb), [iris/3-observations](../iris/3-observations" in facts
    assert "`flarebook run iris/4-distributions --profile ci`" in facts
    assert "no other notebook" in notebook_facts("ci", "notebooks/iris/1-real-raster", 3.0)
    assert "--profile ci --source real`" in notebook_facts("ci-real", "notebooks/iris/1-real-raster", 3.0)


def test_a_run_is_summed_up_by_its_time_and_its_longest_notebook(tmp_path):
    for name, start, end, duration in (("sun/1-draw", "06:00", "06:01", 60.0), ("sun/2-read", "06:01", "06:04", 180.0)):
        times = {"start_time": f"2026-01-01T{start}:00.12", "end_time": f"2026-01-01T{end}:00.12", "duration": duration}
        path = tmp_path / "ci" / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(metadata={"papermill": times}), path)
    text = run_summary("ci", execution(tmp_path / "ci", ("notebooks/sun/1-draw", "notebooks/sun/2-read")))
    assert "2 notebooks, executed from 2026-01-01 06:00:00 to 2026-01-01 06:04:00 UTC; 4 minutes together" in text
    assert "[sun/2-read](../notebooks/sun/2-read.ipynb) took longest, 3.0 minutes" in text
