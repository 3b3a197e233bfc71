"""What the book adds to Sphinx: terms are linked where they first appear, figures are found, minus signs are set."""

import os
from io import StringIO
from pkgutil import iter_modules

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from flarebook.compendium.book import extensions
from flarebook.compendium.book.extensions.citation_roles import mend_roles
from flarebook.compendium.book.extensions.descriptions import MOST, description
from flarebook.compendium.book.extensions.glossary_links import split_at_terms, term_pattern
from flarebook.compendium.book.extensions.sidebar_names import name_buttons

OURS = [f"{extensions.__name__}.{module.name}" for module in iter_modules(extensions.__path__)]
ALLOWED = Sphinx.is_parallel_allowed
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


def build(source, target, *before, **more):
    """Build the pages of a folder with our extensions, after those given, and more settings; returns the warnings."""
    settings = {
        "extensions": ["myst_parser", *before, *OURS],
        "root_doc": "page",
        "myst_heading_anchors": 1,
        "myst_enable_extensions": ["dollarmath"],
        "numfig": True,
        **more,
    }
    warnings = StringIO()
    with patch_docutils(), docutils_namespace():
        Sphinx(source, None, target, target / "trees", "html", settings, None, warnings).build()
    return warnings.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A book of two pages, built."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("html")
    (source / "glossary.md").write_text(GLOSSARY)
    (source / "page.md").write_text(PAGE)
    (source / "dot.svg").write_text(DOT)
    build(source, target, html_math_renderer="mathjax")
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


def test_the_head_of_a_page_says_what_it_is_about(folder):
    page = BeautifulSoup((folder / "page.html").read_text(), "html.parser")
    said = {
        tag.get("name", tag.get("property")): tag["content"] for tag in page.head.select("meta[name], meta[property]")
    }
    text = "CLEAN, clean and CLEAN maps, then CLEAN. Encoders come first, an encoder second."
    assert said["description"] == said["og:description"] == text and said["og:title"] == "An encoder"


def test_a_notebook_is_described_by_its_first_result_cut_after_a_word():
    results = nodes.admonition("", nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "word " * 60))))
    prose = nodes.paragraph("", "A question of the paper, which stands before the results of this notebook.")
    text = description(nodes.section("", prose, results))
    assert text.startswith("word") and text.endswith("word …") and MOST - 8 < len(text) <= MOST + 2
    assert description(nodes.section("", nodes.paragraph("", "Short."))) == ""


def test_entries_of_the_bibliography_are_items_of_a_list():
    context = {"body": '<div role="list"><div role="doc-biblioentry">One</div></div>'}
    mend_roles(None, "bibliography", None, context, None)
    assert context["body"] == '<div role="list"><div role="listitem">One</div></div>'
    assert mend_roles(None, "genindex", None, {}, None) is None  # a page without text of its own


def test_processes_side_by_side_build_the_same_pages_as_one(tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    for number in range(9):
        page = PAGE.replace("page.md", f"page{number}.md").replace("iris-x-dot", f"iris-{number}-dot")
        more = f"See {{numref}}`fig-iris-{8 - number}-dot`.\n\n$$\\frac{{{number}}}{{2}}$$ (half-{number})\n"
        (source / f"page{number}.md").write_text(f"{page}\n{more}")
    (source / "dot.svg").write_text(DOT)
    (source / "glossary.md").write_text(GLOSSARY)
    names = ["glossary", *(f"page{number}" for number in range(9))]
    (source / "page.md").write_text("# All\n")
    chapters = [{"file": name} for name in names]
    (source / "_toc.yml").write_text(yaml.safe_dump({"format": "jb-book", "root": "page", "chapters": chapters}))
    asked = []
    monkeypatch.setattr(Sphinx, "is_parallel_allowed", lambda app, kind: asked.append(kind) or ALLOWED(app, kind))
    for processors in ({0}, {0, 1, 2}):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, found=processors: found)
        target = tmp_path / str(len(processors))
        assert build(source, target, "sphinx_external_toc", html_math_renderer="mathml") == ""
    assert asked == ["read", "write"]  # never where there is one processor
    pages = {path.name: path.read_bytes() for path in (tmp_path / "1").glob("*.*")}
    assert len(pages) > 12 and pages == {path.name: path.read_bytes() for path in (tmp_path / "3").glob("*.*")}


def test_a_button_of_the_sidebar_is_named_by_the_page_above():
    inner = "<details><summary><i></i></summary><ul><li><a>One</a></li></ul></details>"
    listed = f"<ul><li><a> All figures </a>{inner}</li></ul>"
    context = {"generate_toctree_html": lambda kind: BeautifulSoup(listed, "html.parser")}
    name_buttons(None, "index", None, context, None)
    (button,) = context["generate_toctree_html"]("sidebar")("summary")
    assert button["aria-label"] == "Pages below All figures"
    assert name_buttons(None, "index", None, {}, None) is None  # a theme without such a list
