"""A run keeps results, metrics and figures where the next step and the book look for them."""

import json

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run, read_metrics


@pytest.fixture
def run(project):
    return open_run("sun/1-draw", "build/ci", seed=3)


def test_tables_arrays_and_weights_come_back_equal(run):
    table = pd.DataFrame({"observation": ["PF 16", "AR 1"], "intensity": np.float32([1.5, 2.5])})
    run.save_table("spectra", table)
    run.save_arrays("maps", score=np.eye(3))
    run.save_weights("model", {"kernel": np.eye(2, dtype=np.float32)[:, ::-1]})
    later = open_run("sun/2-read", "build/ci")
    pd.testing.assert_frame_equal(later.load_table("1-draw", "spectra"), table)
    np.testing.assert_array_equal(later.load_arrays("1-draw", "maps")["score"], np.eye(3))
    np.testing.assert_array_equal(later.load_weights("1-draw", "model")["kernel"], np.eye(2)[:, ::-1])


def test_a_missing_earlier_result_names_the_step_to_run(run):
    with pytest.raises(InputError, match="flarebook run sun/3-fit --output build/ci` first"):
        run.load_table("3-fit", "spectra")


def test_inputs_may_lie_in_another_run(run):
    run.save_arrays("maps", score=np.ones(2))
    other = open_run("sun/2-read", "build/runs/other", inputs="build/ci")
    assert other.load_arrays("1-draw", "maps")["score"].sum() == 2


def test_objects_are_never_pickled(run):
    with pytest.raises(ValueError, match="Object arrays"):
        run.save_arrays("maps", score=np.array([{}, None], dtype=object))


def test_the_same_seed_draws_the_same_numbers(run):
    assert run.rng.normal() == open_run("sun/1-draw", "build/ci", seed=3).rng.normal()
    assert run.rng.normal() != open_run("sun/1-draw", "build/ci", seed=4).rng.normal()


def test_metrics_are_whole_at_any_moment_and_forgotten_by_the_next_run(run, project):
    path = project / "build/ci/results/sun/1-draw/metrics.json"
    assert json.loads(path.read_text()) == []
    run.metric("classifiers.B.tss", np.float32(0.5), spread=0.04, n=8)
    expected = {"name": "sun.classifiers.B.tss", "value": 0.5, "spread": 0.04, "n": 8, "seed": 3, "origin": "simulated"}
    assert json.loads(path.read_text()) == [expected]
    assert read_metrics(project / "build/ci")["sun.classifiers.B.tss"]["notebook"] == "sun/1-draw"
    open_run("sun/1-draw", "build/ci")
    assert json.loads(path.read_text()) == []


def test_a_metric_that_is_no_number_is_null(run, project):
    run.metric("classifiers.B.auc", float("nan"))
    assert read_metrics(project / "build/ci")["sun.classifiers.B.auc"]["value"] is None


def test_a_metric_recorded_twice_or_of_unknown_origin_is_refused(run):
    run.metric("flux", 1.0)
    with pytest.raises(InputError, match="sun.flux is recorded twice"):
        run.metric("flux", 2.0)
    with pytest.raises(InputError, match="say which of real, simulated"):
        run.metric("flux.other", 2.0, origin="fake")
