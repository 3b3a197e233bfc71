"""Each profile lists every notebook, in the book's order, with parameters that the notebook knows."""

from pathlib import Path

import pytest

from flarebook.compendium.workflow.parameters import checked, known_parameters, profile_names, read_profile

ROOT = Path(__file__).parents[2]
WRITTEN = sorted("/".join(path.with_suffix("").parts[-2:]) for path in (ROOT / "notebooks").glob("*/*.ipynb"))


def test_there_are_three_sizes():
    assert profile_names() == ["ci", "laptop", "paper"]


@pytest.mark.parametrize("profile", profile_names())
def test_a_profile_lists_every_notebook(profile):
    assert sorted(read_profile(profile).notebooks) == WRITTEN


@pytest.mark.parametrize("profile", profile_names())
def test_a_profile_sets_known_parameters_of_the_right_type(profile):
    for name, entry in read_profile(profile).notebooks.items():
        checked(name, entry.parameters)
        assert not {"output", "inputs", "seed"} & entry.parameters.keys(), f"{name}: the run sets folders and seed"


@pytest.mark.parametrize("profile", profile_names())
def test_a_notebook_comes_after_earlier_ones_only(profile):
    names = list(read_profile(profile).notebooks)
    for name, entry in read_profile(profile).notebooks.items():
        assert all(names.index(earlier) < names.index(name) for earlier in entry.after)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_notebook_explains_each_parameter_and_has_the_common_three(name):
    known = known_parameters(name)
    assert list(known)[:3] == ["output", "inputs", "seed"]
    assert all(parameter["help"] for parameter in known.values())


@pytest.mark.parametrize("name", WRITTEN)
def test_a_notebook_reads_only_steps_that_it_comes_after(name):
    source = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    after = read_profile("laptop").notebooks[name].after
    study = name.split("/")[0]
    for step in WRITTEN:
        if step != name and step.startswith(study) and f'\\"{step.split("/")[1]}\\"' in source:
            assert step in after, f"{name} loads from {step}, which is not in its `after`"
