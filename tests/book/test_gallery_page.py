"""The gallery: a card for each figure under its id, and a filter; entries with files, citation and commands."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from flarebook.compendium.provenance import sha256
from tests.book.conftest import STUDY, needs

PAGE = "book/figures.html"
SHOWN = "section:has(> .flarebook-figure):visible"


def sections(path):
    """Sections of the figures of a page: {id: section}."""
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return {box.find_parent("section")["id"]: box.find_parent("section") for box in soup.select(".flarebook-figure")}


@pytest.fixture(scope="module")
def cards(pages):
    """Cards of the gallery: {id: section}."""
    return sections(pages / PAGE)


@pytest.fixture(scope="module")
def entries(pages):
    """Entries of all figures: {id: (its page, section)}."""
    paths = sorted((pages / "book/figures").glob("*.html"))
    return {figure: (path, section) for path in paths for figure, section in sections(path).items()}


@pytest.fixture(scope="module")
def figure(entries):
    """Id of one of the figures."""
    return "iris-12-performance" if "iris-12-performance" in entries else next(iter(entries))


@pytest.fixture
def page(pages, browser):
    """The gallery in the browser."""
    page = browser.new_page()
    page.goto((pages / PAGE).as_uri(), wait_until="load")
    yield page
    page.close()


def test_every_published_figure_has_a_card_under_its_id_that_leads_to_its_entry(pages, cards, entries):
    figures = {path.stem for path in (pages.parents[2] / "figures").glob(f"{STUDY or ''}*.json")}
    assert cards.keys() == entries.keys() == figures
    for figure, card in cards.items():
        path, section = entries[figure]
        assert card.h3.get_text().startswith(figure) and section.h2.get_text().startswith(figure)
        assert card.select(".flarebook-figure > p:last-child > a")[0]["href"] == f"figures/{path.name}#{figure}"


def test_an_entry_has_five_files_its_citations_and_the_command_that_makes_it_again(pages, cards, entries):
    for figure, (path, section) in entries.items():
        files = [link["href"] for link in section.find_all("a", class_="download")]
        assert [name.rpartition("/")[2] for name in files] == [
            f"{figure}.{end}" for end in ("png", "svg", "pdf", "csv", "json")
        ]
        record = json.loads((path.parent / files[-1]).read_text())
        assert sha256(path.parent / files[-2]) == record["data_sha256"]
        assert all((path.parent / name).stat().st_size for name in files)
        text = section.get_text()
        assert f"@misc{{flarebook-{figure}," in text and f"figures.html#{figure}" in text
        real = cards[figure].select_one(".flarebook-figure")["data-origin"] == "real"
        years = re.findall("year *=", text)  # the papers have none of the other real figures
        assert (len(years) > 1) == (not real or "-x-" not in figure)
        assert f"flarebook reproduce {figure} --run {pages.parents[2].name}\n" in text
        assert "url = {}" not in text and "doi = {}" not in text


@needs("iris")
def test_a_figure_of_real_data_leads_to_them_and_their_licences(cards, entries):
    for figure, (_, section) in entries.items():
        box = cards[figure].select_one(".flarebook-figure")
        links = [link for link in section.select("a.reference.internal") if "data.html#data-" in link["href"]]
        assert bool(links) == ("real" in box["data-origin"]), f"{figure} is {box['data-origin']}"


def test_the_papers_figures_are_all_there(entries):
    numbers = {
        section.get_text(" ").split("(figure ")[1].split(" ")[0]
        for _, section in entries.values()
        if "of the paper;" in section.get_text(" ")
    }
    assert {str(number) for number in range(1, 17)} <= numbers


def test_each_figure_s_caption_leads_to_its_entry(pages, entries):
    cited = set()
    for path in (pages / "notebooks").rglob("*.html"):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        cited |= {link["href"].rpartition("#")[2] for link in soup.select("figcaption a[href*='book/figures/']")}
    assert cited == entries.keys()


def test_the_filter_shows_one_study_notebook_or_word_and_counts(page, cards, figure):
    study = sorted(cards)[-1].partition("-")[0]
    page.get_by_label("Study").select_option(study)
    of_study = page.locator(SHOWN).count()
    assert 0 < of_study == sum(id.startswith(f"{study}-") for id in cards)
    assert page.locator(".flarebook-filter output").inner_text() == f"{of_study} of {len(cards)} figures"
    assert page.locator("h2:visible").count() == 1
    page.get_by_label("Data").select_option("real")
    assert 0 < page.locator(SHOWN).count() < of_study
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Words").fill(figure)
    assert page.locator(SHOWN).evaluate_all("sections => sections.map(s => s.id)") == [figure]
    hidden = page.locator(f"#{figure} > [data-words]").get_attribute("data-words").split()[-1]  # not on the card itself
    page.get_by_label("Words").fill(f"{figure} {hidden}")
    assert page.locator(SHOWN).count() == 1
    page.get_by_label("Words").fill("no figure has these words")
    assert page.locator(SHOWN).count() == 0


@needs("iris", "solarchip")
def test_another_study_takes_back_the_choice_of_a_notebook(page):
    page.get_by_label("Notebook").select_option("iris/6-classifiers")
    assert page.locator(SHOWN).count() > 1
    page.get_by_label("Study").select_option("solarchip")
    assert page.get_by_label("Notebook").input_value() == "" and page.locator(SHOWN).count() > 1


def test_the_keyboard_reaches_the_filter_and_an_address_shows_a_hidden_figure(page, figure):
    page.get_by_label("Study").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("no figure has these words")
    assert page.locator(f"#{figure}").is_hidden()
    page.evaluate(f"location.hash = '{figure}'")
    page.locator(f"#{figure} img").wait_for(state="visible")
    assert page.locator(f"#{figure}").evaluate("s => Math.abs(s.getBoundingClientRect().top) < 150")


def test_an_address_that_no_figure_has_is_left_alone(page):
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.get_by_label("Words").fill("no figure has these words")
    page.evaluate("location.hash = '100%'")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert complaints == [] and page.locator(SHOWN).count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_cards_are_small_and_their_pictures_are_fetched_when_they_come_into_sight(pages, browser, cards, width):
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((pages / PAGE).as_uri(), wait_until="load")
    assert sum("/_images/" in url for url in asked) < len(cards) / 2
    shown = page.locator(SHOWN).evaluate_all("sections => sections.map(s => s.getBoundingClientRect())")
    assert max(box["height"] for box in shown) < 600
    assert len({box["left"] for box in shown}) == (1 if width < 400 else 3)
    page.close()


def test_a_picture_leads_from_its_card_to_its_entry_and_from_there_to_its_full_size(page, figure):
    page.locator(f"#{figure} img").click()
    page.wait_for_url(f"**/figures/{figure.partition('-')[0]}.html#{figure}")
    page.locator(f"#{figure} img").click()
    page.wait_for_url(f"**/{figure}.png")
    assert page.evaluate("document.images[0].naturalWidth") > 1280


def test_without_the_script_all_figures_show_and_no_dead_filter(pages, browser, cards):
    page = browser.new_page()
    page.route("**/gallery.js*", lambda route: route.abort())
    page.goto((pages / PAGE).as_uri(), wait_until="load")
    assert page.locator(SHOWN).count() == len(cards) and page.locator(".flarebook-filter").is_hidden()
    page.close()


def test_search_finds_a_figure_by_its_id(pages, browser, figure):
    page = browser.new_page()
    page.goto((pages / "search.html").as_uri() + f"?q={figure}", wait_until="load")
    page.locator(f"#search-results a[href*='#{figure}']").first.wait_for()
    page.close()
