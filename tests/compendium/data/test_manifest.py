"""The manifest names every data set's origin, licence and hash, and its shipped files are unchanged."""

import pytest

from flarebook.compendium.data.download import fetch, shipped
from flarebook.compendium.data.manifest import dataset, read_manifest
from flarebook.compendium.errors import InputError

ENTRY = """datasets:
  - {id: sun-flux, study: sun, title: Flux, origin: real, url: null, doi: null, licence: MIT, citation: null,
     path: flux.csv, size: 3, sha256: null, ships: true, stands_in: null}
"""


def write(project, text):
    """Write the manifest of the small project."""
    (project / "data-manifest.yaml").write_text(text)


def test_a_single_file_may_be_written_short(project):
    write(project, ENTRY)
    assert [file.path for file in dataset("sun-flux").files] == ["flux.csv"]


def test_a_file_is_looked_for_under_the_name_it_is_saved_as(project, monkeypatch, tmp_path):
    long = "files: [{url: https://example.org/x/version_1_final.csv, saved_as: fluxes.csv}]"
    short = "path: flux.csv, size: 3, sha256: null, ships: true, stands_in: null"
    write(project, ENTRY.replace(short, f"{long}, ships: false, stands_in: none"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    (tmp_path / "fluxes.csv").write_text("1 2")
    assert fetch(dataset("sun-flux").files[0]) == tmp_path / "fluxes.csv"


def test_a_mistyped_id_names_the_nearest(project):
    write(project, ENTRY)
    with pytest.raises(InputError, match=r"no data set 'sun-flx' \(did you mean sun-flux\?\)"):
        dataset("sun-flx")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("origin: real", "origin: imagined", "origin"),
        ("licence: MIT, ", "", "licence: field required"),
        ("sha256: null", "sha256: 12ab", "sha256"),
        ("path: flux.csv", "pth: flux.csv", "pth: extra inputs"),
    ],
)
def test_a_wrong_field_is_named(project, old, new, message):
    write(project, ENTRY.replace(old, new))
    with pytest.raises(InputError, match=f"data-manifest.yaml: .*{message}"):
        read_manifest()


def test_an_id_is_given_once(project):
    write(project, ENTRY + ENTRY.removeprefix("datasets:\n"))
    with pytest.raises(InputError, match="lists an id twice"):
        read_manifest()


SHIPPED = [(data.id, file) for data in read_manifest().values() if data.ships for file in data.files]


@pytest.mark.parametrize("file", [file for _, file in SHIPPED], ids=[f"{id}-{file.name}" for id, file in SHIPPED])
def test_what_ships_is_there_with_its_hash_and_size(file):
    assert file.sha256, f"{file.path} has no sha256 in the manifest"
    assert shipped(file).stat().st_size == file.size


def test_every_data_set_that_ships_names_its_files_and_every_other_what_stands_in():
    for data in read_manifest().values():
        assert bool(data.files) if data.ships else data.stands_in, data.id
