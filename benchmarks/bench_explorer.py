"""The explorer of as many images as the poster kept: size of the page, and seconds until it answers to the pointer."""

import shutil
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measure import at_most
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
    """Benchmark records of the explorer's page."""
    page = make_page(np.random.default_rng(1))
    yield at_most("stix.explorer.megabytes", [len(page.encode()) / 1e6], "MB", 12)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explorer.html"
        path.write_text(page, encoding="utf-8")
        yield at_most("stix.explorer.seconds", load_times(path), "s", 2)


def make_page(rng):
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


def load_times(path):
    """Seconds from opening the page in a fresh tab of Chromium until pointing at a dot shows its picture."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=SWITCHES)
        times = [load_time(browser, path, row) for row in range(100, 100 * N_LOADS + 200, 100)]
        browser.close()
    return times[1:]  # the first load starts Chromium's own processes


def load_time(browser, path, row):
    """One load, judged by the picture of one row."""
    page = browser.new_page(viewport={"width": 1366, "height": 720})
    start = perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_function("window.explorer?.state.ready")
    x, y = page.evaluate("explorer.onScreen", row)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    page.wait_for_function(SHOWS)
    taken = perf_counter() - start
    page.close()
    return taken
