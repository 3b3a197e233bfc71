"""A published figure is five files that agree, and says on its face what it shows."""

import csv
import hashlib
import json
import logging
import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from flarebook.compendium import figures
from flarebook.compendium.appearance.style import NARROW
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run

ALT = "A line of the mean score that rises from one half to nine tenths towards the flare."
DATA = pd.DataFrame({"minutes": [-30, -20, -10], "score": [0.5, 0.7, 0.9]})


def draw(layout=None):
    """Figure of a rising score."""
    figure, axes = plt.subplots(figsize=(NARROW, 3), layout=layout)
    axes.plot(DATA.minutes, DATA.score)
    axes.set(xlabel="time before onset [min]", ylabel="score")
    return figure


@pytest.fixture
def folder(project):
    run = open_run("sun/1-draw", "build/ci", seed=3)
    run.figure("sun-12-score", draw(), caption="Score\n before a flare.", alt=ALT, data=DATA, origin="simulated")
    return project / "build/ci/figures"


def test_five_files_appear_and_nothing_else(folder):
    suffixes = sorted(path.suffix for path in folder.iterdir())
    assert suffixes == [".csv", ".json", ".pdf", ".png", ".svg"]


def test_the_record_says_where_the_figure_comes_from(folder):
    record = json.loads((folder / "sun-12-score.json").read_text())
    assert (record["label"], record["paper_figure"], record["origin"]) == ("fig-sun-12-score", 12, "simulated")
    assert record["caption"] == "Score before a flare." and record["alt"] == ALT
    assert record["notebook"] == "notebooks/sun/1-draw.ipynb" and record["parameters"] == {"seed": 3}
    assert {"numpy", "matplotlib", "python"} <= record["versions"].keys()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["time"])


def test_the_csv_holds_the_plotted_data_under_its_hash(folder):
    record = json.loads((folder / "sun-12-score.json").read_text())
    content = (folder / "sun-12-score.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == record["data_sha256"]
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert [float(row["score"]) for row in rows] == [0.5, 0.7, 0.9]


def test_the_csv_of_several_panels_names_the_panel_of_each_row_and_keeps_named_indices(project):
    table = pd.DataFrame({"n": [4, 5]}, index=pd.Index(["AR", "PF"], name="region"))
    run = open_run("sun/1-draw", "build/ci", seed=3)
    run.figure("sun-x-two", draw(), "Two panels.", ALT, {"course": DATA, "numbers": table}, origin="simulated")
    lines = (project / "build/ci/figures/sun-x-two.csv").read_text().splitlines()
    assert lines[:2] == ["panel,minutes,score,region,n", "course,-30.0,0.5,,"]
    assert lines[4:] == ["numbers,,,AR,4.0", "numbers,,,PF,5.0"]


def test_bins_are_drawn_as_high_as_they_are_saved():
    bins = figures.bin_heights({"a": [0, 1, 1.5, 9], "b": [2.0]}, [0, 1, 2], weights={"a": [5, 1, 1, 1]})
    assert bins["height"].tolist() == [5, 2, 0, 1] and bins["high"].tolist() == [1, 2, 1, 2]
    figure, axes = plt.subplots()
    figures.draw_bins(axes, bins, {"a": {}, "b": {"label": "other"}})
    assert [patch.get_height() for patch in axes.patches] == [5, 2, 0, 1]
    assert axes.get_legend_handles_labels()[1] == ["a", "other"]
    plt.close(figure)


def test_the_svg_keeps_text_as_text_and_shows_the_origin(folder):
    text = (folder / "sun-12-score.svg").read_text()
    assert "time before onset [min]</text>" in text and "simulated</text>" in text


def test_the_same_data_give_the_same_files(folder, project):
    before = {path.suffix: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}
    run = open_run("sun/1-draw", "build/ci", seed=3)
    run.figure("sun-12-score", draw(), caption="Score before a flare.", alt=ALT, data=DATA)
    assert before == {path.suffix: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_the_stamp_overlaps_no_axes_whatever_the_layout(layout):
    figure = draw(layout)
    stamp = figures.stamp(figure, "real and simulated")
    figure.draw_without_rendering()
    assert not stamp.get_window_extent().overlaps(figure.axes[0].get_tightbbox())
    plt.close(figure)


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_a_saved_figure_holds_all_that_is_drawn_with_a_margin_and_is_laid_out_once(tmp_path, monkeypatch, layout):
    done, figure = [], draw(layout)
    if engine := figure.get_layout_engine():
        execute = engine.execute
        monkeypatch.setattr(engine, "execute", lambda figure: done.append(1) or execute(figure))
    figures.save_figure(tmp_path, "sun-12-score", figure, DATA, {"origin": "simulated"})
    assert len(done) == (layout is not None)
    ink = plt.imread(tmp_path / "sun-12-score.png")[..., :3].min(axis=2) < 0.9
    rows, columns = (ink.any(axis=axis).nonzero()[0] for axis in (1, 0))
    edges = rows[0], columns[0], ink.shape[0] - 1 - rows[-1], ink.shape[1] - 1 - columns[-1]
    assert all(8 <= edge <= 22 for edge in edges), edges  # of 12 pixels, and where glyphs leave some of their box
    plt.close(figure)


def test_publishing_closes_the_figure(folder):
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Score 12"}, "not of the form"),
        ({"origin": "made up"}, "say which of real, simulated"),
        ({"alt": "A line."}, "alt text of 40 characters"),
        ({"caption": " "}, "needs a caption"),
        ({"data": [1, 2]}, "pass a pandas DataFrame"),
        ({"data": {}}, "without a panel"),
        ({"data": {"left": DATA, "right": [1, 2]}}, "of type list"),
    ],
)
def test_a_figure_that_breaks_the_contract_is_refused(project, change, message):
    contract = {"id": "sun-01-a", "caption": "A.", "alt": ALT, "data": DATA, "origin": "real", **change}
    run = open_run("sun/1-draw", "build/ci")
    with pytest.raises(InputError, match=message):
        run.figure(figure=plt.figure(), **contract)
    plt.close("all")
    assert not any((project / "build/ci/figures").iterdir())


def test_nothing_is_logged_where_another_package_lets_the_root_logger_tell_all(project, caplog):
    run = open_run("sun/1-draw", "build/ci", seed=3)
    with caplog.at_level(logging.INFO):
        run.figure("sun-12-score", draw(), caption="Score before a flare.", alt=ALT, data=DATA, origin="simulated")
    assert not caplog.records


def test_a_figure_that_departs_from_the_look_is_published_with_a_warning(project):
    figure = draw()
    figure.axes[0].set_xlabel("time")
    run = open_run("sun/1-draw", "build/ci", seed=3)
    with pytest.warns(UserWarning, match="figure sun-x-score has an x axis without a unit: 'time'"):
        run.figure("sun-x-score", figure, caption="Score before a flare.", alt=ALT, data=DATA, origin="real")
    assert (project / "build/ci/figures/sun-x-score.png").is_file()


def test_the_origin_stands_below_a_legend_of_the_figure_in_the_saved_picture(tmp_path):
    figure = draw("constrained")
    figure.legend(figure.axes[0].lines, ["score"], loc="outside lower right")
    figures.save_figure(tmp_path, "sun-12-score", figure, DATA, {"origin": "simulated"})
    text = (tmp_path / "sun-12-score.svg").read_text()
    heights = {word: float(y) for y, word in re.findall(r'y="([\d.]+)"[^>]*>(score|simulated)</text>', text)}
    assert heights["simulated"] > heights["score"] + 6  # points, downwards
