"""A run keeps results, metrics and figures where the next step and the book look for them."""

import json

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import describe_origin, describe_sources
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


@pytest.mark.parametrize(("load", "suffix"), [("table", "parquet"), ("arrays", "npz"), ("weights", "safetensors")])
def test_a_damaged_earlier_result_is_a_sentence(run, load, suffix):
    (run.folder / f"spectra.{suffix}").write_bytes(b"PAR1 cut")
    with pytest.raises(InputError, match=rf"spectra.{suffix} is broken or not a result of sun/1-draw"):
        getattr(run, f"load_{load}")("1-draw", "spectra")


def test_inputs_may_lie_in_another_run(run):
    run.save_arrays("maps", score=np.ones(2))
    other = open_run("sun/2-read", "build/runs/other", inputs="build/ci")
    assert other.load_arrays("1-draw", "maps")["score"].sum() == 2


def test_earlier_steps_come_from_the_run_s_own_folder_before_the_inputs(run):
    run.save_arrays("maps", score=np.ones(2))
    own = open_run("sun/1-draw", "build/runs/other")
    own.save_arrays("maps", score=np.zeros(2))
    later = open_run("sun/2-read", "build/runs/other", inputs="build/ci")
    assert later.load_arrays("1-draw", "maps")["score"].sum() == 0
    run.save_arrays("more", score=np.ones(2))
    with pytest.raises(InputError, match="needs more.npz of sun/1-draw, which is not in build/runs/other"):
        later.load_arrays("1-draw", "more")  # of a step, all files come from one run


def test_real_and_simulated_runs_are_never_mixed(run):
    table = pd.DataFrame({"flux": [1.0]})
    run.save_table("flares", table)
    open_run("sun/2-read", "build/ci").save_arrays("maps", score=np.ones(2))
    real = open_run("sun/1-draw", "build/real")
    real.save_table("flares", table, origin="real")
    later = open_run("sun/3-fit", "build/real", inputs="build/ci")
    assert later.load_table("1-draw", "flares").equals(table) and later.origin == "real"
    remedy = r"would mix origins: 1-draw/flares.parquet is real in build/real.* and simulated in build/ci.*"
    with pytest.raises(InputError, match=remedy + "run `flarebook run sun/2-read --output build/real` first"):
        later.load_arrays("2-read", "maps")
    run.save_table("flares", table, origin="real")
    assert later.load_arrays("2-read", "maps")["score"].sum() == 2


def test_an_executed_run_writes_to_its_folder_of_work_and_reads_from_the_output(run, project, monkeypatch):
    run.save_arrays("maps", score=np.ones(2))
    monkeypatch.setenv("FLAREBOOK_STAGING", str(project / "work"))
    later = open_run("sun/2-read", "build/ci")
    later.save_arrays("maps", score=later.load_arrays("1-draw", "maps")["score"])
    assert (project / "work/results/sun/2-read/maps.npz").is_file()
    assert not (project / "build/ci/results/sun/2-read").exists()


@pytest.mark.parametrize(
    "text",
    [
        *("[{", "", "null", "{}", "[1]", '[{"name": "a"}]', '[{"name": "a", "value": "0.9", "origin": "real"}]'),
        *("[" * 100_000, '[{"name": "a", "value": true, "origin": "real"}]', "\x00"),
    ],
)
def test_metrics_that_are_cut_or_none_are_a_sentence(run, project, text):
    (project / "build/ci/results/sun/1-draw/metrics.json").write_text(text)
    with pytest.raises(InputError, match="build/ci/results/sun/1-draw/metrics.json"):
        read_metrics(project / "build/ci")


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
    run.metric("classifiers.B.auc", float("nan"), spread=float("nan"))
    metric = read_metrics(project / "build/ci")["sun.classifiers.B.auc"]
    assert metric["value"] is None and metric["spread"] is None


def test_a_metric_recorded_twice_or_of_unknown_origin_is_refused(run):
    run.metric("flux", 1.0)
    with pytest.raises(InputError, match="sun.flux is recorded twice"):
        run.metric("flux", 2.0)
    with pytest.raises(InputError, match="say which of real, simulated"):
        run.metric("flux.other", 2.0, origin="fake")


MANY = pd.DataFrame({"image_id": range(481), "origin": ["simulated"] * 480 + ["real"]})


def test_the_origin_of_a_number_follows_from_its_rows(run, project):
    run.metric("labelled", 0.5, origin=MANY.iloc[:480])
    run.metric("flare", 0.5, origin=MANY.iloc[480:])
    run.metric("all", 0.5, origin=MANY)
    found = read_metrics(project / "build/ci")
    assert [found[f"sun.{name}"]["origin"] for name in ("labelled", "flare", "all")] == [
        "simulated", "real", "real and simulated"
    ]  # fmt: skip
    assert found["sun.all"]["rows"] == {"real": 1, "simulated": 480}


def test_one_real_row_does_not_make_the_numbers_of_later_steps_real(run):
    run.save_table("records", MANY, origin=MANY)
    later = open_run("sun/2-read", "build/ci")
    records = later.load_table("1-draw", "records")
    with pytest.raises(InputError, match="metric sun.recall has no origin.*pass its rows"):
        later.metric("recall", 0.5)
    later.metric("recall", 0.5, origin=records.query("origin == 'simulated'"))
    assert later.metrics[0]["origin"] == "simulated"


def test_the_origins_of_all_loaded_tables_count_in_any_order(run):
    run.save_table("labelled", MANY.iloc[:480], origin=MANY.iloc[:480])
    run.save_table("flare", MANY.iloc[480:], origin=MANY.iloc[480:])
    for tables in (("labelled", "flare"), ("flare", "labelled")):
        later = open_run("sun/2-read", "build/ci")
        assert [later.load_table("1-draw", name) is None for name in tables] == [False, False]
        assert later.origin == "real and simulated"


def test_a_table_takes_the_origin_of_the_run_where_none_is_given(run):
    table = pd.DataFrame({"flux": [1.0]})
    run.save_table("labelled", table)
    run.origin = "real"
    run.save_table("flare", table)
    assert "origin" not in table.attrs
    later = open_run("sun/2-read", "build/ci")
    assert later.load_table("1-draw", "labelled") is not None and later.origin == "simulated"
    assert later.load_table("1-draw", "flare") is not None and later.origin == "real and simulated"
    with pytest.raises(InputError, match="table both has no origin.*pass its rows"):
        later.save_table("both", table)


@pytest.mark.parametrize(
    "rows", [MANY.drop(columns="origin"), MANY.replace("real", "unknown"), MANY.replace("real", None)]
)
def test_rows_that_do_not_say_their_origin_are_refused(run, rows):
    with pytest.raises(InputError, match="real, simulated"):
        run.metric("flux", 1.0, origin=rows)


def test_no_rows_leave_the_origin_of_the_run(run):
    run.metric("flux", float("nan"), origin=MANY.iloc[:0])
    assert run.metrics[0]["origin"] == "simulated" and "rows" not in run.metrics[0]


def test_the_encoder_of_a_run_is_recorded_but_where_none_entered(run):
    run.use_encoder("dinov2-focus")
    run.metric("precision", 0.8)
    run.metric("counted", 0.7, encoder="")
    assert [metric.get("encoder") for metric in run.metrics] == ["dinov2-focus", None]


def test_few_real_rows_are_counted_in_words():
    assert describe_origin(MANY) == "480 simulated and 1 real"
    assert describe_origin(MANY.iloc[:3]) == "simulated"
    assert describe_sources({"origin": "simulated", "encoder": "dinov2-focus"}) == "simulated, encoder dinov2-focus"


def test_all_folders_that_were_searched_are_named_and_the_profile_that_holds_the_step(project):
    later = open_run("sun/2-read", "build/runs/mine", inputs="build/laptop")
    searched = "which is not in build/runs/mine/results/sun/1-draw or build/laptop/results/sun/1-draw"
    with pytest.raises(InputError, match=f"{searched}: run .* with --inputs$"):
        later.load_arrays("1-draw", "maps")
    open_run("sun/1-draw", "build/ci").save_arrays("maps", score=np.ones(2))
    with pytest.raises(InputError, match=f"{searched}: .*; build/ci holds it: --profile ci$"):
        later.load_arrays("1-draw", "maps")
