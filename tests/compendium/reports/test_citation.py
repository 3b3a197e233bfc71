"""Citations name version and commit, have no empty field, and are BibTeX that its own parser reads."""

import re
from pathlib import Path

import pytest
from pybtex.database import parse_string

from flarebook.compendium.identity.work import read_work
from flarebook.compendium.project import studies
from flarebook.compendium.reports import citation

ROOT = Path(__file__).parents[3]
RECORD = {
    "id": "iris-12-performance",
    "caption": "Scores of 100 % of_them & more. Then another sentence.",
    "notebook": "iris/6-classifiers",
    "origin": "simulated",
    "commit": "0123456789abcdef",
    "dirty": False,
    "data_sha256": "f" * 64,
    "versions": {"flarebook": "0.0.7"},
    "time": "2025-02-03T00:00:00+00:00",
}


def fields(text):
    """Fields of the one entry of a BibTeX text."""
    (entry,) = parse_string(text, "bibtex").entries.values()
    return dict(entry.fields.items())


@pytest.mark.parametrize(
    ("changes", "edition"),
    [
        ({}, "version 0.0.7, commit 0123456789"),
        ({"dirty": True}, "version 0.0.7, commit 0123456789, changed since"),
        ({"commit": None, "dirty": None}, "version 0.0.7, no commit"),
    ],
)
def test_a_figure_s_citation_names_the_version_and_commit_that_made_it(changes, edition):
    text = citation.as_text(RECORD | changes)
    assert f"({edition}). Figure iris-12-performance: Scores" in text and "(2025)" in text
    place = "book/figures.html#iris-12-performance"  # does not change with the numbers of figures
    assert text.endswith(f". {place}; iris/6-classifiers; simulated data; data sha256 ffffffffffff.")


@pytest.mark.parametrize(
    ("caption", "opening"),
    [
        ("Scores of all models on test data. Bars: spread.", "Scores of all models on test data"),
        (
            "Twelve real profiles of Panos et al. (2018) as read. Dots: ours.",
            "Twelve real profiles of Panos et al. (2018) as read",
        ),
        ("The three networks. Ten features enter. Grey: bias.", "The three networks. Ten features enter"),
        ("One\n  sentence alone.", "One sentence alone"),
    ],
)
def test_a_citation_describes_a_figure_by_sentences_that_tell_it_from_others(caption, opening):
    assert citation.opening_sentence(caption) == opening


def test_bibtex_is_parsed_and_has_no_empty_field():
    for text in (citation.as_bibtex(RECORD), citation.book_as_bibtex(ROOT)):
        found = fields(text)
        assert {"title", "year", "version", "howpublished"} <= set(found) and all(found.values())
        assert not {"url", "doi"} & set(found)  # none is public yet
    assert fields(citation.as_bibtex(RECORD))["howpublished"] == "Version 0.0.7, commit 0123456789"


def test_address_and_doi_are_named_once_there_are_any(monkeypatch):
    work = read_work(ROOT)
    work = work.model_copy(update={"book": work.book.model_copy(update={"doi": "10.1/sun"})})
    monkeypatch.setattr(citation, "read_work", lambda root=None: work)
    assert fields(citation.book_as_bibtex(ROOT))["doi"] == "10.1/sun"
    assert citation.as_text(RECORD).endswith(". https://doi.org/10.1/sun")


@pytest.mark.parametrize("study", studies())
def test_each_study_s_page_gives_its_original_and_the_book(study):
    code = re.search(r"```bibtex\n(.*?)```", citation.cite_study(study, ROOT), re.DOTALL)[1]
    original = filter(None, [read_work(ROOT).book.papers.get(study)])  # a new study has entered none yet
    assert list(parse_string(code, "bibtex").entries) == [*original, "flarebook"]
    page = (ROOT / f"book/{study}/introduction.md").read_text(encoding="utf-8")
    assert f"\n<!-- flarebook: cite-{study} -->\n" in page
