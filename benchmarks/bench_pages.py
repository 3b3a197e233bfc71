"""The interactive pages: their sizes, and the seconds until they answer.

The explorer holds as many images as the poster kept, and answers when pointing at a dot shows its picture; the page
that scores spectra answers when another place on the slit has its score.
"""

import shutil
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measure import at_most
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.rasters.read import iter_exposures
from flarebook.iris.rasters.samples import real_raster, sample_path
from flarebook.iris.score_page import score_page, simulated_example
from flarebook.iris.simulation.observation import load_calibration
from flarebook.stix.clustering.retrieval import nearest
from flarebook.stix.figures.explorer import explorer_page
from flarebook.stix.simulation.population import draw_events, select_images
from flarebook.stix.simulation.simulate import prepare, simulate_archive

N_IMAGES, N_SIMULATED, N_LOADS = 4758, 600, 5
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SHOWS = """() => {
    const drawn = document.querySelector("#tip canvas").dataset.drawn;
    return !document.querySelector("#tip").hidden && drawn === String(window.explorer.state.hovered);
}"""


def run():
    """Benchmark records of the pages."""
    explorer, scores = make_explorer(np.random.default_rng(1)), make_score_page(np.random.default_rng(1))
    yield from page_records("stix.explorer", explorer, point_at_image, 12, 2)
    yield from page_records("iris.score_page", scores, score_another, 5, 1.5)


def page_records(id, page, use, megabytes, seconds):
    """Records of the size of a page and the time until it answers.  use: function of (open page, turn)."""
    yield at_most(f"{id}.megabytes", [len(page.encode()) / 1e6], "MB", megabytes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        yield at_most(f"{id}.seconds", load_times(path, use), "s", seconds)


def make_score_page(rng):
    """Page of the shipped raster and networks with an example."""
    library, raster, lines = load_library(), real_raster(), load_calibration()["blanketing"]
    exposures = list(iter_exposures(sample_path("iris_20140329_mg2_raster.fits")))
    y, examples = raster.y[0] + raster.slit_offset, [simulated_example("PF 16", library, rng)]
    return score_page(load_ensemble(), exposures, y, "region 12017", library, lines, examples)


def make_explorer(rng):
    """Page of simulated images; each of 600 stands eight times, turned and mirrored, which no compression notices."""
    chosen = prepare(select_images(draw_events(12 * N_SIMULATED, rng), rng, images=N_SIMULATED), rng)
    images, truth = simulate_archive(chosen, seed=1, processes=1)
    records = chosen.drop(columns=[name for name in truth if name in chosen]).join(truth)
    turned = np.concatenate([np.rot90(images[:, ::flip], turns, (1, 2)) for turns in range(4) for flip in (1, -1)])
    table = records.iloc[np.arange(N_IMAGES) % len(records)].reset_index(drop=True)
    numbers = [f"{2201010000 + row}" for row in range(N_IMAGES)]
    table = table.assign(image_id=numbers, origin="simulated", cluster=rng.integers(0, 30, N_IMAGES))
    table = table.assign(anomaly=rng.random(N_IMAGES), kept=rng.random(N_IMAGES) < 0.5)
    points = rng.normal(size=(N_IMAGES, 2))
    return explorer_page(turned[:N_IMAGES], table, points, nearest(points, 8), "Explorer", "benchmark")


def load_times(path, use):
    """Seconds from opening a page in a fresh tab of Chromium until it has answered."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=SWITCHES)
        times = [load_time(browser, path, use, turn) for turn in range(1, N_LOADS + 2)]
        browser.close()
    return times[1:]  # the first load starts Chromium's own processes


def load_time(browser, path, use, turn):
    """One load, until the page has answered."""
    page = browser.new_page(viewport={"width": 1366, "height": 720})
    start = perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    use(page, turn)
    taken = perf_counter() - start
    page.close()
    return taken


def point_at_image(page, turn):
    """Point at a dot of the explorer and wait for its picture."""
    page.wait_for_selector("html[data-ready]")
    x, y = page.evaluate("explorer.onScreen", 100 * turn)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    page.wait_for_function(SHOWS)


def score_another(page, turn):
    """Choose a slit pixel and wait for its score."""
    page.wait_for_selector("html[data-ready]")
    page.locator("#pixel").fill(str(300 + turn))
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#shown-title:has-text('slit pixel {300 + turn},')")
