"""The page of two runs: what changed first, pictures side by side, nothing loaded from elsewhere."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from flarebook.compendium.comparison.page import write_comparison
from flarebook.compendium.comparison.runs import compare, different_figures, summary_of
from flarebook.compendium.run import open_run

ALT = "A line of the flux of each of the simulated flares, which rises from left to right."


def publish(run, name, values):
    """Publish a figure of some values."""
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot(values)
    run.figure(name, figure, caption="Flux of each flare.", alt=ALT, data=pd.DataFrame({"flux": values}))


@pytest.fixture
def folders(project):
    """Two runs: one number and one figure changed, one of each stayed, one figure is in the second alone."""
    found = [project / "build/ci", project / "build/runs/hot"]
    for factor, folder in enumerate(found, 1):
        run = open_run("sun/1-draw", folder)
        run.metric("flux", float(factor), spread=0.3)
        run.metric("number", 5)
        publish(run, "sun-01-flux", [factor, 2.0])
        publish(run, "sun-x-same", [1.0, 2.0])
    publish(run, "sun-x-new", [1.0])
    return found


def test_figures_that_differ_are_found_with_what_differs(folders):
    found = {name: pair.what for name, pair in different_figures(*folders).items()}
    assert found == {"sun-01-flux": "plotted values, picture", "sun-x-new": "only in B"}


def test_the_summary_counts_what_changed(folders):
    told = list(summary_of(compare(*folders), {"sun/1-draw": {"seed": (1, 2)}}, different_figures(*folders)))
    assert told == [
        "Recorded parameters that differ: 1, in 1 notebook.",
        "Metrics that changed: 1 of 2, 1 of them by more than 2 spreads.",
        "Metrics of one run only: 0.",
        "Figures that differ: 1, 1 of them in the plotted values.",
        "Figures of one run only: 1.",
    ]


def test_the_page_sums_up_first_and_shows_both_pictures(folders, tmp_path):
    write_comparison(*folders, tmp_path / "page.html", ("ci", "hot"))
    page = BeautifulSoup((tmp_path / "page.html").read_text(encoding="utf-8"), "html.parser")
    assert page.h2.get_text() == "What changed" and "Metrics that changed: 1 of 2" in page.section.get_text()
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in page.find_all("tr")]
    assert ["sun.flux", "1", "2", "1", "2.357"] in rows  # 1 / sqrt(.3^2 + .3^2)
    pairs = page.find_all(class_="pair")
    assert [len(pair.find_all("img", alt=ALT)) for pair in pairs] == [2, 1]
    assert "This run has no such figure." in pairs[1].get_text() and "simulated" in pairs[0].get_text()
    assert "sun.number" in page.details.get_text()


def test_the_page_asks_for_no_other_file_and_escapes_what_records_say(folders, tmp_path):
    write_comparison(*folders, tmp_path / "page.html", ("<b>ci</b>", "hot"))
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert all(image["src"].startswith("data:image/webp;base64,") for image in page.find_all("img"))
    assert not page.find_all("script") and "<b>ci</b>" not in text
    assert page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"].startswith("default-src 'none'")


def test_the_same_run_twice_changes_nothing(folders, tmp_path):
    write_comparison(folders[0], folders[0], tmp_path / "page.html")
    page = BeautifulSoup((tmp_path / "page.html").read_text(encoding="utf-8"), "html.parser")
    assert "Metrics that changed: 0 of 2" in page.get_text() and "Figures that differ: 0" in page.get_text()
    assert not page.find_all("img")


def test_a_picture_that_cannot_be_read_is_named_beside_the_others(folders, tmp_path, monkeypatch):
    (folders[1] / "figures/sun-01-flux.png").write_bytes(b"\x89PNG")
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100)  # the other figures are of more
    write_comparison(*folders, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert text.count("sun-01-flux.png cannot be read (") == 2 and "sun-x-new.png cannot be read (" in text


def test_a_missing_picture_is_named_where_the_figure_is_known(folders, tmp_path):
    (folders[1] / "figures/sun-01-flux.png").unlink()
    write_comparison(*folders, tmp_path / "page.html")
    page = BeautifulSoup((tmp_path / "page.html").read_text(), "html.parser")
    text = page.find("h3", string="sun-01-flux").find_next(class_="pair").get_text()
    assert "This run has the figure's record, but sun-01-flux.png is missing: run its notebook again." in text
    assert "no such figure" not in text
