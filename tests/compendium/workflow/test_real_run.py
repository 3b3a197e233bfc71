"""A run on real data that could read nothing ends before it begins, in one sentence."""

import subprocess
import sys

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow import real_run


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """No mirror, and nothing in the cache: the folder of the cache."""
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_offline_is_told_in_one_sentence(empty, monkeypatch):
    monkeypatch.setattr(real_run, "ARCHIVE", "http://127.0.0.1:9/")
    with pytest.raises(InputError, match="out of reach .Failed[^()]*refused.: .*FLAREBOOK_MIRROR"):
        real_run.check_archives()


def test_a_mirror_that_does_not_run_is_told_by_the_command(empty, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", "http://127.0.0.1:9")
    command = [sys.executable, "-m", "flarebook.compendium.workflow.real_run"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "127.0.0.1:9/www.lmsal.com" in done.stderr


def test_a_folder_of_files_or_a_filled_cache_is_enough(empty, monkeypatch, tmp_path):
    monkeypatch.setattr(real_run, "ARCHIVE", "http://127.0.0.1:9/")
    empty.mkdir()
    (empty / "iris.tar.gz").touch()
    real_run.check_archives()
    mirror = empty.rename(tmp_path / "mirror")
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(mirror))
    real_run.check_archives()


def test_what_a_failed_fetch_leaves_is_no_archive(empty, monkeypatch):
    monkeypatch.setattr(real_run, "ARCHIVE", "http://127.0.0.1:9/")
    for name in ("hosts/www.lmsal.com.0", "listings/a.json", "failed-iris.csv", "data-manifest.lock"):
        (empty / name).parent.mkdir(parents=True, exist_ok=True)
        (empty / name).touch()
    (empty / "sdo" / "2011-01-01").mkdir(parents=True)
    with pytest.raises(InputError, match="out of reach"):
        real_run.check_archives()


def test_an_empty_or_missing_mirror_is_told_before_the_run(empty, monkeypatch, tmp_path):
    monkeypatch.setattr(real_run, "ARCHIVE", "http://127.0.0.1:9/")
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(InputError, match="which is no folder"):
        real_run.check_archives()
    (tmp_path / "mirror").mkdir()
    with pytest.raises(InputError, match="out of reach"):
        real_run.check_archives()
