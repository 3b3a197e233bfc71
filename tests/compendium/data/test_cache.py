"""Listings are asked for once; what is here is compared with its hashes; only what is of no use may go."""

import errno
import hashlib
import os
import time

import pytest

from flarebook.compendium.data import cache, lock
from flarebook.compendium.data.batch import local_index
from flarebook.compendium.data.cache import cached_listing, find_waste, parts_of_downloads, read_listing, verify_files
from flarebook.compendium.data.download import download, local_files
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.compendium.project import cache_folder
from tests.compendium.data.misbehaving import CONTENT

ENTRY = """
datasets:
  - {id: flux, study: sun, title: A flux, origin: real, url: null, doi: null, licence: MIT, citation: null,
     files: [{url: 'https://example.org/flux.csv', sha256: %s}], ships: false, stands_in: none}
"""


@pytest.fixture
def project(server, tmp_path, monkeypatch):
    """A project whose manifest has one file, of three zeros; its folder."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "_toc.yml").touch()
    digest = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"
    (root / "data-manifest.yaml").write_text(ENTRY % digest)
    monkeypatch.setenv("FLAREBOOK_ROOT", str(root))
    return root


def save(name, content=b"x"):
    """Write a file into the cache."""
    path = cache_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def ship_namesakes(project):
    """Let two files of one name ship with a project: sun/history.csv that holds 1, earth/history.csv that holds 2."""
    with open(project / "data-manifest.yaml", "a", encoding="utf-8") as stream:
        for folder, text in (("sun", "1"), ("earth", "2")):
            (project / folder).mkdir()
            (project / folder / "history.csv").write_text(text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            fields = f"path: {folder}/history.csv, sha256: {digest}, ships: true, stands_in: null"
            stream.write(f"  - {{id: {folder}, study: sun, title: T, origin: real, url: null, doi: null, {fields},\n")
            stream.write("     licence: MIT, citation: null}\n")


def test_a_listing_is_asked_for_once_and_renewed_when_it_is_old(server):
    url = f"{server.address}/whole/2014/03/29/"
    assert cached_listing(url) is None
    first = read_listing(url)
    assert read_listing(url) == cached_listing(url) == first and len(server.requests) == 1
    assert read_listing(url, {"day": "1"}) == first and len(server.requests) == 2  # another question
    assert read_listing(url, max_age=0.0) == first and len(server.requests) == 3


def test_an_old_listing_serves_offline_with_its_age(server, monkeypatch):
    url = f"{server.address}/whole/days/"
    text = read_listing(url)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 40 * cache.DAY)
    monkeypatch.setattr(cache, "read_page", lambda *_: (_ for _ in ()).throw(InputError("no network")))
    with pytest.warns(MetadataWarning, match="days/ is 40 days old and cannot be renewed now .no network"):
        assert read_listing(url) == text
    with pytest.raises(InputError, match="no network"):
        read_listing(f"{url}other/")


def test_an_answer_that_is_none_is_not_kept(server):
    def check(text):
        raise InputError("no JSON")

    with pytest.raises(InputError, match="no JSON"):
        read_listing(f"{server.address}/whole/", check=check)
    assert cached_listing(f"{server.address}/whole/") is None


@pytest.mark.parametrize("content", ["", "[]", '{"text": 1, "time": 2.0}', '{"time": 1.0}'])
def test_a_listing_that_was_cut_is_asked_for_again(server, content):
    url = f"{server.address}/whole/"
    read_listing(url)
    (path,) = (cache_folder() / cache.LISTINGS).iterdir()
    path.write_text(content)
    assert cached_listing(url) is None
    assert read_listing(url) and len(server.requests) == 2


def test_parts_under_way_and_stopped_are_told(server, project):
    seen = []

    def interrupt(have, total):
        if have > 100_000:
            seen.extend(parts_of_downloads())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download([f"{server.address}/whole/x"], cache_folder() / "deep/x.bin", progress=interrupt)
    assert [(part.name, part.total, part.alive) for part in seen] == [("x.bin", len(CONTENT), True)]
    (part,) = parts_of_downloads()
    assert 100_000 < part.size < len(CONTENT) and not part.alive and part.state.startswith("stopped")


def test_what_has_changed_is_named_and_kept(server, project):
    right, other = save("flux.csv", bytes(3)), save("seen.fits", b"1")
    lock.record("https://example.org/seen.fits", other)
    other.write_bytes(b"2")
    save("unknown.fits")
    assert verify_files() == (1, [other], 1)
    ship_namesakes(project)
    assert verify_files() == (3, [other], 1)
    (project / "sun/history.csv").write_text("2")  # what its namesake holds
    right.write_bytes(b"changed")
    assert set(verify_files()[1]) == {right, other, project / "sun/history.csv"}
    assert right.exists() and other.exists()


def test_a_fetched_file_is_not_held_against_those_of_its_name_that_ship(server, project):
    ship_namesakes(project)
    fetched = save("history.csv", b"3")
    lock.record("https://example.org/days/history.csv", fetched)
    for folder in ("sun", "earth"):
        save(f"copies-{folder}/history.csv", (project / folder / "history.csv").read_bytes())
    assert find_waste(lambda name: False) == [] and verify_files() == (3, [], 0)
    fetched.write_bytes(b"4")
    assert [(one.path, one.reason) for one in find_waste(lambda name: False)] == [(fetched, "fails its hash")]


def test_only_what_is_of_no_use_may_go(server, project, monkeypatch, tmp_path):
    save("flux.csv", bytes(3))
    lock.record("https://example.org/seen.fits", save("sdo/seen.fits", b"1"))
    save("AIA.fits")
    save("listings/a.json")
    save("failed-iris.csv")
    save(f".partial-{os.getpid()}-x.fits")
    assert find_waste(lambda name: name.startswith("AIA")) == []
    wrong, unnamed = save("sdo/seen.fits", b"2"), save("notes.txt")
    part, dead = save(".partial-y.fits/y.fits"), save(".partial-999999999-x.fits")
    waste = find_waste(lambda name: name.startswith("AIA"))
    assert {(one.path.name, one.reason) for one in waste} == {
        ("seen.fits", "fails its hash"),
        ("notes.txt", "named by no entry"),
        (".partial-y.fits", "part of a download that stopped"),
        (".partial-999999999-x.fits", "begun by a process that has ended"),
    }
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(cache_folder() / "sdo"))
    assert not {one for one in find_waste(bool) if one.path == wrong}
    for one in waste:
        one.remove()
    assert not any(path.exists() for path in (wrong, unnamed, part, dead))
    assert (cache_folder() / "flux.csv").exists() and (cache_folder() / "listings/a.json").exists()


def test_a_cache_that_holds_the_project_is_not_cleared(server, project, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_DATA", str(project.parent))
    with pytest.raises(InputError, match="holds more than downloads: set FLAREBOOK_DATA"):
        find_waste(bool)


def test_the_files_of_a_rehearsal_are_none_of_a_real_run(project, monkeypatch):
    rehearsed, real = save("rehearsal/sdo/flux.csv"), save("other/rehearsal/sun.csv")
    assert local_index() == {"sun.csv": real} and list(local_files("*.csv")) == [real]
    assert [waste.path for waste in find_waste(lambda name: False)] == [real]
    monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
    assert list(local_files("*.csv")) == [rehearsed]


def test_a_folder_that_cannot_be_read_is_told_and_not_taken_for_empty(project, monkeypatch):
    locked, scan = save("sdo/2014/sun.csv").parent, os.scandir

    def refusing(folder):
        if str(folder) == str(locked):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    for look in (local_index, lambda: list(local_files("*.csv"))):
        with pytest.raises(InputError, match="cannot read the folder .*sdo/2014 .Permission denied.: make it readable"):
            look()


def test_a_link_that_leads_nowhere_is_no_file(project):
    save("sun.csv").with_name("flux.csv").symlink_to("gone.csv")
    assert list(local_index()) == ["sun.csv"] and verify_files() == (0, [], 1)
