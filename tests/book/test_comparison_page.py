"""The page of two runs in a browser: folded numbers open by keyboard, and it stands alone."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from flarebook.compendium.comparison.page import write_comparison
from flarebook.compendium.run import open_run
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """Page of two runs of one notebook: a number and a figure changed, one number stayed, one picture is missing."""
    folder = tmp_path_factory.mktemp("runs")
    for factor, name in enumerate(("one", "two"), 1):
        run = open_run("iris/1-real-raster", folder / name)
        run.metric("flux", float(factor), spread=0.3)
        run.metric("number", 5)
        for place in ("flux", "lost"):
            values, figure = [factor, 2.0, 3.0], Figure(figsize=(4, 3))
            axes = figure.subplots()
            axes.plot(values)
            axes.set(xlabel="time [s]", ylabel="flux [DN]")
            alt = "A line of the flux of each of the flares, which rises from left to right."
            run.figure(f"iris-x-{place}", figure, caption="Flux.", alt=alt, data=pd.DataFrame({"flux": values}))
    (folder / "two/figures/iris-x-lost.png").unlink()
    write_comparison(folder / "one", folder / "two", folder / "page.html", ("one", "two"))
    return folder / "page.html"


def test_numbers_that_stayed_are_folded_until_enter_is_pressed(page):
    region = page.get_by_role("region", name="Other metrics")
    assert region.is_hidden()
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "iris.number" in region.inner_text()


def test_pictures_stand_side_by_side_on_a_desk_and_below_each_other_on_a_phone(page):
    one, two = page.locator("figure img").all()[:2]
    assert one.bounding_box()["y"] == two.bounding_box()["y"]
    page.set_viewport_size({"width": 390, "height": 800})
    assert one.bounding_box()["x"] == two.bounding_box()["x"]
    assert all(image.evaluate("one => one.naturalWidth") > 300 for image in (one, two))
