"""A file is whole or absent, and a folder that takes none is named."""

import errno
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from flarebook.compendium.atomic_files import (
    atomic_files,
    atomic_write,
    free_stem,
    make_folder,
    own_folder,
    remove_stale,
)
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run


def test_an_interrupted_file_leaves_neither_part_nor_name(tmp_path):
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "spectra.csv") as path:
        path.write_text("half a line")
        raise RuntimeError("power cut")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_rewrite_keeps_the_old_file(tmp_path):
    (tmp_path / "spectra.csv").write_text("old")
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "spectra.csv") as path:
        path.write_text("half")
        raise RuntimeError("power cut")
    assert (tmp_path / "spectra.csv").read_text() == "old"


def test_two_threads_that_write_one_file_at_once_leave_it_whole(tmp_path):
    together = threading.Barrier(2)

    def write(text):
        with atomic_write(tmp_path / "listing.json") as path:
            path.write_text(text)
            together.wait(5)

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(write, ("one", "two")))
    assert [path.read_text() for path in tmp_path.iterdir()] in (["one"], ["two"])


def test_a_file_in_the_place_of_the_build_folder_is_named(tmp_path):
    (tmp_path / "build").write_text("not a folder")
    with pytest.raises(InputError, match=r"cannot write into .*build.*choose another folder"):
        make_folder(tmp_path / "build/ci")


def test_a_read_only_build_folder_is_named(project, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: "build" not in str(path))  # root may write anywhere
    with pytest.raises(InputError, match=r"cannot write into .*build/ci.*read-only"):
        open_run("sun/1-draw", "build/ci")


def test_a_folder_that_turns_read_only_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match="Permission denied"), atomic_write(tmp_path / "a.csv") as path:
        path.write_text("1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError("7 requested and 2 written")]
)
def test_a_full_disk_is_told_whatever_a_library_calls_it(tmp_path, monkeypatch, error):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=100))
    with pytest.raises(InputError, match="cannot write into .*No space left on device.*make room"):
        with atomic_write(tmp_path / "a.csv") as path:
            path.write_text("1")
            raise error
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_a_library_finds_too_small_beforehand_is_full(tmp_path):
    reason = OSError("Not enough space on disk: requested 34039808, available 8376320.")  # astropy's
    with pytest.raises(InputError, match="cannot write into .*No space left on device.*make room"):
        with atomic_write(tmp_path / "a.fits"):
            raise reason
    assert list(tmp_path.iterdir()) == []


def test_a_file_elsewhere_that_cannot_be_read_is_not_the_folder_s_fault(tmp_path):
    reason = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "raster.fits"))
    with pytest.raises(PermissionError, match="raster.fits"), own_folder(tmp_path / "out" / "a.parquet"):
        raise reason


def test_another_error_is_passed_on_where_there_is_room(tmp_path):
    with pytest.raises(ValueError, match="a fault"), atomic_write(tmp_path / "a.csv"):
        raise ValueError("a fault")


@pytest.mark.parametrize("name", ["a" * 300, "file/x"])
def test_a_name_that_no_folder_can_have_is_told(tmp_path, name):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot write into"), own_folder(tmp_path / name):
        pass


def test_an_own_folder_is_empty_and_gone_afterwards(tmp_path):
    (tmp_path / ".partial-run/deep").mkdir(parents=True)
    (tmp_path / ".partial-run/deep/left").write_text("of a killed process")
    with pytest.raises(RuntimeError), own_folder(tmp_path / "run") as folder:
        assert [path.name for path in folder.iterdir()] == [".lock"]
        (folder / "half").write_text("half")
        raise RuntimeError("power cut")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_is_swept_and_what_is_in_use_stays(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f".partial-{name}/results").mkdir(parents=True)
        (tmp_path / f".partial-{name}/.lock").write_text("")
    (tmp_path / ".partial-other").mkdir()  # without a lock: nobody's that we know
    with own_folder(tmp_path / "two") as used:
        (used / "half").write_text("half")
        remove_stale(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == [".partial-other", ".partial-two"]
        assert (used / "half").is_file()


def test_an_own_folder_is_one_s_own_at_a_time(tmp_path):
    inside, most, done = [], [], []

    def work():
        for _ in range(20):
            with own_folder(tmp_path / "run", wait=60) as folder:
                inside.append(folder)
                most.append(len(inside))
                (folder / "part").write_text("x")
                assert sorted(path.name for path in folder.iterdir()) == [".lock", "part"]
                inside.pop()
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and len(done) == 4 and list(tmp_path.iterdir()) == []


def test_several_files_take_their_places_together_or_not_at_all(tmp_path):
    folder = tmp_path / "maps"
    with pytest.raises(SystemExit), atomic_files(folder) as partial:
        (partial / "a.fits").write_text("whole")
        raise SystemExit(143)
    assert not folder.exists()
    folder.mkdir()
    (folder / "a.fits").write_text("old")
    (folder / "other.txt").write_text("other")
    with atomic_files(folder) as partial:
        (partial / "a.fits").write_text("new")
        assert (folder / "a.fits").read_text() == "old"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.fits": "new", "other.txt": "other"}


def test_a_home_folder_that_the_shell_left_as_it_is_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert make_folder("~/out") == tmp_path / "out"
    with atomic_write("~/out/a.txt") as path:
        path.write_text("a")
    assert (tmp_path / "out" / "a.txt").read_text() == "a" and not (tmp_path / "~").exists()


def test_a_stem_leaves_room_for_endings_and_is_text():
    assert len(free_stem(250 * "x" + ".fits", set())) == 180
    assert free_stem("\udcff\udcfe.fits", set()) == "??"


def test_a_folder_in_the_place_of_a_file_is_named_and_stays(tmp_path):
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(InputError, match=r"table.csv is a folder: choose another name"):
        with atomic_write(tmp_path / "table.csv") as path:
            path.write_text("rows")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
