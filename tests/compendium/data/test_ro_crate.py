"""The manifest as an RO-Crate 1.2: one connected graph, whose files lie where it says."""

import json
from pathlib import Path

import pytest

from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.data.ro_crate import NAME, VERSION, ro_crate
from flarebook.compendium.identity.work import read_work

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def crate():
    """Metadata of the real manifest."""
    return ro_crate(list(read_manifest(ROOT / "data-manifest.yaml").values()), read_work())


@pytest.fixture(scope="module")
def entities(crate):
    """Its entities by their id."""
    return {entity["@id"]: entity for entity in crate["@graph"]}


def references(value):
    """Ids that a value refers to, at any depth."""
    if isinstance(value, dict):
        return [value["@id"]] if set(value) == {"@id"} else [id for part in value.values() for id in references(part)]
    return [id for part in value for id in references(part)] if isinstance(value, list) else []


def test_the_root_has_what_the_format_demands(crate, entities):
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    assert entities[NAME]["about"] == {"@id": "./"}
    assert entities[NAME]["conformsTo"] == {"@id": VERSION}
    assert {"name", "description", "datePublished", "license"} <= set(entities["./"])
    assert len(entities) == len(crate["@graph"])


def test_every_reference_leads_to_an_entity(entities):
    for entity in entities.values():
        missing = set(references([part for key, part in entity.items() if key != "conformsTo"])) - set(entities)
        assert not missing, entity["@id"]


def test_every_entity_is_reached_from_the_root(entities):
    reached, todo = set(), [NAME]
    while todo:
        id = todo.pop()
        if id in entities and id not in reached:
            reached.add(id)
            todo += references([part for key, part in entities[id].items() if key != "@id"])
    assert reached == set(entities)


def test_files_of_the_project_exist_with_their_size_and_licence(entities):
    files = [entity for entity in entities.values() if entity["@type"] == "File" and "://" not in entity["@id"]]
    assert len(files) > 60
    for entity in files:
        assert (ROOT / entity["@id"]).is_file()
        assert int(entity.get("contentSize", 0)) in (0, (ROOT / entity["@id"]).stat().st_size)
        assert entity["@id"].startswith("notebooks/") or entities[entity["license"]["@id"]]["name"]


def test_patterns_of_addresses_and_questions_are_actions(entities):
    assert entities["#sdo-hmi-aia-daily-download-0-address"]["urlTemplate"].endswith(
        "hmi.M_720s.%Y%m%d_000000_TAI.fits"
    )
    assert entities["#stix-clean-maps-query-0-address"]["httpMethod"] == "POST"


def test_the_formats_own_library_reads_it_and_writes_it_again(crate, entities, tmp_path):
    library = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed: pip install -e .[dev]")
    (tmp_path / NAME).write_text(json.dumps(crate))
    for folder in ("src", "notebooks"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    read = library.ROCrate(tmp_path)
    assert read.version == "1.2"
    assert {entity.id for entity in read.get_entities()} == set(entities)
    assert read.get("#iris-level2-paper")["license"]["name"] == "public mission data (NASA)"
