"""The container files use what the project has: stages, files, programs and targets of make."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DEVCONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
POST_BUILD = (ROOT / "binder/postBuild").read_text(encoding="utf-8")
FILES = ("Dockerfile", ".dockerignore", ".devcontainer/devcontainer.json", "binder/postBuild", "binder/apt.txt")
ROOTS = {"apt-get", "install", "rm", "useradd"}  # programs of the image itself


def instructions(name):
    """Arguments of all instructions of that name in the Dockerfile."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M).replace("\\\n", " ")
    return re.findall(rf"^{name} (.+)$", text, re.M)


def commands():
    """Shell commands of all container files, one program each."""
    entry = json.loads(instructions("ENTRYPOINT")[0]) + json.loads(instructions("CMD")[0])
    lines = [*instructions("RUN"), DEVCONTAINER["postCreateCommand"], " ".join(entry)]
    lines += [line for line in POST_BUILD.splitlines() if line and not line.startswith(("#", "set "))]
    return [command.strip() for line in lines for command in line.split("&&")]


@pytest.mark.parametrize("command", [command for command in commands() if command.startswith("make ")])
def test_targets_of_make_exist(command):
    done = subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_other_program_is_the_images_or_the_environments():
    programs = {command.split()[0] for command in commands()} - {"make"}
    assert programs <= ROOTS | {".venv/bin/python"}
    assert "make book PROFILE=ci" in commands()


def test_what_is_copied_before_the_rest_is_all_that_the_environment_needs(tmp_path):
    named = [line.removeprefix("--chown=reader ").split()[:-1] for line in instructions("COPY")]
    assert named[-1] == ["."]
    for name in (name for names in named[:-1] for name in names):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    done = subprocess.run(["make", ".venv/.all", "--dry-run"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "requirements.lock" in done.stdout and "locks/torch.txt" in done.stdout


def test_all_of_them_take_the_same_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    version = next(item for item in environment["dependencies"] if str(item).startswith("python=")).split("=")[1]
    assert instructions("FROM") == [f"python:{version}-slim-bookworm AS base", "base"]
    assert (ROOT / "binder/runtime.txt").read_text().strip() == f"python-{version}"


def test_the_development_container_is_a_stage_of_the_dockerfile():
    build = DEVCONTAINER["build"]
    assert (ROOT / ".devcontainer" / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert any(stage.endswith(f" AS {build['target']}") for stage in instructions("FROM"))
    assert DEVCONTAINER["remoteUser"] == instructions("USER")[0]


def test_packages_of_the_system_are_those_that_the_page_asks_for():
    page = (ROOT / "book/run-it-yourself.md").read_text(encoding="utf-8")
    asked = set(re.search(r"apt-get install (.+)", page)[1].split())
    named = {word for word in instructions("RUN")[0].split("&&")[1].split()[2:] if not word.startswith("-")}
    assert named == {name for name in asked if not name.startswith("python")}
    assert set((ROOT / "binder/apt.txt").read_text().split()) <= named


def test_the_script_of_binder_can_run():
    assert os.access(ROOT / "binder/postBuild", os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / "binder/postBuild"]).returncode == 0


@pytest.mark.parametrize("name", FILES)
def test_no_host_is_named(name):
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_what_is_built_stays_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {"build", ".venv"} <= set(ignored)
