"""The data manifest: every file that ships is listed, is what the list says, and may ship."""

import re
from pathlib import Path

from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.project import studies
from flarebook.compendium.provenance import sha256

ROOT = Path(__file__).parents[2]
SETTINGS = {".md", ".yaml", "", ".html", ".css", ".js"}  # descriptions, settings, licences, page templates: no data


def shipped():
    """Every file of the data sets that ship."""
    return [
        file
        for dataset in read_manifest(ROOT / "data-manifest.yaml").values()
        if dataset.ships
        for file in dataset.files
    ]


def test_shipped_files_are_those_of_the_manifest():
    assert shipped()
    for file in shipped():
        path = ROOT / file.path
        found = {"size": path.stat().st_size, "sha256": sha256(path)}
        assert found == {"size": file.size, "sha256": file.sha256}, f"{file.path} is not what data-manifest.yaml says"


def test_no_data_file_ships_unlisted():
    files = [
        path
        for path in ROOT.glob("src/flarebook/*/data/**/*")
        if path.is_file() and path.suffix not in SETTINGS and "compendium" not in path.parts
    ]
    assert {path.relative_to(ROOT).as_posix() for path in files} == {file.path for file in shipped()}


def test_every_file_with_a_hash_that_does_not_ship_is_read_by_the_package_or_a_notebook():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    for dataset in read_manifest(ROOT / "data-manifest.yaml").values():
        if not dataset.ships and any(file.sha256 for file in dataset.files):
            assert f'"{dataset.id}"' in sources or dataset.read_by, (
                f"nothing reads {dataset.id}: remove it from data-manifest.yaml"
            )


def test_what_stands_in_for_a_data_set_exists():
    known = read_manifest(ROOT / "data-manifest.yaml")
    for dataset in known.values():
        for path in re.findall(rf"\b(?:src/[\w./]+\w|(?:{'|'.join(studies())})/\d-[\w-]+)", dataset.stands_in or ""):
            named = path if path.startswith("src/") else f"notebooks/{path}.ipynb"
            assert (ROOT / named).exists(), f"{dataset.id}: {path}"
        assert not set(known) & set(re.findall(r"[\w-]+", dataset.stands_in or "")), f"{dataset.id} names another entry"


def test_every_set_says_what_it_may_be_used_for_and_what_stands_in_for_it():
    for dataset in read_manifest(ROOT / "data-manifest.yaml").values():
        assert dataset.licence
        assert dataset.ships or dataset.stands_in, dataset.id


def test_every_set_that_is_out_of_reach_says_what_could_not_be_checked():
    for dataset in read_manifest(ROOT / "data-manifest.yaml").values():
        assert dataset.ships or dataset.unchecked, dataset.id
        assert not dataset.ships or all(file.sha256 for file in dataset.files), dataset.id
