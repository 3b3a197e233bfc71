"""The pages: the seconds until they answer, and of the interactive ones their sizes.

The explorer holds as many images as the poster kept, and answers when pointing at a dot shows its picture; the page
that scores spectra answers when another place on the slit has its score.  The page of thresholds is given a million
forecasts, of which no two are equal, and redraws all when its threshold or its base rate moves by a step.  Of the pages
of the largest book that was built here the slowest counts; its heading is pressed once it has loaded.
"""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measure import at_most
from flarebook.compendium.project import project_root
from flarebook.evaluation.threshold_page import Forecasts, threshold_page
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
N_FORECASTS, N_STEPS = 1_000_000, 9
SECONDS = 1.5  # until any page answers
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
STEP = """async ([slider, n]) => {
    const input = document.getElementById(slider), times = [], [low, high] = [Number(input.min), Number(input.max)];
    for (let i = 0; i < n; i++) {
        const start = performance.now();
        input.value = low + (high - low) * (i + 1) / (n + 1);
        input.dispatchEvent(new Event("input"));
        document.body.getBoundingClientRect();
        times.push((performance.now() - start) / 1000);
        await new Promise(requestAnimationFrame);
    }
    return times;
}"""


def run():
    """Benchmark records of the pages."""
    explorer, scores = make_explorer(np.random.default_rng(1)), make_score_page(np.random.default_rng(1))
    yield from page_records("stix.explorer", explorer, point_at_image, 12, SECONDS)
    yield from page_records("iris.score_page", scores, score_another, 5, SECONDS)
    for slider in ("threshold", "rate"):
        yield at_most(
            f"evaluation.threshold_page.{slider}_step", step_times(slider, np.random.default_rng(1)), "s", 0.2
        )
    yield from slowest_page()


def slowest_page():
    """Record of the page of the largest built book that takes longest, none without a built book."""
    books = [project_root() / "build" / name / "book" / "_build" / "html" for name in ("laptop", "ci")]
    book = next((path for path in books if path.is_dir()), None)
    if book is not None:
        with open_browser() as browser:
            paths = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
            once = {path: load_time(browser, path, press_heading, 0) for path in paths[:1] + paths}
        slowest = max(once, key=once.get)
        yield at_most("book.slowest_page.seconds", load_times(slowest, press_heading), "s", SECONDS)


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


@contextmanager
def open_browser():
    """Chromium of this machine, headless."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=SWITCHES)
        yield browser
        browser.close()


def load_times(path, use):
    """Seconds from opening a page in a fresh tab of Chromium until it has answered."""
    with open_browser() as browser:
        times = [load_time(browser, path, use, turn) for turn in range(1, N_LOADS + 2)]
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


def step_times(slider, rng):
    """Seconds of each step of a slider of the page of thresholds until all is drawn; its forecasts know the rate."""
    few = Forecasts("few", "SIMULATED", "Two values.", np.array([0.2, 0.8]), np.array([3, 7]), np.array([6, 4]))
    probability = rng.beta(0.7, 2.5, N_FORECASTS)
    rows = zip(probability.tolist(), (rng.random(N_FORECASTS) < probability).astype(int).tolist(), strict=True)
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        path, table = Path(folder) / "page.html", Path(folder) / "forecasts.csv"
        path.write_text(threshold_page([few], "Thresholds", "", "a flare", "no flare"), encoding="utf-8")
        table.write_text("\n".join(["probability,observed", *(f"{p},{y}" for p, y in rows)]), encoding="utf-8")
        page = browser.new_page()
        page.goto(path.as_uri())
        page.locator("#file").set_input_files(table)
        page.locator("#origin", has_text="YOURS").wait_for(timeout=120_000)
        page.locator("#told").check()
        return page.evaluate(STEP, [slider, N_STEPS])


def press_heading(page, turn):
    """Press the first heading of a loaded page, which answers once its scripts have run."""
    page.wait_for_load_state("load")
    page.locator("h1:visible").first.click()


def point_at_image(page, turn):
    """Point at a dot of the explorer and wait for its picture."""
    page.wait_for_selector("html[data-ready]")
    x, y = page.evaluate("explorer.onScreen", 100 * turn)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    page.wait_for_selector("#tip:not([hidden]) canvas[data-drawn]")


def score_another(page, turn):
    """Choose a slit pixel and wait for its score."""
    page.wait_for_selector("html[data-ready]")
    page.locator("#pixel").fill(str(300 + turn))
    page.keyboard.press("Tab")
    page.wait_for_selector(f"#shown-title:has-text('slit pixel {300 + turn},')")
