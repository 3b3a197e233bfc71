"""The data page shows what the manifest says, and so do its two descriptions for machines."""

import csv
import json
from pathlib import Path

import pytest

from flarebook.compendium.book.data_page import data_table, data_totals, description_links
from flarebook.compendium.book.pages import Build
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.project import studies
from flarebook.compendium.reports.markdown_tables import shown_bytes

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A build of the real project, whose staged source is empty."""
    return Build(ROOT, tmp_path_factory.mktemp("ci"), tmp_path_factory.mktemp("source"), ())


@pytest.fixture(scope="module")
def page(build):
    """Text of the page."""
    return data_table(studies(), build)


def test_every_data_set_has_its_section_and_a_line_that_leads_there(page):
    for entry in read_manifest(ROOT / "data-manifest.yaml").values():
        assert f"(data-{entry.id})=\n### {entry.title}" in page
        assert f"| {{ref}}`{entry.id} <data-{entry.id}>` | {entry.origin} |" in page
        assert entry.licence in page
        assert f"- not checked: {entry.unchecked}" in page or not entry.unchecked


def test_notebooks_that_read_a_set_are_linked(page):
    assert "[solarchip/6-real-flares](../notebooks/solarchip/6-real-flares.ipynb)" in page
    assert "[iris/10](../notebooks/iris/10-label-audit.ipynb)" in page


def test_the_totals_count_every_data_set_once(build):
    rows = [line.split(" | ") for line in data_totals(build).splitlines()[2:]]
    assert sum(int(row[1]) for row in rows) == len(read_manifest(ROOT / "data-manifest.yaml"))
    assert all(int(row[1]) == int(row[2]) + int(row[3]) for row in rows)


def test_page_croissant_and_crate_show_the_same_68_observations(build, page):
    with open(ROOT / "src/flarebook/iris/data/observations.csv", newline="") as stream:
        known = {row["observation"]: (row["start"], row["obsid"]) for row in csv.DictReader(stream)}
    shown = [
        line.strip("| ").split(" | ")
        for line in page.splitlines()
        if line.startswith(("| AR ", "| SS ", "| QS ", "| PF "))
    ]
    assert {cells[0]: (cells[2], cells[3]) for cells in shown} == known
    description_links(build)
    croissant, crate = (
        json.loads((build.source / "data" / name).read_text()) for name in ("croissant.json", "ro-crate-metadata.json")
    )
    records = next(part["data"] for part in croissant["recordSet"] if part["@id"] == "iris-level2-paper-files")
    name = "iris-level2-paper-files/{}".format
    assert {row[name("observation")]: (row[name("start")], row[name("obsid")]) for row in records} == known
    windows = {row[name("observation")]: row[name("window")] for row in records}
    assert windows == {cells[0]: cells[9] for cells in shown}
    assert windows["PF 15"] == "2014-03-29T17:09/17:34"
    entities = [
        entity
        for entity in crate["@graph"]
        if entity["@id"].startswith("#iris-level2-paper-") and "temporalCoverage" in entity
    ]
    assert {entity["name"]: entity["temporalCoverage"] for entity in entities} == {
        key: start for key, (start, _) in known.items()
    }
    assert all(known[entity["name"]][1] in entity["description"] for entity in entities)


def test_descriptions_are_offered_for_download(build):
    links = description_links(build)
    assert "{download}`Croissant 1.1 <../data/croissant.json>`" in links
    assert (build.source / "data" / "ro-crate-metadata.json").is_file()


@pytest.mark.parametrize(
    ("number", "text"), [(None, "–"), (0, "–"), (999, "999 B"), (1_353_600, "1.35 MB"), (124.9e9, "125 GB")]
)
def test_bytes_are_written_in_a_unit_that_suits_them(number, text):
    assert shown_bytes(number).replace("\N{NARROW NO-BREAK SPACE}", " ") == text
