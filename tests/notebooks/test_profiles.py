"""Each profile lists every notebook, in the book's order, with parameters that the notebook knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parameters import checked, known_parameters, profile_names, read_profile, run_name
from flarebook.solarchip import split_chronologically

ROOT = Path(__file__).parents[2]
WRITTEN = sorted("/".join(path.with_suffix("").parts[-2:]) for path in (ROOT / "notebooks").glob("*/*.ipynb"))


def test_there_are_three_sizes():
    assert profile_names() == ["ci", "laptop", "paper"]


RUNS = ["paper-short", *(run_name(profile, source) for source in ("simulated", "real") for profile in profile_names())]


def test_a_real_run_has_its_own_name_and_differs_from_the_simulated_one_in_what_the_overlay_says():
    simulated, real = (read_profile(run_name("laptop", source)).notebooks for source in ("simulated", "real"))
    assert run_name("laptop", "real") == "laptop-real"
    changed = {name for name in simulated if simulated[name] != real[name]}
    assert {"iris/3-observations", "stix/2-archive", "solarchip/1-simulated-sun"} <= changed
    kept = simulated["iris/3-observations"].parameters.items() - {"source": "simulated"}.items()
    assert kept <= real["iris/3-observations"].parameters.items()
    assert [entry.after for entry in simulated.values()] == [entry.after for entry in real.values()]


FEWER = {"n_days", "processes", "n_steps", "batch_size", "aia_per_step", "micro_batches", "n_scored", "n_seeds"}
FEWER |= {"n_draws", "epochs", "n_bootstrap", "n_test", "direct_steps", "diffusion_steps", "branch_steps"}
FEWER |= {"n_members", "n_levels"}


def test_a_short_run_keeps_networks_sizes_and_options_and_lowers_counts_alone():
    whole, short = read_profile("paper").notebooks, read_profile("paper-short").notebooks
    for name, entry in short.items():
        known, own = known_parameters(name), whole[name].parameters
        assert entry.parameters.keys() >= own.keys()
        for key in entry.parameters.keys() - {"weights", "start"}:  # near the maximum a few days hold flares
            value, before = entry.parameters[key], own.get(key, known[key]["default"])
            assert value == before or (key in FEWER and value < before), f"{name}: {key}"
        files = [np.ravel(values.get("weights", [])) for values in (own, entry.parameters)]
        assert [Path(path).name for path in files[0]] == [Path(path).name for path in files[1]]


def test_the_short_sun_has_dates_in_every_part_of_the_split():
    short = read_profile("paper-short").notebooks["solarchip/1-simulated-sun"].parameters
    parts = split_chronologically(pd.date_range(short["start"], periods=short["n_days"]))
    assert {"train", "validation", "test"} <= set(parts)  # with fewer dates they all go to training


def test_a_short_run_of_a_profile_that_none_shortens_is_refused():
    with pytest.raises(InputError, match="short.yaml changes nothing of profile ci: choose one of paper"):
        read_profile("ci-short")


def test_a_wrong_source_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="no source 'reel' .did you mean real.*choose one of simulated, real"):
        run_name("ci", "reel")
    with pytest.raises(InputError, match="no profile 'cy'"):
        read_profile("cy-real")


@pytest.mark.parametrize("profile", RUNS)
def test_a_profile_lists_every_notebook(profile):
    assert sorted(read_profile(profile).notebooks) == WRITTEN


@pytest.mark.parametrize("profile", RUNS)
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
