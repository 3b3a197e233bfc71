"""The ci book as a reader's browser shows it: from disk, without a network, wide and narrow."""

import pytest
from bs4 import BeautifulSoup

from tests.book.conftest import HELD, STUDY, needs

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN = """Promise.all([...document.images].map((image) => {
    image.loading = "eager";  // a lazy one further down has not been asked for yet
    return image.decode().then(() => "", () => image.src);
})).then((sources) => sources.filter(Boolean))"""
HEIGHT = "document.querySelector('article').scrollHeight"
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
LONGEST = {"desk": 60_000, "phone": 90_000}  # pixels


def soup(pages, name):
    """One page, parsed."""
    return BeautifulSoup((pages / name).read_text(encoding="utf-8"), "html.parser")


def articles(pages):
    """Every page with text of its own."""
    return sorted(path for folder in ("book", "notebooks") for path in (pages / folder).rglob("*.html"))


def compared(page):
    """Rows of the tables that set a paper beside this run."""
    tables = [table for table in page.find_all("table") if "published" in table.thead.get_text()]
    return [row for table in tables for row in table.select("tbody tr")]


def lost(request):
    """Whether a request failed by itself: the next page only aborts what the last one still asked for."""
    return "ERR_ABORTED" not in (request.failure or "")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_opens_without_complaint_and_fits_the_screen(pages, browser, width):
    page = browser.new_page()
    page.set_viewport_size(dict(zip(("width", "height"), WIDTHS[width], strict=True)))
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: lost(request) and complaints.append(f"not loaded: {request.url}"))
    for path in articles(pages):
        page.goto(path.as_uri(), wait_until="load")
        broken, sideways = page.evaluate(BROKEN), page.evaluate(SIDEWAYS)
        assert not complaints, f"{path.name}: {complaints}"
        assert not broken, f"{path.name}: {broken}"
        assert sideways <= 0, f"{path.name} scrolls sideways by {sideways} pixels"
        assert page.evaluate(HEIGHT) <= LONGEST[width], f"{path.name} is longer than anybody scrolls"
        assert page.locator(".page-toc a").count() < 100, f"{path.name} has a table of contents that nobody reads"
    page.close()


def test_the_reference_leads_to_each_name_that_is_offered_and_to_all_its_pages(pages):
    index = soup(pages, "book/api.html")
    links = [link["href"] for link in index.select("section > ul a.reference.internal[href^='api/']")]
    known = {path.name: soup(pages, f"book/api/{path.name}") for path in (pages / "book/api").glob("*.html")}
    offered = [link.removeprefix("api/").split("#") for link in links if "#" in link]
    assert len(offered) > 60 and all(known[name].find("dt", id=place) for name, place in offered)
    assert {link.removeprefix("api/") for link in links if "#" not in link} == known.keys()


def test_a_page_of_the_reference_leads_from_each_module_to_its_functions(pages):
    for path in (pages / "book/api").glob("*.html"):
        page = soup(pages, f"book/api/{path.name}")
        links = {link["href"] for link in page.select("section > p a.reference.internal:has(.py-obj)")}
        assert links and all(page.find("dt", id=link.removeprefix("#")) for link in links), path.name


def test_index_leads_to_the_front_page(pages, browser):
    page = browser.new_page()
    page.goto((pages / "index.html").as_uri(), wait_until="load")
    page.wait_for_url("**/book/index.html")
    assert page.locator("h1").first.inner_text().startswith("Flarebook")
    page.close()


def in_words(cell):
    """Text of a cell, the same whether or not a term in it is linked."""
    return " ".join(cell.get_text().split())


def claims(page):
    """Rows of each table of claims of a page: head of the column to text."""
    tables = page.select(".flarebook-claims table")
    heads = [[in_words(cell) for cell in table.select("thead th")] for table in tables]
    rows = [[[in_words(cell) for cell in row("td")] for row in table.select("tbody tr")] for table in tables]
    return [[dict(zip(head, row, strict=True)) for row in table] for head, table in zip(heads, rows, strict=True)]


def test_front_page_opens_with_a_picture_and_a_result_of_each_study(pages):
    page = soup(pages, "book/index.html")
    cards = [card for card in page.find_all(class_="flarebook-study") if card.find("img")]  # a new study has none yet
    assert len(cards) == len(HELD)
    assert all(len(card.find("img")["alt"]) > 40 and "(real)" in card.get_text() for card in cards)
    assert all("Real:" in card.get_text() and "Simulated:" in card.get_text() for card in cards)


def test_each_study_has_at_most_eight_claims_with_verdict_and_gate_and_opens_with_them(pages):
    tables = claims(soup(pages, "book/index.html"))
    assert len(tables) == len(HELD) and all(3 <= len(table) <= 8 for table in tables)
    words = {row["verdict"].split(" (")[0] for table in tables for row in table}
    known = {"agrees", "differs", "undetermined", "input", "supported", "not supported", "undecided at this size", "–"}
    assert words <= known and (STUDY or len(words) > 4)
    assert all(set(row["real"] + row["simulated"]) - set("0123456789.±+- ") for table in tables for row in table)
    assert all(any(row["real"] != "not tested" for row in table) for table in tables)
    for study, table in zip(HELD, tables, strict=True):
        assert claims(soup(pages, f"book/{study}/introduction.html")) == [table]


def test_front_page_is_short_on_a_desk(pages, browser):
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((pages / "book/index.html").as_uri(), wait_until="load")
    assert page.evaluate("document.querySelector('article').scrollHeight") < 2200
    page.close()


@needs("solarchip")
def test_a_paper_that_may_be_withdrawn_is_cited_with_the_warning(pages):
    page = soup(pages, "book/index.html")
    label = next(label for label in page.select(".sd-tab-label") if label.get_text().strip().startswith("Pretraining"))
    card = next(card for card in page.find_all(class_="sd-card") if "Shen" in card.get_text())
    assert "withdrawn" in card.get_text() and "withdrawn" in label.find_next_sibling("div").get_text()
    for name in ("notebooks/solarchip/2-pretrain.html", "book/bibliography.html"):
        assert "withdrawn" in soup(pages, name).article.get_text()


def test_the_tables_of_claims_open_by_keyboard_and_are_all_printed(pages, browser):
    page = browser.new_page()
    page.goto((pages / "book/index.html").as_uri(), wait_until="load")
    tables = page.locator(".flarebook-claims")
    assert [tables.nth(number).is_visible() for number in range(3)] == [True, False, False]
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert [tables.nth(number).is_visible() for number in range(3)] == [False, True, False]
    page.emulate_media(media="print")
    assert all(tables.nth(number).is_visible() for number in range(tables.count()))
    page.close()


@pytest.mark.parametrize("name", ["index", "claims", f"{HELD[-1]}/introduction"] if HELD else [])
def test_a_narrow_screen_shows_every_cell_of_a_claim_under_its_name(pages, browser, name):
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((pages / f"book/{name}.html").as_uri(), wait_until="load")
    right = "[...document.querySelectorAll('.flarebook-stacked td')].map(c => c.getBoundingClientRect().right)"
    assert 0 < max(page.evaluate(right)) <= 390
    style = "[...document.querySelectorAll('.flarebook-stacked table')].map(t => [...t.rows[1].cells].slice(1)"
    labels = page.evaluate(style + ".map(c => getComputedStyle(c, '::before').content.replace(/[\": ]+$|\"/g, '')))")
    heads = page.evaluate(style.replace("rows[1]", "rows[0]") + ".map(c => c.textContent.trim()))")
    assert labels == heads
    page.close()


@needs("iris")
def test_the_page_of_claims_sets_paper_beside_run(pages):
    tables = soup(pages, "book/claims.html").find_all("table")
    table = next(table for table in tables if "published" in table.thead.get_text())
    head = [cell.get_text(strip=True) for cell in table.thead.find_all("th")]
    assert head == ["statement", "published", "this run", "data", "agreement", "own gate"]
    rows = {
        row.td.get_text(strip=True): [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in table.tbody.find_all("tr")
    }
    skill = next(row for name, row in rows.items() if name.startswith("Model B, true skill"))
    assert skill[1] == "0.57"
    assert skill[3:5] == ["simulated", "input"]


@needs("iris", "stix")
def test_every_paper_value_is_compared_and_the_posters_encoder_is_told_from_ours(pages):
    page = soup(pages, "book/claims.html")
    rows = [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in compared(page)]
    told = {row[4].split("(")[0] for row in rows}
    assert told <= {"agrees", "differs", "undetermined", "input", "–"} and "differs" in told
    kept = [row for row in rows if row[0].startswith("Share of the images that remain")]
    assert kept and all("CLIP" in row[1] and "CLIP" not in row[2] and row[2].endswith(")") for row in kept)
    assert "rank correlation with the paper" not in " ".join(row[0] for row in rows if "features" in row[0])


def test_every_paper_value_was_measured(pages):
    rows = compared(soup(pages, "book/claims.html"))
    unmeasured = [row.td.get_text(strip=True) for row in rows if row.find_all("td")[2].get_text(strip=True) == "–"]
    assert not unmeasured


def test_each_study_shows_what_is_real_before_what_is_simulated(pages):
    sections = soup(pages, "book/claims.html").find_all("section")
    studies = [part.get_text(" ") for part in sections if part.find(recursive=False).get_text().startswith("Study ")]
    assert len(studies) == len(HELD)
    assert all(0 <= text.find("Real:") < text.find("Simulated:") for text in studies)
    assert all("(real)" in text or "real flares" in text for text in studies)


def test_the_page_of_claims_gives_the_verdict_on_every_claim(pages):
    tables = soup(pages, "book/claims.html").find_all("table")
    claims = [table for table in tables if "against" in table.thead.get_text()]
    rows = [[[c.get_text(strip=True) for c in row.find_all("td")] for row in t.select("tbody tr")] for t in claims]
    judged = {"iris": set("1234567"), "solarchip": set("12345")}
    assert [{row[0][0] for row in table} for table in rows] == [judged[study] for study in HELD if study in judged]
    told = {row[1] for table in rows for row in table}
    assert told <= {"supported", "not supported", "undecided at this size", "input"}
    assert all(int(row[2]) == sum(map(int, row[3:6])) for table in rows for row in table)


def test_figures_are_numbered_through_the_book_without_gaps(pages):
    numbers = []
    for path in articles(pages):
        for caption in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select(
            "figcaption .caption-number"
        ):
            numbers.append(int(caption.get_text(strip=True).split()[-1]))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_formulas_are_part_of_the_page(pages):
    assert soup(pages, "book/deviations.html").find("math")


def test_status_page_names_every_notebook_of_the_profile(pages):
    tables = soup(pages, "book/status.html").find_all("table")
    rows = next(table for table in tables if "started" in table.thead.get_text()).tbody.find_all("tr")
    names = {row.td.get_text(strip=True) for row in rows}
    assert {path.stem for path in (pages / "notebooks").rglob("*.html")} <= {name.split("/")[-1] for name in names}


def test_status_page_opens_with_the_gates_that_are_not_green_and_folds_all_others(pages):
    page = soup(pages, "book/status.html")
    first = page.find("section", id="summary-of-the-gates")
    assert not first.find("details")
    listed = [row for table in first.find_all("table")[1:] for row in table.select("tbody tr")]
    assert all(row.find_all("td")[1].get_text(strip=True) in ("red", "missing") for row in listed)
    gated = [table for table in page.find_all("table") if "tolerance" in table.thead.get_text()]
    assert all(table.find_parent("details") for table in gated if table.find_parent("section") is not first)
