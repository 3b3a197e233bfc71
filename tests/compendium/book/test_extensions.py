"""What the book adds to Sphinx: terms are linked where they first appear, figures are found, minus signs are set."""

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from flarebook.compendium.book.extensions.citation_roles import mend_roles
from flarebook.compendium.book.extensions.glossary_links import split_at_terms, term_pattern

EXTENSIONS = "flarebook.compendium.book.extensions"
ADDED = ("glossary_links", "figure_index", "number_signs")
GLOSSARY = """# Glossary

```{glossary}
Encoder
  A function.

CLEAN
  An encoder it is not.

Linear probe
  A model.

Hale's law
  A law.
```
"""
PAGE = """# An encoder

`CLEAN`, clean and [CLEAN maps](page.md#an-encoder), then **CLEAN**. Encoders come first, an encoder second.

Linear probes obey Hale's law. A pre-encoder does not.

Of the Sun. ± is the spread: from -0.5 to -.2 ± 0.1 on 2014-03-29, `n=-3`, $x-1 = -2$.

```{figure} dot.svg
:name: fig-iris-x-dot

A dot.
```
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Encoders and an encoder", ["Encoders"]),
        ("the linear probe of an encoder", ["linear probe", "encoder"]),
        ("clean maps by CLEAN", ["CLEAN"]),
        ("Hale’s law", ["Hale’s law"]),
        ("an auto-encoder, encoders-only, encoding", []),
    ],
)
def test_a_term_is_found_once_as_prose_spells_it(text, found):
    pattern, ordered = term_pattern(["Encoder", "CLEAN", "Linear probe", "Probe", "Hale's law"])
    parts = [*split_at_terms(text, pattern, ordered, set())]
    assert "".join(words for words, _ in parts) == text
    assert [words for words, term in parts if term] == found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A book of two pages, built."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("html")
    (source / "glossary.md").write_text(GLOSSARY)
    (source / "page.md").write_text(PAGE)
    (source / "dot.svg").write_text(DOT)
    settings = {
        "extensions": ["myst_parser", *(f"{EXTENSIONS}.{name}" for name in ADDED)],
        "myst_enable_extensions": ["dollarmath"],
        "root_doc": "page",
        "myst_heading_anchors": 1,
    }
    Sphinx(source, None, target, target / "trees", "html", settings, status=None, warning=None).build()
    return target


def test_the_first_word_of_prose_leads_to_the_glossary(folder):
    page = BeautifulSoup((folder / "page.html").read_text(), "html.parser")
    links = [link for link in page.select("div.body a") if "glossary.html" in link["href"]]
    assert [link.get_text() for link in links] == ["CLEAN", "Encoders", "Linear probes", "Hale’s law"]
    assert links[1]["href"] == "glossary.html#term-Encoder"
    assert links[0].parent.name == "strong"


def test_the_glossary_itself_and_titles_have_no_such_link(folder):
    glossary = BeautifulSoup((folder / "glossary.html").read_text(), "html.parser")
    assert not glossary.select("div.body .std-term")
    assert not BeautifulSoup((folder / "page.html").read_text(), "html.parser").select("h1 .std-term")


def test_a_figure_stands_in_the_index_under_its_id_with_its_own_place(folder):
    entries = BeautifulSoup((folder / "genindex.html").read_text(), "html.parser").select(".genindextable a")
    assert {entry.get_text(): entry["href"] for entry in entries}["iris-x-dot"] == "page.html#fig-iris-x-dot"
    assert "iris-x-dot" in (folder / "searchindex.js").read_text()


def test_a_negative_number_has_a_minus_sign_and_code_and_dates_their_hyphens(folder):
    text = BeautifulSoup((folder / "page.html").read_text(), "html.parser").select("div.body p")[2].get_text()
    assert (
        text.startswith("Of the Sun. ± is the spread: from −0.5 to −.2\u202f±\u202f0.1 on 2014-03-29, n=-3, ")
        and "x-1 = -2" in text
    )


def test_entries_of_the_bibliography_are_items_of_a_list():
    context = {"body": '<div role="list"><div role="doc-biblioentry">One</div></div>'}
    mend_roles(None, "bibliography", None, context, None)
    assert context["body"] == '<div role="list"><div role="listitem">One</div></div>'
    assert mend_roles(None, "genindex", None, {}, None) is None  # a page without text of its own
