"""The explorer as a reader uses it: from disk, without a network, by pointer and by keyboard."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageColor

from flarebook.stix.clustering.retrieval import nearest
from flarebook.stix.figures.explorer import explorer_page
from tests.book.conftest import needs
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)

pytestmark = needs("stix")
N = 40
HEIGHT = 720  # CSS pixels, at which the whole page fits
GROUNDS = {"light": "#fbfcfe", "dark": "#12161d"}
COLOUR = """selector => {
    const canvas = document.querySelector(selector);
    return [...canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
}"""


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """A page of forty plain images on a grid, black but for two: row 11 white in the soft band, row 12 in the hard."""
    records = pd.DataFrame({"image_id": [f"22010100{row:02d}" for row in range(N)], "band": "4-10", "cluster": 0})
    records["origin"] = ["simulated"] * (N - 1) + ["real"]
    records.loc[20:, "cluster"], records.loc[12, "band"] = 1, "16-28"
    images = np.zeros((N, 177, 177), np.uint8)
    images[11:13] = 255
    points = np.stack([np.arange(N) % 8, np.arange(N) // 8], axis=1).astype(float)
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_text(explorer_page(images, records, points, nearest(points, 3), "Explorer", "a test"), encoding="utf-8")
    return path


def until(page, condition):
    """Wait for a condition in the page; Playwright's own way evaluates text, which the page's head forbids."""
    look = f"() => ({condition}) ? done() : tries++ < 500 ? setTimeout(look, 20) : failed(new Error('waited'))"
    page.evaluate(f"new Promise((done, failed) => {{ let tries = 0; const look = {look}; look(); }})")


def point_at(page, row):
    """Move the pointer onto the dot of an image; returns the place on the screen."""
    x, y = page.evaluate("explorer.onScreen", row)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    return x, y


def drag(page, first, second):
    """Drag from above left of one image to below right of another."""
    (x, y), (to_x, to_y) = page.evaluate("explorer.onScreen", first), page.evaluate("explorer.onScreen", second)
    page.mouse.move(x - 15, y + 15)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, (y + to_y) / 2)
    page.mouse.move(to_x + 15, to_y - 15)
    page.mouse.up()


def test_pointing_shows_the_picture_in_the_colours_of_its_band(page):
    for row, colour in ((11, [252, 255, 164, 255]), (12, [253, 231, 37, 255])):
        point_at(page, row)
        page.wait_for_selector(f"#tip canvas[data-drawn='{row}']")
        assert page.locator("#tip").inner_text().startswith(f"22010100{row}")
        assert page.evaluate(COLOUR, "#tip canvas") == pytest.approx(colour, abs=6)


def test_clicking_keeps_the_picture_and_its_record(page):
    page.mouse.click(*point_at(page, 11))
    page.wait_for_selector("#pinned[data-drawn='11']")
    point_at(page, 30)
    assert page.locator("#pinned-name").inner_text() == "2201010011"
    assert "4-10 keV" in page.locator("#record").inner_text()
    assert page.locator("#similar button").count() == 3
    assert "X-ray image 2201010011" in page.locator("#pinned").get_attribute("aria-label")


def test_page_opens_with_the_real_image(page):
    assert page.locator("#pinned-name").inner_text() == "★ 2201010039"


@pytest.mark.parametrize("tool", ["Select box", "Select lasso"])
def test_selection_is_saved_as_identifiers_and_as_a_table(page, tool):
    page.get_by_role("button", name=tool).click()
    if tool == "Select box":
        drag(page, 9, 18)
    else:
        corners = [page.evaluate("explorer.onScreen", row) for row in (0, 3, 27, 24)]
        centre = np.mean(corners, axis=0)
        inner = [tuple(centre + 0.6 * (np.array(corner) - centre)) for corner in (*corners, corners[0])]
        page.mouse.move(*inner[0])
        page.mouse.down()
        for place in inner[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
    until(page, "explorer.state.selected.length === 4")
    assert page.locator("#chosen").inner_text() == "4 images selected"
    with page.expect_download() as download:
        page.get_by_role("button", name="Save identifiers").click()
    wanted = [f"22010100{row:02d}" for row in (9, 10, 17, 18)]
    assert download.value.path().read_text().split() == wanted
    with page.expect_download() as download:
        page.get_by_role("button", name="Save CSV").click()
    table = pd.read_csv(download.value.path(), dtype={"image_id": str})
    assert table["image_id"].tolist() == wanted
    assert table["cluster"].tolist() == [0, 0, 0, 0]


def test_keyboard_reaches_an_image_a_group_and_its_identifiers(page):
    page.get_by_label("Find").fill("2201010012")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pinned[data-drawn='12']")
    page.locator("#legend button", has_text="1 (20)").focus()
    page.keyboard.press("Enter")
    until(page, "explorer.state.selected.length === 20")
    page.get_by_label("Find").fill("99")
    page.keyboard.press("Enter")
    assert page.locator("#told").inner_text() == "no image has the identifier 99"


def test_arrow_keys_lead_from_image_to_image_as_they_lie_on_the_map(page):
    page.locator(".plot").focus()
    for key, row in (("ArrowLeft", 38), ("ArrowDown", 30), ("ArrowRight", 31), ("ArrowUp", 39), ("ArrowUp", 39)):
        page.keyboard.press(key)
        page.wait_for_selector(f"#pinned[data-drawn='{row}']")
    assert page.locator("#told").inner_text() == "no image further on"
    assert page.evaluate("scrollY") == 0


def test_colouring_changes_dots_and_legend(page):
    before = page.evaluate("[...Bokeh.documents[0].get_model_by_name('images').data.colour]")
    page.get_by_label("Colour by").select_option("band")
    after = page.evaluate("[...Bokeh.documents[0].get_model_by_name('images').data.colour]")
    assert len(set(before)) == 2 and before[0] != after[0]
    assert after[12] not in after[:12]
    assert page.locator("#legend button").all_inner_texts() == ["4–10 keV (39)", "16–28 keV (1)"]


def test_page_fits_a_laptop_and_a_phone(page):
    """The map is drawn anew after the window has changed, so the page gets a while to settle."""
    for width, height in ((1280, 720), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        until(page, "document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 720})
    until(page, "document.documentElement.scrollHeight <= 720")


@pytest.mark.parametrize("scheme", GROUNDS)
@pytest.mark.parametrize("width", [390, 500, 686, 815, 821, 1280])
def test_every_dot_is_drawn_in_its_colour_at_any_width(browser, file, width, scheme):
    """The page is opened at that width, and pixels of its map are compared with the dots' colours and the ground's."""
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    wanted = page.evaluate("[...Bokeh.documents[0].get_model_by_name('images').data.colour]")
    places = [page.evaluate("explorer.onScreen", row) for row in range(N)]
    corner = page.locator(".plot").bounding_box()
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    drawn = [picture.getpixel((round(x), round(y))) for x, y in places]
    page.close()
    plain = slice(0, 11)  # the rest holds the ring and star of the real image, and names of clusters
    assert drawn[plain] == [pytest.approx(ImageColor.getrgb(colour), abs=40) for colour in wanted[plain]]
    assert picture.getpixel((round(corner["x"]) + 9, round(corner["y"]) + 9)) == ImageColor.getrgb(GROUNDS[scheme])


@pytest.mark.parametrize("width", [390, 1280])
def test_no_group_of_a_long_legend_is_cut_off(page, width):
    """Forty groups with counts of three digits, more than a whole archive has clusters."""
    page.set_viewport_size({"width": width, "height": 720})
    page.evaluate("""() => {
        const legend = document.getElementById("legend");
        legend.replaceChildren(...Array.from({ length: 40 }, () => legend.firstChild.cloneNode(true)));
        for (const group of legend.children) group.lastChild.textContent = "30 (123)";
    }""")
    hidden = "(() => { const box = document.getElementById('legend'); return box.scrollHeight - box.clientHeight; })()"
    assert page.evaluate(hidden) <= 0
    assert page.locator(".plot").bounding_box()["height"] > 250
