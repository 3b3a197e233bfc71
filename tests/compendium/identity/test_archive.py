"""The archive of a commit holds its files and the run's, is the same each time, and its hashes find a change."""

import hashlib
import json
import os
import subprocess
import zipfile

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.identity.__main__ import archive_commit
from flarebook.compendium.identity.archive import write_archive

WHO = {f"GIT_{role}_{what}": "sun@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder, *arguments, day="2026-11-28T07:20:11+00:00"):
    """Run git as a person of the tests, on a fixed day."""
    environment = os.environ | WHO | {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
    subprocess.run(["git", "-C", folder, *arguments], env=environment, check=True, capture_output=True)


@pytest.fixture
def committed(project):
    """The tiny project as a git checkout with a run of one figure and one table."""
    (project / ".gitignore").write_text("build/\n")
    (project / "run.sh").write_text("echo sun\n")
    (project / "run.sh").chmod(0o755)
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "Begin")
    results = project / "build/ci/results/sun/1-draw"
    results.mkdir(parents=True)
    for name in ("flares.parquet", "metrics.json", "weights.safetensors"):
        (results / name).write_bytes(name.encode())
    figures = project / "build/ci/figures"
    figures.mkdir()
    record = {"label": "fig-sun-01-flux", "caption": "Flux.", "alt": "A line.", "origin": "real", "commit": "0" * 40}
    (figures / "sun-01-flux.json").write_text(json.dumps(record))
    (figures / "sun-01-flux.csv").write_text("flux\n1\n")
    (figures / ".partial-1-sun-01-flux.csv").write_text("flux\n")  # which a killed process left
    return project


def unpack(path, folder):
    """Unpack an archive; returns its one folder."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


def sums_hold(folder):
    """Whether sha256sum finds each file of a folder as its SHA256SUMS say."""
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True)
    return done.returncode == 0


def test_it_holds_the_commit_and_the_run_s_figures_and_tables_each_with_its_hash(committed, tmp_path):
    (committed / "run.sh").write_text("echo changed since\n")
    path = write_archive(committed, committed / "build/ci", tmp_path / "out")
    folder = unpack(path, tmp_path / "unpacked")
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    built = {"figures/sun-01-flux.json", "figures/sun-01-flux.csv"}
    built |= {"results/sun/1-draw/flares.parquet", "results/sun/1-draw/metrics.json"}
    assert {"run.sh", "pyproject.toml", "SHA256SUMS"} | {f"build/ci/{name}" for name in built} <= found
    assert not [name for name in found if name.endswith("safetensors") or "partial" in name]
    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert listed == found - {"SHA256SUMS"}
    assert (folder / "run.sh").read_text() == "echo sun\n"  # as committed
    assert zipfile.ZipFile(path).getinfo(f"{folder.name}/run.sh").external_attr >> 16 & 0o777 == 0o755


def test_it_is_the_same_each_time_and_named_for_version_and_commit(committed, tmp_path):
    first, second = (write_archive(committed, committed / "build/ci", tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=committed, capture_output=True, text=True).stdout[:10]
    assert first.name == f"flarebook-1.2.0-{commit}.zip"
    hash, name = first.with_suffix(".zip.sha256").read_text().split()
    assert name == first.name and hash == hashlib.sha256(first.read_bytes()).hexdigest()


def test_its_hashes_find_a_changed_file_and_a_missing_one(committed, tmp_path):
    folder = unpack(write_archive(committed, committed / "build/ci", tmp_path / "out"), tmp_path / "unpacked")
    assert sums_hold(folder)
    table = folder / "build/ci/figures/sun-01-flux.csv"
    table.write_text("flux\n2\n")
    assert not sums_hold(folder)
    table.write_text("flux\n1\n")
    assert sums_hold(folder)
    table.unlink()
    assert not sums_hold(folder)


def test_a_changed_result_gives_another_archive(committed, tmp_path):
    first = write_archive(committed, committed / "build/ci", tmp_path / "a")
    (committed / "build/ci/figures/sun-01-flux.csv").write_text("flux\n2\n")
    assert first.read_bytes() != write_archive(committed, committed / "build/ci", tmp_path / "b").read_bytes()


def test_it_is_told_which_figures_another_commit_made_and_what_is_not_committed(committed):
    (committed / "run.sh").write_text("echo changed since\n")
    told = " ".join(archive_commit(committed, "ci"))
    assert "Figures of the run ci in it: 1." in told and "another commit" in told and "say: 1 of them" in told
    assert "differ from the commit" in told
    assert "Figures of the run laptop in it: 0." in " ".join(archive_commit(committed, "laptop"))


def test_outside_a_checkout_it_is_a_sentence(project, tmp_path):
    with pytest.raises(InputError, match="is no git checkout"):
        write_archive(project, project / "build/ci", tmp_path / "out")
    assert not (tmp_path / "out").exists()
