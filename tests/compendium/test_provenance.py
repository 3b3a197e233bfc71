"""A figure's record names the commit, and whether the code has moved since."""

import subprocess

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder
from flarebook.compendium.provenance import ORIGINS, code_state, file_origin, mix_origins, versions


def git(folder, *arguments):
    """Run one git command as a test author."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_commit_and_dirty_flag_follow_the_working_tree(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "a.py").write_text("1\n")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "one")
    clean = code_state(tmp_path)
    assert len(clean["commit"]) == 40 and clean["dirty"] is False
    (tmp_path / "a.py").write_text("2\n")
    assert code_state(tmp_path) == {"commit": clean["commit"], "dirty": True}


def test_outside_a_checkout_nothing_is_claimed(tmp_path):
    assert code_state(tmp_path) == {"commit": None, "dirty": None}


def test_versions_are_those_of_the_requirements_and_no_extras():
    found = versions()
    assert found["numpy"].startswith("2.") and "pytest" not in found


def test_a_simulated_file_is_refused_in_a_real_run_and_a_rehearsal_in_its_own(monkeypatch):
    monkeypatch.delenv("FLAREBOOK_REHEARSAL", raising=False)
    assert file_origin(False, "a.fits") == "real"
    with pytest.raises(InputError, match="a.fits says of itself that it is no observation.*FLAREBOOK_REHEARSAL=1"):
        file_origin(True, "a.fits")
    own = cache_folder()
    monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
    assert file_origin(True, "a.fits") == "rehearsal" and file_origin(False, "a.fits") == "real"
    assert cache_folder() == own / "rehearsal"  # a later real run finds none of its files


def test_origins_mix_in_one_order():
    assert mix_origins("rehearsal", "real") == "real and rehearsal" and mix_origins("real", "real") == "real"
    assert mix_origins("real and simulated", "rehearsal") in ORIGINS
