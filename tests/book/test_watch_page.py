"""The page of a watch shows what arrived, loads itself again where it was, and can be held, by keyboard too."""

import shutil
from dataclasses import replace

import pytest

from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.rasters.samples import real_raster
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.realtime.watch import open_watch
from tests.book.conftest import needs
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)

pytestmark = needs("iris")
EVERY = 20.0  # s


@pytest.fixture(scope="session")
def rasters(tmp_path_factory):
    """The real raster of three exposures, and twice again ten minutes later each: [Path]."""
    folder, raster = tmp_path_factory.mktemp("rasters"), real_raster()
    times = [raster.time + 600 * turn for turn in range(3)]
    return [write_raster(replace(raster, time=time), folder / f"raster_{time[0]:.0f}.fits") for time in times]


@pytest.fixture(scope="session")
def file(tmp_path_factory, rasters):
    """Page of a watch that was stopped: nine exposures, all of them alerts, and a file that is cut."""
    arriving, folder = tmp_path_factory.mktemp("arriving"), tmp_path_factory.mktemp("watch")
    for path in rasters:
        shutil.copy(path, arriving)
    (arriving / "cut.fits").write_bytes(rasters[0].read_bytes()[:50_000])
    with open_watch(str(arriving), folder, load_ensemble(), every=0, alert=0.0) as watch:
        list(watch.look())
    return folder / "index.html"


def test_page_shows_map_curve_alerts_and_what_was_not_scored(page):
    picture = page.locator(".plot img")
    assert picture.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [11, 1094]  # two gaps of ten minutes
    assert page.locator(".plot svg path.line").get_attribute("d").count("M") == 3
    alerts = page.get_by_role("region", name="Alerts").locator("tr").all_inner_texts()
    assert len(alerts) == 4 and all("\t3\t" in row and "real" in row for row in alerts[1:])
    assert "cut.fits" in page.get_by_role("region", name="Files that were not scored").inner_text()
    assert page.title() == "3 alerts · Pre-flare score"


@pytest.fixture
def watched(tmp_path, rasters, browser):
    """A watch of a folder with one raster, and its page, whose clock the test moves: (watch, page, folder)."""
    (tmp_path / "arriving").mkdir()
    shutil.copy(rasters[0], tmp_path / "arriving")
    page, asked = browser.new_page(), set()
    page.on("request", lambda request: asked.add(request.url))
    with open_watch(str(tmp_path / "arriving"), tmp_path / "out", load_ensemble(), every=0, alert=0.0) as watch:
        list(watch.look())
        watch.every = EVERY
        watch.show("looking")
        page.set_viewport_size({"width": 390, "height": 700})
        page.clock.install()
        page.goto((tmp_path / "out/index.html").as_uri())
        yield watch, page, tmp_path / "arriving"
    page.close()
    assert {url for url in asked if not url.startswith("data:")} == {(tmp_path / "out/index.html").as_uri()}


def test_page_loads_itself_again_where_it_was_scrolled_to(watched, rasters):
    watch, page, folder = watched
    page.evaluate("scrollTo(0, 250)")
    shutil.copy(rasters[1], folder)
    watch.every = 0.0  # takes the copy as whole
    list(watch.look())
    page.clock.run_for(1000 * EVERY - 8000)
    assert "3 real exposures" in page.inner_text("header")
    page.clock.run_for(9000)
    page.locator("header", has_text="6 real exposures").wait_for()
    assert page.evaluate("scrollY") == pytest.approx(250, abs=60)  # the words above may take another line


def test_a_reader_holds_the_page_with_the_space_bar(watched):
    _, page, _ = watched
    page.get_by_label("Hold it as it is").focus()
    page.keyboard.press("Space")
    page.evaluate("window.same = true")
    page.clock.run_for(3000 * EVERY)
    assert page.evaluate("window.same")
    page.reload()
    assert page.get_by_label("Hold it as it is").is_checked()
