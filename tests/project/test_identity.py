"""The descriptions of the work are those that its source gives, and follow the published schemas."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from flarebook.compendium.identity.descriptions import DESCRIPTIONS, MAKER, describe
from flarebook.compendium.identity.work import check_release, read_work
from flarebook.compendium.validation import parse_yaml

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(__file__).parent / "schemas"
# Of Zenodo's documentation of its deposits (developers.zenodo.org), in so far as they are used or may come to be.
ZENODO_FIELDS = {"title", "upload_type", "description", "creators", "version", "publication_date", "access_right"}
ZENODO_FIELDS |= {"license", "keywords", "related_identifiers", "notes", "language"}
PLACEHOLDER = re.compile(r"FIXME|TODO|XXXX|zenodo\.\d+|0000-000|example\.(org|com)")


@pytest.fixture(scope="module")
def work():
    """The work as its source names it."""
    return read_work(ROOT)


@pytest.fixture(scope="module")
def texts():
    """Committed descriptions: {name: text}."""
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in DESCRIPTIONS}


def test_descriptions_are_up_to_date(work, texts):
    stale = [name for name, text in describe(work, ROOT).items() if text != texts[name]]
    assert not stale, f"run `{MAKER}` and commit {', '.join(stale)}"


def test_version_day_of_release_and_change_log_agree(work):
    check_release(work)


def test_citation_cff_follows_its_schema_and_names_the_three_studies(work, texts):
    citation = parse_yaml(texts["CITATION.cff"])
    schema = json.loads((SCHEMAS / "citation-file-format-1.2.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(citation)
    assert {"IRIS", "STIX", "SolarCHIP"} <= set(citation["keywords"])
    assert {reference["year"] for reference in citation["references"]} >= {2020, 2024, 2025}
    assert citation.get("date-released", "") == work.released


def test_codemeta_uses_only_terms_of_its_context(texts):
    context = json.loads((SCHEMAS / "codemeta-3.0.jsonld").read_text(encoding="utf-8"))["@context"]

    def names(value):
        if isinstance(value, list):
            return {name for item in value for name in names(item)}
        if not isinstance(value, dict):
            return set()
        kinds = {value["type"]} if "type" in value else set()
        return set(value) | kinds | names(list(value.values()))

    assert names(json.loads(texts["codemeta.json"])) - {"@context"} <= set(context)


def test_zenodo_gets_the_fields_that_it_documents(texts, work):
    deposit = json.loads(texts[".zenodo.json"])
    assert {"title", "upload_type", "description", "creators"} <= set(deposit) <= ZENODO_FIELDS
    assert deposit["upload_type"] == "software" and deposit["license"] == {"id": "BSD-3-Clause"}
    assert len(deposit["related_identifiers"]) == len(work.book.papers) >= 3


def test_codecheck_holds_what_an_author_has_to_say_and_names_no_checker(texts):
    text = texts["codecheck.yml"]
    assert text.startswith("---\n")
    check = yaml.safe_load(text)
    assert set(check) == {"version", "paper", "manifest"}  # the rest is said by whoever checks
    assert check["paper"]["title"] and all(author["name"] for author in check["paper"]["authors"])
    files = [entry["file"] for entry in check["manifest"]]
    assert len(files) == len(set(files)) and all(entry["comment"] for entry in check["manifest"])
    assert not [file for file in files if file.startswith("/") or ".." in file]
    notebooks = {path.relative_to(ROOT / "notebooks").with_suffix("") for path in ROOT.glob("notebooks/*/*.ipynb")}
    assert {str(notebook) for notebook in notebooks} == {
        str(Path(file).parent.relative_to("build/laptop/results")) for file in files if file.endswith("metrics.json")
    }
    assert sum(file.startswith("build/laptop/figures/iris-") for file in files) == 16  # as many as the paper has


def test_nothing_is_empty_or_invented(texts, work):
    for name, text in texts.items():
        assert not PLACEHOLDER.search(text), name
        assert not re.search(r"(\"\"|''|\[\]|\{\}|null)\s*,?$", text, re.MULTILINE), name
    assert not work.package.urls.repository and not work.book.doi  # none is public yet: enter them here when one is
    allowed = {"doi.org", "arxiv.org", "w3id.org", "spdx.org", "repostatus.org", "codecheck.org.uk"}
    hosts = {host for text in texts.values() for host in re.findall(r"https?://(?:www\.)?([\w.-]+)", text)}
    assert hosts <= allowed
