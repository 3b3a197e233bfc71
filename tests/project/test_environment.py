"""pyproject.toml, requirements.lock and environment.yml install the same packages."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from scripts.lock import canonical, pins_from_report, read_lock

ROOT = Path(__file__).parents[2]
LOCK = read_lock(ROOT / "requirements.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("encoders", "peers", "radiative-transfer", "dev")
IN_VENV = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()


def applies(requirement, extras=("",)):
    """Whether a requirement is meant for this Python and machine, with one of the extras."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)


def requested():
    """Every requirement of pyproject.toml, extras included."""
    groups = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS for line in groups[extra])]
    return [requirement for line in lines if applies(requirement := Requirement(line))]


def reachable():
    """Names of everything that the requirements bring, by the installed packages' own metadata."""
    waiting, seen = [(canonical(item.name), frozenset(item.extras)) for item in requested()], set()
    while waiting:
        name, extras = key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        needs = map(Requirement, metadata.requires(name) or ())
        waiting += [(canonical(item.name), frozenset(item.extras)) for item in needs if applies(item, ("", *extras))]
    return {name for name, _ in seen}


def test_extras_are_all_locked():
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"])


def test_every_requirement_is_met_by_a_pin():
    unmet = [
        str(item)
        for item in requested()
        if canonical(item.name) not in LOCK or not item.specifier.contains(Version(LOCK[canonical(item.name)]))
    ]
    assert not unmet


def test_pins_are_exact_and_name_no_place():
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert list(LOCK) == sorted(LOCK)
    assert not [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[a-z0-9.!]+", line)]


def test_every_pin_is_asked_for():
    missing = [name for name in LOCK if not installed(name)]
    if missing and not IN_VENV:
        pytest.skip(f"this environment is not the lock's: {missing[0]} is not installed")
    assert not set(LOCK) - reachable()


def test_what_is_installed_is_what_is_locked():
    if not IN_VENV:
        pytest.skip("the tests run outside .venv")
    wrong = {name: installed(name) for name, version in LOCK.items() if installed(name) != version}
    assert not wrong


def installed(name):
    """Version of an installed package without its local label, or None."""
    try:
        return metadata.version(name).split("+")[0]
    except metadata.PackageNotFoundError:
        return None


def test_conda_installs_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = next(item for item in environment["dependencies"] if isinstance(item, str) and item.startswith("python="))
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert python.split("=")[1] in PROJECT["requires-python"]
    assert pip == ["-r requirements.lock", "-e ."]
    assert environment["channels"] == ["conda-forge"]


def test_lock_is_made_from_pips_report_without_local_labels():
    packages = [("Flarebook", "0.1.0"), ("torch", "2.13.0+cpu"), ("ruamel.yaml", "0.18.6")]
    report = {"install": [{"metadata": {"name": name, "version": version}} for name, version in packages]}
    assert pins_from_report(report) == ["ruamel-yaml==0.18.6", "torch==2.13.0"]


def test_citation_and_package_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "BSD-3-Clause"
    assert {reference["year"] for reference in citation["references"]} == {2020, 2024, 2025}
