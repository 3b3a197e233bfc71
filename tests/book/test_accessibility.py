"""Every page can be read by everybody: axe-core finds nothing serious, by day and by night; pages are light."""

from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from tests.book.conftest import INTRODUCTION, NOTEBOOK
from tests.book.every_page import SERIOUS, serious

CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # what alone differs in the dark
ALIKE = {"exclude": [["dl.py:nth-of-type(n+4)"]]}  # of a module's functions on the page of the code, three are enough
COMMON = ("index", "figures", "status", "glossary")
KINDS = (*(f"book/{name}.html" for name in COMMON), INTRODUCTION, NOTEBOOK)  # of pages, one each
HEAVIEST = 5_000_000  # bytes of a page and its images; interactive pages may hold more


def documents(pages):
    """Every page of the book, those made by Sphinx too; not the first, which leads on at once, nor those in frames."""
    found = (path for path in pages.rglob("*.html") if "_static" not in path.relative_to(pages).parts)
    return sorted(path for path in found if path != pages / "index.html")


def interactive(pages):
    """The interactive pages, each in the folder of its notebook."""
    return sorted(pages.glob("_static/*/*/*.html"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page_and_none_asks_for_a_file_elsewhere(pages, browser, theme):
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    options = {"resultTypes": ["violations"], **({"runOnly": CONTRAST} if theme == "dark" else {})}
    found, asked = [], []
    page.on("request", lambda request: asked.append(request.url))
    for path in [*documents(pages), *interactive(pages)]:
        page.goto(path.as_uri(), wait_until="load")
        for violation in Axe().run(page, context=ALIKE, options=options).response["violations"]:
            if violation["impact"] in SERIOUS:
                places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
                found.append(f"{path.relative_to(pages)}: {violation['id']} at {len(places)}: {places[:3]}")
    page.close()
    assert not found, "\n".join(found)
    assert asked and not [url for url in asked if not url.startswith((pages.as_uri(), "data:", "blob:"))]


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing_serious_on_a_phone(pages, browser, name):
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto((pages / name).as_uri(), wait_until="load")
    found = serious(page)
    page.close()
    assert not found


def first_load(path):
    """Bytes of a page and of the images that it shows at once."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    shown = {tag["src"] for tag in page.find_all("img") if tag.get("loading") != "lazy"}
    files = [path.parent / unquote(source) for source in shown if not source.startswith("data:")]
    return sum(file.stat().st_size for file in [path, *files])


def test_no_page_is_heavy(pages):
    heavy = {path.name: first_load(path) for path in documents(pages)}
    assert {name: size for name, size in heavy.items() if size > HEAVIEST} == {}


def test_search_leads_to_a_figure_by_its_id(pages, browser):
    notebook = sorted((pages / "notebooks").rglob("*.html"))[-1]
    figure = BeautifulSoup(notebook.read_text(encoding="utf-8"), "html.parser").select("figure[id^=fig-]")[-1]["id"]
    page = browser.new_page()
    page.goto(f"{(pages / 'search.html').as_uri()}?q={figure.removeprefix('fig-')}", wait_until="load")
    page.locator(f"#search-results a[href$='{notebook.name}#{figure}']").first.wait_for(timeout=20_000)
    page.close()


def test_search_leads_to_a_function_by_its_name(pages, browser):
    page = browser.new_page()
    page.goto(f"{(pages / 'search.html').as_uri()}?q=extract_features", wait_until="load")
    page.locator("#search-results a[href*='api/iris.html#flarebook.iris.extract_features']").first.wait_for(
        timeout=20_000
    )
    page.close()


def test_a_page_links_a_term_of_the_glossary_once(pages):
    for path in sorted((pages / "notebooks").rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        terms = [link.parent["href"] for link in page.select("article a > .std-term")]
        assert terms and len(terms) == len(set(terms)), path.name
