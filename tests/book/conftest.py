"""The ci book, built once from what tests/notebooks has run, and a browser to look at it with."""

import os
import shutil

import pytest

from flarebook.compendium.book.__main__ import make_book
from flarebook.compendium.book.openings import read_openings
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.workflow.parameters import read_profile

STUDY = os.environ.get("FLAREBOOK_STUDY") or None
HELD = [study for study in read_openings(project_root()) if STUDY in (None, study)]  # studies of the book, with claims
FIRST = next(iter(read_profile("ci", STUDY).notebooks))  # notebook of the book
INTRODUCTION, NOTEBOOK = f"book/{FIRST.split('/')[0]}/introduction.html", f"notebooks/{FIRST}.html"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def needs(*wanted):
    """Mark of a test that looks at the pages of studies: skipped where one of them was not asked for."""
    return pytest.mark.skipif(not set(wanted) <= set(HELD), reason="another study was asked for")


def pytest_collection_modifyitems(items):
    """Everything in this folder is a look at the book."""
    for item in items:
        if "tests/book" in item.path.as_posix():
            item.add_marker(pytest.mark.book)


READY = "html[data-ready], body:not(:has(script))"  # of an interactive page


@pytest.fixture(scope="session")
def pages():
    """Folder of the ci book's pages, built and verified."""
    try:
        return make_book("ci", STUDY).parent
    except InputError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium of this machine, headless, with a folder of its own."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        folder = tmp_path_factory.mktemp("chromium")
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=program, headless=True, args=SWITCHES, offline=True
        )
        yield context
        context.close()


@pytest.fixture
def page(request, browser, file):
    """An interactive page, open; it fails the test when it complains or asks for another file.

    file: fixture of the module, the page's path; HEIGHT of the module: of the window, in CSS pixels.
    """
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": getattr(request.module, "HEIGHT", 900)})
    complaints, requests = [], []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector(READY)
    yield page
    assert complaints == []
    assert {url for url in requests if not url.startswith(("data:", "blob:"))} == {file.as_uri()}
    page.close()


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def resized(request, page):
    """The interactive page drawn again at a width of the window in a colour scheme: (page, width)."""
    width, scheme = request.param
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, width
