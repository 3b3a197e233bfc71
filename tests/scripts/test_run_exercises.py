"""The exercises of the notebooks are found with their values, run, and set beside the profile's run."""

import pytest

from flarebook.compendium.project import notebook_path
from flarebook.compendium.run import open_run
from scripts import run_exercises
from scripts.run_exercises import exercises, what_moved


def test_an_exercise_has_all_values_that_its_text_names():
    assert exercises(notebook_path("iris/1-real-raster")) == {1: ["window=2"], 2: ["exposure=0", "coarse_step=5"]}
    assert exercises(notebook_path("iris/10-label-audit")) == {}


def test_the_metric_that_moved_furthest_in_spreads_is_named(project):
    for folder, flux, total in (("build/ci", 1.0, 10.0), ("build/runs/mine", 1.5, 90.0)):
        run = open_run("sun/1-draw", folder)
        run.metric("flares.flux", flux, spread=0.1)
        run.metric("flares.total", total)
        run.metric("flares.number", 5)
    assert what_moved(project / "build/ci", project / "build/runs/mine") == ("2 of 3", "sun.flares.flux", 1.0, 1.5)
    assert what_moved(project / "build/ci", project / "build/ci") == ("0 of 3", "", None, None)


@pytest.mark.slow
def test_an_exercise_that_fails_is_a_row_with_its_complaint(project):
    row = run_exercises.run_exercise("sun/1-draw", 2, ["n_flares=0"], "ci")
    assert row[:4] == ("sun/1-draw", 2, "n_flares=0", 2) and "n_flares is 0, but it takes 1 or more" in row[-1]
