"""A file is whole or absent, and a folder that takes none is named."""

import os

import pytest

from flarebook.compendium.atomic_files import atomic_write, make_folder
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
