"""The ci book, built once from what tests/notebooks has run, and a browser to look at it with."""

import os
import shutil

import pytest

from flarebook.compendium.book.__main__ import make_book
from flarebook.compendium.errors import InputError

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """Everything in this folder is a look at the book."""
    for item in items:
        if "tests/book" in item.path.as_posix():
            item.add_marker(pytest.mark.book)


@pytest.fixture(scope="session")
def pages():
    """Folder of the ci book's pages, built and verified."""
    try:
        return make_book("ci", os.environ.get("FLAREBOOK_STUDY") or None).parent
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
