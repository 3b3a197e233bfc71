"""The manifest in Croissant 1.1 holds what the manifest does, and the format's own library accepts it."""

from pathlib import Path

import pytest

from flarebook.compendium.data.croissant import CONTEXT, croissant, media_type
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.identity.work import read_work

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def datasets():
    """Data sets of the real manifest."""
    return list(read_manifest(ROOT / "data-manifest.yaml").values())


@pytest.fixture
def described(datasets):
    """Their description."""
    return croissant(datasets, read_work())


def test_every_file_with_an_address_and_every_pattern_of_addresses_is_described(datasets, described):
    kinds = [part["@type"] for part in described["distribution"]]
    assert kinds.count("cr:FileObject") == sum(bool(file.path or file.url) for data in datasets for file in data.files)
    assert kinds.count("cr:FileSet") == sum(len(data.templates) for data in datasets)
    ids = [part["@id"] for part in described["distribution"]]
    assert len(ids) == len(set(ids))


def test_a_file_that_ships_has_its_path_size_and_hash(described):
    part = next(part for part in described["distribution"] if part["name"] == "observations.csv")
    assert (ROOT / part["contentUrl"]).stat().st_size == int(part["contentSize"].split()[0])
    assert len(part["sha256"]) == 64
    assert part["encodingFormat"] == "text/csv"


def test_a_pattern_of_addresses_becomes_one_for_file_names(described):
    part = next(part for part in described["distribution"] if part["@id"] == "sdo-hmi-aia-daily/template-0")
    assert part["includes"] == "https://jsoc1.stanford.edu/data/hmi/fits/*/*/*/hmi.M_720s.*_000000_TAI.fits"


@pytest.mark.parametrize(
    ("name", "kind"), [("a.fits.gz", "application/gzip"), ("b.safetensors", "application/octet-stream")]
)
def test_media_types_follow_the_end_of_a_name(name, kind):
    assert media_type(name) == kind


def test_the_librarys_own_validation_finds_nothing_and_reads_every_record(datasets, described):
    library = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: pip install -e .[dev]")
    found = library.Dataset(jsonld=described)
    assert not found.metadata.ctx.issues.report()
    assert found.metadata.ctx.is_v1_1()
    numbers = {records.id: len(list(found.records(records.id))) for records in found.metadata.record_sets}
    assert numbers == {"datasets": len(datasets), "iris-level2-paper-files": 68, "encoder-weights-files": 7}


def test_the_librarys_own_validation_refuses_a_file_without_a_format(described):
    library = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: pip install -e .[dev]")
    del described["distribution"][0]["encodingFormat"]
    with pytest.raises(library.ValidationError, match="encodingFormat"):
        library.Dataset(jsonld=described)


def test_the_context_is_the_librarys_own():
    pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: pip install -e .[dev]")
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert make_context(Context(conforms_to=CroissantVersion.V_1_1)) == CONTEXT
