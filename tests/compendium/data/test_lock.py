"""A fetched file keeps the size and hash of its first fetch, for every process and after every interruption."""

import hashlib
import json
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from flarebook.compendium.data.lock import NAME, record, recorded
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.errors import InputError

URL = "https://example.org/2014/flux.csv"


@pytest.fixture
def cache(project, monkeypatch, tmp_path):
    """An empty cache."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


def save(folder, content, name="flux.csv"):
    """A fetched file of that content."""
    (folder / name).write_text(content)
    return folder / name


def test_the_first_fetch_is_recorded_and_an_equal_one_accepted(cache, tmp_path):
    file = DataFile(url=URL)
    assert recorded(file) is None
    first = record(file, save(tmp_path, "1 2"))
    assert (first.size, first.sha256) == (3, hashlib.sha256(b"1 2").hexdigest())
    assert record(file, save(tmp_path, "1 2", "again.csv")) == recorded(file) == recorded(URL) == first


def test_a_file_that_the_archive_has_changed_is_refused(cache, tmp_path):
    record(URL, save(tmp_path, "1 2"))
    with pytest.raises(InputError, match=f"{URL} now has 5 bytes .* the archive has changed it; .* remove its line"):
        record(URL, save(tmp_path, "1 2 3"))
    (cache / NAME).write_text("")
    assert record(URL, save(tmp_path, "1 2 3")).size == 5


def test_a_file_without_an_address_is_known_by_its_name(cache, tmp_path):
    record(DataFile(saved_as="flares.csv.gz"), save(tmp_path, "1"))
    assert recorded("flares.csv.gz").size == 1


def test_the_copy_in_the_project_binds_and_is_not_written(cache, project, tmp_path):
    record(URL, save(tmp_path, "1 2"))
    (cache / NAME).rename(project / NAME)
    before = (project / NAME).read_text()
    with pytest.raises(InputError, match="the archive has changed it"):
        record(URL, save(tmp_path, "3"))
    record("https://example.org/other.csv", save(tmp_path, "4"))
    assert (project / NAME).read_text() == before
    assert len((cache / NAME).read_text().splitlines()) == 1


def test_half_a_line_of_a_killed_process_is_written_over(cache, tmp_path):
    record(URL, save(tmp_path, "1 2"))
    with open(cache / NAME, "a") as stream:
        stream.write('{"file": "https://exam')
    assert recorded(URL)
    record("b.csv", save(tmp_path, "3"))
    lines = (cache / NAME).read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == [URL, "b.csv"]


def test_a_line_that_is_no_record_is_shown(cache, tmp_path):
    cache.mkdir()
    (cache / NAME).write_text('{"file": "a", "size": -1}\n')
    with pytest.raises(InputError, match=r"data-manifest.lock has the line '\{.file.: .a.*, which is no record"):
        recorded("a")


def record_many(path, start):
    """Record a hundred files, of which half are recorded by another process too."""
    for number in range(start, start + 100):
        record(f"https://example.org/{number}.csv", path)


def test_two_processes_and_eight_threads_record_each_file_once(cache, tmp_path):
    path = save(tmp_path, "1 2")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=record_many, args=(path, start)) for start in (0, 50)]
    for process in processes:
        process.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda start: record_many(path, start), range(100, 200, 10)))
    for process in processes:
        process.join()
        assert process.exitcode == 0
    names = [json.loads(line)["file"] for line in (cache / NAME).read_text().splitlines()]
    assert len(names) == len(set(names)) == 290
    assert recorded("https://example.org/7.csv").size == 3
