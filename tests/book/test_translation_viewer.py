"""The viewer of translations shows the package's images and differences at every pixel, and works from disk."""

import numpy as np
import pytest

from flarebook.solarchip.figures.translation_viewer import TARGETS, translation_panels, translation_viewer
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.translation.scores import select_target, spread_and_error
from tests.book.conftest import needs
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)

pytestmark = needs("solarchip")
N, SIZE = 3, 32


@pytest.fixture(scope="session")
def images():
    """Random test images (3, 11, 32, 32) and four members of each target, one pixel of which is known."""
    rng = np.random.default_rng(3)
    test = rng.uniform(-0.8, 0.8, (N, 11, SIZE, SIZE)).astype(np.float32)
    noise = rng.normal(0, 0.1, (4, N, SIZE, SIZE))
    return test, {target: (select_target(test, target) + noise + 0.05).astype(np.float32) for target in TARGETS}


@pytest.fixture(scope="session")
def file(tmp_path_factory, images):
    dates = {"2022-01-01": 0, "2022-06-01, the most flux": 2}
    path = tmp_path_factory.mktemp("viewer") / "translations.html"
    path.write_text(translation_viewer(*images, dates, "simulated", "A test."), encoding="utf-8")
    return path


def marked(page):
    """Value of the truth at the marked pixel."""
    return float(page.locator("#truth-value").inner_text().replace("−", "-"))


def expected(images, row, target):
    """Panels of a date and target, {name: (32, 32)}."""
    test, members = images
    truth, mean = select_target(test, target)[row], members[target][:, row].mean(axis=0)
    variance, _ = spread_and_error(members[target][:, [row]], truth[None])
    source = select_target(test, "171" if "hmi" in target else "hmi")[row]
    panels = {"source": source, "translation": mean, "truth": truth, "difference": mean - truth}
    return panels | {"spread": np.sqrt(variance[0])}


def test_every_panel_holds_the_values_of_the_package(page, images):
    for date, row in enumerate((0, 2)):
        page.locator("#date").select_option(index=date)
        for place, target in enumerate(TARGETS):
            page.locator("#target").select_option(index=place)
            for name, values in expected(images, row, target).items():
                found = np.reshape(page.evaluate("name => [...panel(name)]", name), (SIZE, SIZE))
                np.testing.assert_allclose(found, values, atol=1.1e-3, err_msg=f"{name} {target}")


def test_larger_images_are_binned_to_a_page_below_five_megabytes():
    rng = np.random.default_rng(1)
    test = rng.uniform(-0.8, 0.8, (2, 11, 256, 256)).astype(np.float16)
    members = {"171": rng.normal(0, 0.3, (2, 2, 256, 256)).astype(np.float32)}
    panels = translation_panels(test, members["171"], "171", 128)
    np.testing.assert_allclose(panels[0, 2, 0, 0], test[0, channel_index("171"), :2, :2].mean(), atol=1e-3)
    assert len(translation_viewer(test, members, {"a": 0, "b": 1}, "simulated", "A test.")) < 1e6


def test_scores_on_the_disk_are_those_of_the_images(page, images):
    panels, disk = expected(images, 0, TARGETS[0]), Disk(SIZE).on
    found = page.evaluate("diskScores()")
    assert found["rms"] == pytest.approx(np.sqrt((panels["difference"][disk] ** 2).mean()), abs=2e-3)
    assert found["spread"] == pytest.approx(panels["spread"][disk].mean(), abs=1e-3)
    within = np.abs(panels["difference"]) <= 2 * panels["spread"]
    assert found["within"] == pytest.approx(within[disk].mean(), abs=0.02)


def test_a_pixel_is_chosen_by_keyboard_and_by_pointer_with_north_above(page, images):
    for name in ("x", "y"):
        page.locator(f"#{name}").focus()
        page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    truth = expected(images, 0, TARGETS[0])["truth"]
    assert marked(page) == pytest.approx(truth[1, 0], abs=1.5e-3)
    page.locator("#difference").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert marked(page) == pytest.approx(truth[1, 11], abs=1.5e-3)
    box = page.locator("#truth").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 5.5 / SIZE, box["y"] + box["height"] * 0.5 / SIZE)
    assert marked(page) == pytest.approx(truth[-1, 5], abs=1.5e-3)


def test_north_is_drawn_above_in_red_where_the_translation_is_brighter(page, images):
    row = "[...byId('difference').getContext('2d').getImageData(0, 0, data.size, 1).data]"
    red, _, blue, _ = np.reshape(page.evaluate(row), (SIZE, 4)).astype(int).T
    north = expected(images, 0, TARGETS[0])["difference"][-1]
    clear = np.abs(north) > 0.02
    np.testing.assert_array_equal((red > blue)[clear], (north > 0)[clear])


def test_page_says_what_its_images_are(page):
    assert page.locator("h1 .badge").inner_text() == "SIMULATED"
    assert page.locator("#source-name").inner_text() == "HMI field"
    page.locator("#target").select_option(index=len(TARGETS) - 1)
    assert page.locator("#source-name").inner_text() == "AIA 171 Å"


def test_drawings_are_as_wide_as_their_place(resized):
    page, width = resized
    assert 250 < page.evaluate("document.getElementById('cut').viewBox.baseVal.width") < width
