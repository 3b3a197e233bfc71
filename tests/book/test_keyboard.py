"""The keyboard alone leads through the book: Tab reaches every control of a page, and shows which one it is at."""

import pytest

from tests.book.conftest import FIRST, NOTEBOOK
from tests.book.every_page import walk

PAGES = ["index", "figures", "claims", "status", "run-it-yourself", f"figures/{FIRST.split('/')[0]}"]
PAGES = [*(f"book/{name}.html" for name in PAGES), NOTEBOOK]


@pytest.mark.parametrize("name", PAGES)
def test_tab_reaches_every_control_and_shows_where_it_is(pages, browser, name):
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((pages / name).as_uri(), wait_until="load")
    if name == "book/figures.html":  # one entry stands for the others
        figure = page.locator("section:has(> .flarebook-figure)").first.get_attribute("id")
        page.get_by_label("Words").fill(figure)
        page.evaluate("document.activeElement.blur()")
    found = walk(page)
    page.close()
    assert found == [[], [], []]


def test_enter_follows_a_link_and_opens_what_is_folded(pages, browser):
    page = browser.new_page()
    page.goto((pages / NOTEBOOK).as_uri(), wait_until="load")
    folded = page.locator("article details").first  # what is found among those that are not open changes with the key
    assert folded.get_attribute("open") is None
    folded.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert folded.get_attribute("open") is not None
    page.locator("article p > a.reference.internal[href*='.html']").first.focus()
    address = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != address)
    page.close()
