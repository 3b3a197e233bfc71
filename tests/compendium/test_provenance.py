"""A figure's record names the commit, and whether the code has moved since."""

import subprocess

from flarebook.compendium.provenance import code_state, versions


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
