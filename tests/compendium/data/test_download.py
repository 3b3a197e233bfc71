"""A download is checked before it takes its name; what fails leaves nothing, what is cut its part, to go on with."""

import hashlib
import multiprocessing
import os
import re
import resource
import shutil
import signal
from pathlib import Path

import pytest

from flarebook.compendium.atomic_files import work_folder
from flarebook.compendium.data import download as downloads
from flarebook.compendium.data import lock
from flarebook.compendium.data.download import archive_file, download, fetch, local_files
from flarebook.compendium.data.hosts import Unreachable
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.errors import InputError
from tests.compendium.data.misbehaving import CONTENT

HASH = hashlib.sha256(CONTENT).hexdigest()


def get(server, folder, kind="whole", expected=HASH, **options):
    """Download one of the server's files."""
    return download([f"{server.address}/{kind}/raster.bin"], folder / "raster.bin", expected, **options)


def names(folder):
    """Names of the files in a folder, but for what a cache knows of hosts."""
    return sorted(path.name for path in folder.iterdir() if path.name != "hosts")


def test_a_whole_file_arrives_under_its_name_only(server, tmp_path):
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["raster.bin"]


def test_a_file_is_checked_under_its_own_name_before_it_takes_its_place(server, tmp_path):
    seen = []
    get(server, tmp_path, check=lambda path: seen.append((path.name, path.read_bytes(), names(tmp_path))))
    assert seen == [("raster.bin", CONTENT, [".partial-raster.bin"])]


@pytest.mark.parametrize("error", [InputError("no FITS file"), KeyError("SIMPLE"), MemoryError()])
def test_a_file_that_fails_the_check_is_not_kept(server, tmp_path, error):
    def check(path):
        raise error

    with pytest.raises(InputError, match="sent no usable file .*: nothing was kept; try later"):
        get(server, tmp_path, check=check)
    assert names(tmp_path) == []


def test_a_wrong_hash_or_size_keeps_nothing(server, tmp_path):
    with pytest.raises(InputError, match="another sha256 than 000000000000.*nothing was kept"):
        get(server, tmp_path, expected="0" * 64)
    with pytest.raises(InputError, match="has 1024000 bytes where 12 are expected"):
        get(server, tmp_path, size=12)
    with pytest.raises(InputError, match="is not there .*404"):
        get(server, tmp_path, "gone")
    assert names(tmp_path) == []


def interrupt_after(least):
    """Progress that is interrupted after some bytes."""

    def interrupt(have, total):
        if have >= least:
            raise KeyboardInterrupt

    return interrupt


def test_an_interrupted_download_goes_on_where_it_ended(server, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, progress=interrupt_after(100_000))
    part = tmp_path / ".partial-raster.bin/raster.bin"
    have = part.stat().st_size
    assert 100_000 <= have < len(CONTENT) and part.read_bytes() == CONTENT[:have]
    assert get(server, tmp_path, expected=None).read_bytes() == CONTENT
    assert server.requests[1:] == [("whole", f"bytes={have}-", '"a"')] and names(tmp_path) == ["raster.bin"]


def test_a_part_that_has_its_last_byte_needs_no_further_request(server, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, progress=interrupt_after(len(CONTENT)))
    assert get(server, tmp_path).read_bytes() == CONTENT and len(server.requests) == 1


@pytest.mark.parametrize(("kind", "conditions"), [("replaced", [None, '"a"']), ("changed", [None, '"a"', None])])
def test_a_part_whose_file_has_changed_since_is_started_anew(server, tmp_path, kind, conditions):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, kind, progress=interrupt_after(100_000))
    assert get(server, tmp_path, kind, None).read_bytes() == CONTENT[::-1]
    assert [condition for *_, condition in server.requests] == conditions


@pytest.mark.parametrize(
    "record",
    ["", '{"url": "http', "[1]", '{"url": 1}', '{"url": "http://127.0.0.1:9/x", "tag": "a", "total": 1024000}'],
)
def test_a_part_of_nobody_knows_what_or_of_another_address_is_started_anew(server, tmp_path, record):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, progress=interrupt_after(100_000))
    (tmp_path / ".partial-raster.bin/part.json").write_text(record)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.requests[1][1] is None


def test_a_part_without_a_mark_of_its_file_is_not_kept(server, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, "untagged", progress=interrupt_after(100_000))
    assert names(tmp_path) == []


def test_a_wrong_file_made_of_two_halves_is_not_kept_either(server, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, progress=interrupt_after(100_000))
    with open(tmp_path / ".partial-raster.bin/raster.bin", "r+b") as part:
        part.write(b"damage")
    with pytest.raises(InputError, match="another sha256"):
        get(server, tmp_path)
    assert names(tmp_path) == []
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_what_a_killed_download_left_is_no_copy_and_is_replaced(server, tmp_path, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    (tmp_path / ".partial-raster.bin").mkdir()
    (tmp_path / ".partial-raster.bin/raster.bin").write_bytes(CONTENT[:100])
    assert not list(local_files("*.bin"))
    assert fetch(archive_file(f"{server.address}/whole/raster.bin")).read_bytes() == CONTENT
    assert names(tmp_path) == ["raster.bin"]


def test_mirrors_are_tried_in_their_order(server, tmp_path):
    urls = [f"{server.address}/{kind}/x" for kind in ("gone", "empty", "whole", "cut")]
    assert download(urls, tmp_path / "x.bin", HASH).read_bytes() == CONTENT
    assert [kind for kind, *_ in server.requests] == ["gone", "empty", "whole"]
    with pytest.raises(InputError, match="none of 2 addresses sends y.bin; first: .*gone/x is not there"):
        download(urls[:2], tmp_path / "y.bin")


def test_a_batch_ends_only_where_no_address_of_a_file_answers(server, tmp_path):
    gone, dead = f"{server.address}/gone/x", "http://127.0.0.1:9/x"
    for urls in ([gone, dead], [dead, gone]):
        with pytest.raises(InputError, match="none of 2 addresses sends x.bin") as told:
            download(urls, tmp_path / "x.bin")
        assert not isinstance(told.value, Unreachable)
    unsafe = "http://sdc.uio.no/vol/fits/iris/level2/x"  # of a file without a hash
    with pytest.raises(Unreachable, match="127.0.0.1:9/x .*refused"):
        download([dead, unsafe], tmp_path / "x.bin")
    with pytest.raises(InputError, match="^[^ ]*gone/x is not there"):
        download([gone, unsafe], tmp_path / "x.bin")


def test_a_mirror_with_wrong_bytes_is_passed_over(server, tmp_path):
    urls = [f"{server.address}/reversed/x", f"{server.address}/whole/x"]
    assert download(urls, tmp_path / "x.bin", HASH).read_bytes() == CONTENT


def test_the_address_of_a_part_is_asked_first(server, tmp_path):
    urls = [f"{server.address}/{kind}/raster.bin" for kind in ("cut", "whole")]
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, progress=interrupt_after(100_000))
    assert download(urls, tmp_path / "raster.bin", HASH).read_bytes() == CONTENT
    assert [kind for kind, *_ in server.requests] == ["whole", "whole"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.fits", "it begins with b'.*, not with b'SIMPLE"),
        ("x.tar.gz", "it begins with .*, not with b'.x1f"),
        ("page.csv", "a web page"),
    ],
)
def test_a_file_that_does_not_begin_as_its_name_promises_is_not_kept(server, tmp_path, name, reason):
    kind = "page" if name == "page.csv" else "whole"
    with pytest.raises(InputError, match=f"sent no usable file .{reason}.*nothing was kept"):
        download([f"{server.address}/{kind}/x"], tmp_path / name)
    assert names(tmp_path) == []


def test_a_file_keeps_to_its_first_fetch(server, tmp_path, monkeypatch):
    url = "https://example.org/raster.bin"
    monkeypatch.setenv("FLAREBOOK_MIRROR", f"{server.address}/whole")
    download([url], tmp_path / "raster.bin")
    assert lock.recorded(url).sha256 == HASH
    monkeypatch.setenv("FLAREBOOK_MIRROR", f"{server.address}/reversed")
    with pytest.raises(InputError, match="the archive has changed it; to accept the new file, remove its line"):
        download([url], tmp_path / "again.bin")
    monkeypatch.setenv("FLAREBOOK_MIRROR", f"{server.address}/page")
    with pytest.raises(
        InputError, match="has changed; to accept the new file, remove its line from data-manifest.lock"
    ):
        download([url], tmp_path / "again.bin")
    assert names(tmp_path) == ["raster.bin"]


def test_a_disk_without_room_is_told_before_the_first_byte(server, tmp_path, monkeypatch):
    free = shutil.disk_usage(tmp_path)._replace(free=downloads.RESERVE + 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(InputError, match=r"has 6.71e\+07 bytes free where 1.02e\+06 are to come: make room"):
        get(server, tmp_path)
    assert names(tmp_path) == []


def test_a_file_without_an_end_is_given_up_before_it_fills_the_disk(server, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)

    def with_room_for_a_few(folder):
        come = sum(path.stat().st_size for path in Path(folder).rglob("raster.bin"))
        return usage._replace(free=downloads.RESERVE + 3 * len(CONTENT) - come)

    monkeypatch.setattr(shutil, "disk_usage", with_room_for_a_few)
    with pytest.raises(InputError, match=r"states no size, and .* has no room for more than the 3.\d+e\+06 bytes"):
        download([f"{server.address}/infinite/raster.bin"], tmp_path / "raster.bin")
    assert names(tmp_path) == []


def fill_disk(address, folder, sentences):
    """Download where no file may have more than half of the bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, len(CONTENT) // 2))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        download([f"{address}/whole/raster.bin"], folder / "raster.bin", HASH)
    except InputError as error:
        sentences.put(str(error))


def test_a_disk_that_fills_up_keeps_the_part(server, tmp_path):
    context = multiprocessing.get_context("fork")
    sentences = context.Queue()
    context.Process(target=fill_disk, args=(server.address, tmp_path, sentences)).start()
    sentence = sentences.get(timeout=30)
    assert re.search(r"the disk of .* is full: 512000 bytes of raster.bin are kept; make room", sentence)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.requests[1][1] == "bytes=512000-"


def fetch_several(address, folder, answers):
    """Fetch ten files and report how many are whole."""
    paths = [download([f"{address}/whole/{n}"], folder / f"{n}.bin", HASH) for n in range(10)]
    answers.put(sum(path.read_bytes() == CONTENT for path in paths))


def test_processes_that_fetch_the_same_files_share_them(server, tmp_path):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    processes = [
        context.Process(target=fetch_several, args=(server.address, tmp_path, answers), daemon=True) for _ in range(3)
    ]
    for process in processes:
        process.start()
    assert [answers.get(timeout=30) for _ in processes] == [10, 10, 10]
    assert len(server.requests) == 10 and names(tmp_path) == sorted(f"{n}.bin" for n in range(10))


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """File of the manifest whose address leads nowhere, an empty cache and an empty mirror."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror/deep").mkdir(parents=True)
    return DataFile(url="http://127.0.0.1:9/raster.bin", sha256=HASH)


def test_the_mirror_is_asked_first_in_all_its_folders(nowhere, tmp_path):
    (tmp_path / "mirror/deep/raster.bin").write_bytes(CONTENT)
    assert fetch(nowhere) == tmp_path / "mirror/deep/raster.bin"


def test_the_mirror_s_copy_is_checked_too(nowhere, tmp_path):
    (tmp_path / "mirror/raster.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match="it has changed; replace the mirror's copy"):
        fetch(nowhere)


def test_the_cache_is_used_and_checked(nowhere, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/raster.bin").write_bytes(CONTENT)
    assert fetch(nowhere) == tmp_path / "cache/raster.bin"
    (tmp_path / "cache/raster.bin").write_bytes(b"changed")
    with pytest.raises(InputError, match="it has changed; delete it and fetch it again"):
        fetch(nowhere)


def test_a_changed_sample_says_how_to_restore_it(project):
    (project / "sample.fits").write_bytes(CONTENT)
    file = DataFile(path="sample.fits", sha256=HASH)
    assert fetch(file) == project / "sample.fits"
    (project / "sample.fits").write_bytes(CONTENT + b"\0")
    with pytest.raises(InputError, match=r"sample.fits has sha256 .* it has changed; restore it with `git checkout"):
        fetch(file)
    (project / "sample.fits").unlink()
    with pytest.raises(InputError, match="sample.fits is missing from the project"):
        fetch(file)


def test_a_download_that_ends_during_a_search_disturbs_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/raster.bin").write_bytes(CONTENT)
    (tmp_path / ".partial-other.bin").mkdir()
    walk = os.walk

    def removing(folder, **options):
        for place, folders, names in walk(folder, **options):
            shutil.rmtree(tmp_path / ".partial-other.bin", ignore_errors=True)  # after it was listed
            yield place, folders, names

    monkeypatch.setattr(os, "walk", removing)
    assert [path.name for path in local_files("*.bin")] == ["raster.bin"]


def test_what_a_kill_left_beside_a_part_is_removed_with_it(server, tmp_path):
    stray = work_folder(tmp_path / "raster.bin") / ".partial-7-part.json"
    stray.parent.mkdir()
    stray.write_text("{")
    get(server, tmp_path)
    assert names(tmp_path) == ["raster.bin"]
