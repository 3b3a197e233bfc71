"""Gates of the larger profiles: tests run the smallest one alone, so that only its gates are known to be measured."""

import pytest

from flarebook.compendium.reports.gates import read_gates
from flarebook.compendium.reports.tolerances import as_yaml, written
from flarebook.compendium.workflow.parameters import known_parameters, read_profile


@pytest.fixture(autouse=True)
def _here(checkout, monkeypatch):
    monkeypatch.chdir(checkout)


@pytest.mark.parametrize("profile", ["laptop", "paper"])
def test_a_larger_profile_gates_what_the_smallest_measures_and_its_further_input_sizes(profile):
    given = read_profile(profile).notebooks["stix/3-encoders"].parameters
    sizes = {f"size_{size}" for size in given.get("sizes", known_parameters("stix/3-encoders")["sizes"]["default"])}
    further = {name for name in read_gates(profile).keys() - read_gates("ci").keys() if name.split(".")[2] not in sizes}
    assert not further, f"metrics/{profile}.yaml gates what the ci profile does not record"


@pytest.mark.parametrize("profile", ["ci", "laptop", "paper"])
def test_gates_are_written_as_flarebook_gates_writes_them(checkout, profile):
    lines = (checkout / f"metrics/{profile}.yaml").read_text(encoding="utf-8").splitlines()
    others = set(lines) ^ set(as_yaml(written(read_gates(profile))).splitlines())
    assert not others, f"a line of `flarebook gates` could not be told from these: {sorted(others)[:4]}"
