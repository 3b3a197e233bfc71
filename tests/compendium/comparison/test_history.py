"""Headline numbers over commits: rows of runs that happened, appended and never changed."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from flarebook.compendium.comparison import history
from flarebook.compendium.comparison.history import (
    append_history,
    headlines,
    history_drawing,
    plot_history,
    read_history,
)
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run

HEAD = "commit,date,profile,metric,value,spread,origin\n"


@pytest.fixture
def made(project):
    """Function that makes the run of a commit, with a metric of some value."""
    (project / "book").mkdir()
    (project / "book/headlines.yaml").write_text("sun.flux: flux of a flare\nsun.number: flares\n")

    def make(commit, flux, dirty=False, others=()):
        run = open_run("sun/1-draw", project / "build/ci")
        run.metric("flux", flux, spread=0.25)
        run.metric("private", 3.0)
        for number, other in enumerate((commit, *others), 1):
            id, alt = f"sun-{number:02d}-flux", "A line of the flux of each flare, which rises to the right."
            run.figure(id, Figure(), caption="Flux.", alt=alt, data=pd.DataFrame({"flux": [flux]}))
            path = project / f"build/ci/figures/{id}.json"
            record = json.loads(path.read_text()) | {
                "commit": other,
                "dirty": dirty,
                "time": "2026-11-28T09:00:00+00:00",
            }
            path.write_text(json.dumps(record))
        return project / "build/ci"

    return make


def test_a_run_is_appended_once_with_the_commit_that_made_it(made, project):
    append_history(made("a" * 40, 1 / 3))
    assert append_history(made("a" * 40, 0.5)) == []  # the row stands
    append_history(made("b" * 40, 2.0))
    lines = (project / "metrics/history.csv").read_text()
    assert lines == HEAD + (
        "aaaaaaaaaa,2026-11-28,ci,sun.flux,0.33333,0.25,simulated\nbbbbbbbbbb,2026-11-28,ci,sun.flux,2,0.25,simulated\n"
    )


@pytest.mark.parametrize(("commit", "dirty", "others"), [("a", True, ()), (None, None, ()), ("a", False, ("b",))])
def test_a_number_of_code_that_is_no_commit_s_is_refused(made, project, commit, dirty, others):
    with pytest.raises(InputError, match="no number of book/headlines.yaml that the code of one commit has measured"):
        append_history(made(commit, 1.0, dirty, others))
    assert not (project / "metrics/history.csv").exists()


def test_a_damaged_table_is_refused_before_anything_is_written(made, project):
    (project / "metrics/history.csv").write_text("commit,value\na,1\n")
    with pytest.raises(InputError, match="metrics/history.csv is no history"):
        append_history(made("a" * 40, 1.0))
    assert (project / "metrics/history.csv").read_text() == "commit,value\na,1\n"


def test_each_number_has_a_panel_with_a_point_for_each_commit(made, project):
    for commit, flux in (("a", 1.0), ("b", 3.0)):
        append_history(made(commit * 40, flux))
    panels = plot_history(read_history(project), headlines(project)).axes
    points = panels[0].containers[0].lines[0].get_xydata().tolist()
    assert points == [[0, 1.0], [1, 3.0]] and panels[0].get_title(loc="left") == "flux of a flare\n(simulated)"
    assert [tick.get_text() for tick in panels[0].get_xticklabels()] == ["aaaaaaa\n2026-11-28", "bbbbbbb\n2026-11-28"]


def test_the_page_shows_a_drawing_or_says_that_nothing_was_entered(made, project, tmp_path):
    build = SimpleNamespace(root=project, source=tmp_path / "source")
    assert history_drawing(build) == "No run has been entered yet."
    append_history(made("a" * 40, 1.5))
    assert ":alt: 2 small panels of 1 commit, profiles ci: flux of a flare, last 1.5." in history_drawing(build)
    assert (tmp_path / "source/book/history.svg").is_file()


def test_every_headline_has_a_gate_and_every_row_is_of_one(checkout):
    gated = (checkout / "metrics/ci.yaml").read_text()
    assert all(f"\n{metric}:" in gated for metric in headlines(checkout))
    assert {row.metric for row in read_history(checkout)} <= headlines(checkout).keys()


@pytest.mark.parametrize(
    "table",
    [
        b"",
        HEAD.encode() + b"a,2026-11-28,ci,sun.flux,abc,,real\n",
        HEAD.encode() + b"a,2026-11-28,ci,sun.flux,1,x,real\n",
        HEAD.encode() + b"a,2026-11-28,ci,sun.flux,,,real\n",
        HEAD.encode() + b"a,2026-11-28,ci,sun.flux,1,,r\xe9el\n",
    ],
)
def test_a_row_that_is_no_number_of_a_run_is_refused_with_a_sentence(made, project, table):
    (project / "metrics/history.csv").write_bytes(table)
    with pytest.raises(InputError, match=r"metrics/history.csv is no history, .*: restore the file"):
        read_history(project)


@pytest.mark.parametrize("text", ["", "- sun.flux", "sun.flux:", "sun.flux: {a: 1}", "{}"])
def test_names_of_headlines_of_another_form_are_refused(made, project, text):
    (project / "book/headlines.yaml").write_text(text)
    with pytest.raises(InputError, match="book/headlines.yaml: .*: correct the file"):
        headlines(project)


def test_a_run_in_the_working_folder_has_its_name(made, monkeypatch):
    monkeypatch.chdir(made("a" * 40, 1.0))
    assert [row.profile for row in append_history(Path("."))] == ["ci"]


def test_two_processes_that_append_at_once_lose_no_row(made, project, monkeypatch):
    first = made("a" * 40, 1.0)
    shutil.copytree(first, project / "build/laptop")
    monkeypatch.setattr(history, "read_history", lambda root: (read_history(root), time.sleep(0.3))[0])
    with ThreadPoolExecutor(2) as executor:
        list(executor.map(append_history, (first, project / "build/laptop")))
    assert {row.profile for row in read_history(project)} == {"ci", "laptop"}
