"""pyproject.toml, the locks and environment.yml install the same packages, and each study has what it imports."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import grimp
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from flarebook.compendium.workflow.dependencies import notebook_sources
from flarebook.compendium.workflow.parameters import read_profile
from scripts.lock import CUDA, TORCH, read_lock

ROOT = Path(__file__).parents[2]
LOCK = read_lock(ROOT / "requirements.lock")
PINS = read_lock(ROOT / "locks/pins.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
STUDIES = sorted(path.name for path in (ROOT / "notebooks").iterdir())
IN_VENV = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()
each_study = pytest.mark.parametrize("study", STUDIES)


def applies(requirement, extras=("",)):
    """Whether a requirement is meant for this Python and machine, with one of the extras."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)


def requested(*extras):
    """Requirements of pyproject.toml with some extras, default all."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras or EXTRAS for line in EXTRAS[extra])]
    return [requirement for line in lines if applies(requirement := Requirement(line))]


def reachable(*extras):
    """Names of everything that the requirements bring, by the installed packages' own metadata."""
    waiting, seen = [(canonicalize_name(item.name), frozenset(item.extras)) for item in requested(*extras)], set()
    while waiting:
        name, extras = key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if not IN_VENV and installed(name) is None:
            pytest.skip(f"this environment is not the lock's: {name} is not installed")
        needs = map(Requirement, metadata.requires(name) or ())
        waiting += [(canonicalize_name(n.name), frozenset(n.extras)) for n in needs if applies(n, ("", *extras))]
    return {name for name, _ in seen}


def installed(name):
    """Version of an installed package without its local label, or None."""
    try:
        return metadata.version(name).split("+")[0]
    except metadata.PackageNotFoundError:
        return None


def test_every_requirement_is_met_by_a_pin():
    pins = {name: Version(version) for name, version in PINS.items()}
    for item in requested():
        assert item.specifier.contains(pins[canonicalize_name(item.name)]), str(item)


def test_every_pin_but_those_of_torch_carries_hashes_and_names_no_place():
    blocks = re.findall(r"^[a-z0-9].*(?:\n .*)*", (ROOT / "requirements.lock").read_text(), re.M)
    assert len(blocks) > 200
    for block in blocks:
        assert re.match(r"[a-z0-9-]+==[a-z0-9.!]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", block), block[:80]
        assert "://" not in block
    assert not {name for name in LOCK if name in TORCH or CUDA.fullmatch(name)}
    torch = {line for line in (ROOT / "locks/torch.txt").read_text().splitlines() if not line.startswith("#")}
    assert torch == {f"{name}=={PINS[name]}" for name in TORCH}


@each_study
def test_a_study_s_lock_meets_its_extra_in_the_same_versions_without_a_framework_that_it_does_not_ask_for(study):
    lock = read_lock(ROOT / f"locks/{study}.lock")
    assert not {name for name in lock if lock[name] != LOCK[name]}
    asked = {canonicalize_name(item.name) for item in requested(study, "book")}
    assert not asked - lock.keys() - set(TORCH), "run `make lock KEEP=1`"
    for framework in ({"timm", "lightly", "transformers", "torchmetrics"}, {"tensorflow-cpu", "keras"}):
        assert framework & asked or not framework & lock.keys()


@each_study
def test_a_study_s_notebooks_import_only_what_its_extra_installs(study):
    graph = grimp.build_graph("flarebook", include_external_packages=True, cache_dir=None)
    owners = metadata.packages_distributions()
    allowed = reachable(study, "book") | {"flarebook"}
    for name in read_profile("ci", study).notebooks:
        paths = [Path(path).with_suffix("").parts[1:] for path in notebook_sources(name) if path.endswith(".py")]
        for module in {".".join(part for part in parts if part != "__init__") for parts in paths}:
            for other in graph.find_modules_directly_imported_by(module):
                top = other.split(".")[0]
                if top not in sys.stdlib_module_names | OPTIONAL:
                    assert allowed & {canonicalize_name(owner) for owner in owners[top]}, f"{module} imports {top}"


# Errors of protobuf, which onnx brings; the extra radiative-transfer; types that a raster or a map gives on request;
# Dask, of the extra scale, when FLAREBOOK_SCHEDULER names a scheduler.
OPTIONAL = {"distributed", "flarebook", "google", "lightweaver", "ndcube", "sunpy"}


def test_every_pin_is_asked_for():
    missing = [name for name in PINS if not installed(name)]
    if missing and not IN_VENV:
        pytest.skip(f"this environment is not the lock's: {missing[0]} is not installed")
    marked = {name for name in missing if re.search(rf"^{re.escape(name)}==\S+ ;", PINS_TEXT, re.M)}
    assert not set(PINS) - reachable() - marked


PINS_TEXT = (ROOT / "locks/pins.txt").read_text(encoding="utf-8")


def test_what_is_installed_is_what_is_locked():
    if not IN_VENV:
        pytest.skip("the tests run outside .venv")
    wrong = {name: installed(name) for name, version in LOCK.items() if installed(name) not in (version, None)}
    assert not wrong


def test_conda_installs_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = next(item for item in environment["dependencies"] if isinstance(item, str) and item.startswith("python="))
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert PROJECT["requires-python"] == ">=3.11,<3.14" and python.split("=")[1] in ("3.11", "3.12", "3.13")
    assert pip == ["-r locks/pins.txt", "-e ."]
    assert environment["channels"] == ["conda-forge"]
    assert {name: PINS[name] for name in LOCK} == LOCK


def test_the_extra_that_the_slurm_profile_needs_exists():
    settings = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    assert f"snakemake-executor-plugin-{settings['executor']}" in EXTRAS["slurm"]


def test_make_lists_the_interpreters_it_takes():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in text
    done = subprocess.run(["make", "-C", ROOT, "-n", "test", "BASE_PYTHON=", "VENV=build/none"], capture_output=True)
    assert b"3.11, 3.12 or 3.13 was not found" in done.stdout


def test_make_lets_python_keep_its_bytecode():
    command = ["make", "-C", ROOT, "--eval", 'seen: ; @echo "seen: $${PYTHONDONTWRITEBYTECODE-nothing}"', "seen"]
    done = subprocess.run(command, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True)
    assert "seen: nothing" in done.stdout
