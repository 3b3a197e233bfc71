"""Gates of the larger profiles: tests run the smallest one alone, so that only its gates are known to be measured."""

import pytest

from flarebook.compendium.reports.gates import read_gates
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
