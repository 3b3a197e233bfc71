"""Two runs stand side by side, their difference measured by their spread."""

import json

import pytest

from flarebook.compendium.comparison.runs import compare, different_parameters, run_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run


@pytest.fixture
def runs(project):
    """Profile run with TSS .5 +- .03 and a reader's run with .6 +- .04, which lacks one metric."""
    first, second = open_run("sun/1-draw", "build/ci"), open_run("sun/1-draw", "build/runs/wide")
    first.metric("tss", 0.5, spread=0.03)
    second.metric("tss", 0.6, spread=0.04)
    first.metric("spectra", 300)
    return project


def test_runs_are_found_by_profile_label_and_folder(runs):
    assert run_folder("ci") == runs / "build/ci"
    assert run_folder("wide") == runs / "build/runs/wide"
    assert run_folder(runs / "build/ci") == runs / "build/ci"


def test_a_mistyped_run_names_the_nearest(runs):
    with pytest.raises(InputError, match=r"no run 'wild' \(did you mean wide\?\)"):
        run_folder("wild")


def test_the_difference_is_measured_in_spreads(runs):
    lines = {line.name: line for line in compare(run_folder("ci"), run_folder("wide"))}
    tss = lines["sun.tss"]
    assert tss.difference == pytest.approx(0.1) and tss.sigmas == pytest.approx(2)  # sqrt(.03^2 + .04^2) = .05


def test_a_metric_of_one_run_only_is_still_listed(runs):
    lines = {line.name: line for line in compare(run_folder("ci"), run_folder("wide"))}
    assert (lines["sun.spectra"].first, lines["sun.spectra"].second) == (300, None)


def test_without_a_spread_no_significance_is_claimed(runs):
    open_run("sun/1-draw", "build/runs/wide").metric("spectra", 400)
    lines = {line.name: line for line in compare(run_folder("ci"), run_folder("wide"))}
    assert lines["sun.spectra"].difference == 100 and lines["sun.spectra"].sigmas is None


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ({"n_flares": 5, "seed": 1, "output": "a"}, {"seed": 2, "output": "b"}, {"seed": (1, 2)}),  # 5 is the default
        ({"widths": [4, 2]}, {"widths": [8]}, {"widths": ([4, 2], [8])}),
        ({"n_flares": 5}, {}, {}),
        ({"n_flares": 6}, None, {}),  # not recorded
    ],
)
def test_parameters_that_differ_are_found_past_their_defaults(runs, one, other, different):
    for folder, made in (("build/ci", one), ("build/runs/wide", other)):
        path = runs / folder / "notebooks/sun/1-draw.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"metadata": {} if made is None else {"papermill": {"parameters": made}}}))
    found = different_parameters(run_folder("ci"), run_folder("wide"))
    assert found == ({"sun/1-draw": different} if different else {})
