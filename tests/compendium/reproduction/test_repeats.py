"""What is identical in two runs is counted by kind, and only runs of the same code are compared."""

import json
import shutil

import nbformat
import pandas as pd
import pytest
from PIL import Image

from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import sha256
from flarebook.compendium.reproduction import repeats
from scripts import compare_repeat

NOTEBOOK, METRICS = "notebooks/sun/1-draw.ipynb", "results/sun/1-draw/metrics.json"


@pytest.fixture
def runs(project):
    """Folders of two identical runs of one notebook with two numbers and a figure."""
    first, second = project / "build/ci", project / "again/build/ci"
    for folder in (first / NOTEBOOK, first / METRICS, first / "figures/x"):
        folder.parent.mkdir(parents=True)
    outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "seven flares"}, execution_count=3)]
    cell = nbformat.v4.new_code_cell("print()", outputs=outputs, execution_count=3)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), first / NOTEBOOK)
    metrics = [{"name": f"sun.{name}", "value": 0.5, "spread": 0.1, "origin": "real"} for name in ("flux", "time")]
    (first / METRICS).write_text(json.dumps(metrics))
    pd.DataFrame({"flux": [1.0]}).to_csv(first / "figures/sun-01-flux.csv", index=False)
    Image.new("RGB", (4, 4)).save(first / "figures/sun-01-flux.png")
    write_record(first)
    shutil.copytree(first, second)
    return first, second


def write_record(folder, **values):
    """Write the record of the figure in a folder."""
    record = {"id": "sun-01-flux", "label": "fig-sun-01-flux", "caption": "c", "alt": "a", "origin": "real"}
    record |= {
        "notebook": NOTEBOOK,
        "commit": "c" * 40,
        "dirty": False,
        "versions": {"python": "3.11.7"},
        "threads": "1",
    }
    record |= {"files": {"csv": "sun-01-flux.csv", "png": "sun-01-flux.png"}}
    record |= {"data_sha256": sha256(folder / "figures/sun-01-flux.csv"), **values}
    (folder / "figures/sun-01-flux.json").write_text(json.dumps(record))


def compared(runs):
    """Names of what is not identical, {kind: list}."""
    found = repeats.compare_runs(*runs)
    assert set(found) == set(repeats.KINDS)
    return {kind: [name for name, same in items.items() if not same] for kind, items in found.items()}


def test_the_cells_counters_do_not_count(runs):
    path = runs[1] / NOTEBOOK
    path.write_text(path.read_text().replace('"execution_count": 3', '"execution_count": 4'))
    assert compared(runs) == {"notebooks": [], "numbers": [], "tables": [], "pictures": []}


def test_random_names_of_tables_do_not_count(runs):
    for number, run in enumerate(runs):
        text = (run / NOTEBOOK).read_text()
        (run / NOTEBOOK).write_text(text.replace("seven", f"<table id=T_9de1{number}> at 0x7f582ab9{number}"))
    assert compared(runs)["notebooks"] == []


def test_each_kind_is_counted_by_itself(runs):
    path = runs[1] / NOTEBOOK
    path.write_text(path.read_text().replace("seven", "eight"))
    metrics = json.loads((runs[1] / METRICS).read_text())
    metrics[1]["spread"] += 1e-12
    (runs[1] / METRICS).write_text(json.dumps(metrics))
    assert compared(runs) == {"notebooks": ["sun/1-draw"], "numbers": ["sun.time"], "tables": [], "pictures": []}
    Image.new("RGB", (4, 4), "red").save(runs[1] / "figures/sun-01-flux.png")
    (runs[1] / "figures/sun-01-flux.csv").write_text("flux\n2.0\n")
    write_record(runs[1])
    assert compared(runs)["tables"] == compared(runs)["pictures"] == ["sun-01-flux"]


def test_one_study_is_compared_by_itself(runs):
    (runs[0] / "notebooks/moon").mkdir()
    shutil.copyfile(runs[0] / NOTEBOOK, runs[0] / "notebooks/moon/1-draw.ipynb")
    assert compared(runs)["notebooks"] == ["moon/1-draw"]
    assert list(repeats.compare_runs(*runs, "sun")["notebooks"].values()) == [True]
    assert not repeats.compare_runs(*runs, "moon")["numbers"]


def test_what_one_run_lacks_is_not_identical(runs):
    (runs[1] / NOTEBOOK).unlink()
    (runs[1] / METRICS).write_text("[]")
    assert compared(runs)["notebooks"] == ["sun/1-draw"] and len(compared(runs)["numbers"]) == 2


@pytest.mark.parametrize("values", [{"commit": "d" * 40}, {"dirty": True}, {"commit": None, "dirty": None}])
def test_runs_of_other_code_are_refused(runs, values):
    write_record(runs[1], **values)
    with pytest.raises(InputError, match="make both runs from one clean commit"):
        repeats.compare_runs(*runs)


def test_the_script_writes_one_row_a_condition_which_the_page_shows(runs, project, capsys):
    metrics = runs[1] / METRICS
    metrics.write_text(metrics.read_text().replace("0.5", "0.6", 1))
    compare_repeat.main(*runs, condition="one thread", profile="ci")
    compare_repeat.main(*runs, condition="second run", profile="ci")
    compare_repeat.main(*runs, condition="one thread", profile="ci")
    assert "numbers: 1 of 2 identical; not: sun.flux" in capsys.readouterr().out
    rows = repeats.read_rows(project / "metrics/ci-repeats.csv")
    assert list(rows.columns) == repeats.COLUMNS and list(rows["condition"]) == ["second run", "one thread"]
    page = repeats.repeat_table(project, "ci")
    assert "| one thread | 1 of 1 (100%) | 1 of 2 (50%) | 1 of 1 (100%) | 1 of 1 (100%) | Python 3.11.7, " in page
    assert repeats.repeat_table(project, "laptop") == "*Not measured yet.*"
