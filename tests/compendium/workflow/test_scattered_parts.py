"""The workflow makes data in parts: a killed job costs one, and a rerun makes only what is missing."""

import json
import os
import subprocess
import sys

import pytest
import yaml


def snakemake(project, *arguments):
    """Exit code and text of a run of the small project's ci profile."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--keep-going", "--config", "profile=ci"]
    done = subprocess.run([*command, *arguments], cwd=project, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_killed_job_costs_one_part_and_a_rerun_makes_only_the_missing_one(scattered):
    folder = scattered / "build/ci/parts/sun/1-draw"
    (scattered / "fates/b").write_text("killed")
    code, text = snakemake(scattered)
    assert code != 0 and sorted(path.stem for path in folder.glob("[a-z].parquet")) == ["a", "c", "d"], text
    assert not (scattered / "build/ci/results/sun/1-draw/metrics.json").exists()
    (scattered / "made.txt").unlink()
    code, text = snakemake(scattered)
    assert code == 0, text
    assert (scattered / "made.txt").read_text() == "b"
    summary = json.loads((folder / "gathered.json").read_text())
    assert (summary["parts"], summary["rows"], summary["skipped"]) == (4, 4, [])
    (metric,) = json.loads((scattered / "build/ci/results/sun/1-draw/metrics.json").read_text())
    assert metric["value"] == 16  # four parts of four flares
    code, text = snakemake(scattered, "--dry-run")
    assert "Nothing to be done" in text
    for file in (folder / "c.parquet", folder / "gathered.json", scattered / "build/ci/notebooks/sun/1-draw.ipynb"):
        os.remove(file)
    code, text = snakemake(scattered, "--dry-run")
    assert "part=c" in text and "part=a" not in text


@pytest.mark.slow
def test_parts_of_other_parameters_are_not_mixed_into_a_run(scattered):
    assert snakemake(scattered)[0] == 0
    profile = yaml.safe_load((scattered / "profiles/ci.yaml").read_text())
    profile["notebooks"]["sun/1-draw"]["parameters"] = {"n_flares": 7}
    (scattered / "profiles/ci.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    code, text = snakemake(scattered)
    assert code != 0
    assert "build/ci/parts/sun/1-draw was made with other parameters (n_flares 4 instead of 7)" in text
    assert len(list((scattered / "build/ci/parts/sun/1-draw").glob("[a-z].parquet"))) == 4  # nothing is lost


def flarebook(project, *arguments):
    """A command of the small project."""
    command = [sys.executable, "-m", "flarebook.commands.main", "parts", *arguments, "--profile", "ci"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_commands_name_what_is_wrong(scattered):
    code, text = flarebook(scattered, "list", "sun")
    assert code == 0 and text.count("missing") == 4
    code, text = flarebook(scattered, "make", "sun/1-draw", "--only", "e")
    assert code == 2 and "there is no part 'e'" in text and "0 parts of sun/1-draw made" in text
    code, text = flarebook(scattered, "make", "moon")
    assert code == 2 and "no study 'moon' whose data are made in parts" in text
    code, text = flarebook(scattered, "gather", "sun")
    assert code == 2 and "part a of build/ci/parts/sun/1-draw is missing: run `flarebook parts make`" in text
