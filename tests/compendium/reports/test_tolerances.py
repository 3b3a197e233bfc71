"""Proposed tolerances are one sd of what the seeds gave, or the scatter over processors where that is larger."""

import json
import os

import numpy as np
import pytest
import yaml

from flarebook.compendium.errors import InputError
from flarebook.compendium.reports import tolerances
from flarebook.compendium.reports.gates import Gate
from flarebook.compendium.reports.tolerances import (
    borrowed,
    chosen,
    propose,
    propose_with_spread_of,
    proposed,
    recorded,
)


def test_a_known_scatter_gives_one_standard_deviation_about_the_first_seed():
    values = [0.57, *np.random.default_rng(1).normal(0.57, 0.02, 1000)]
    gate = proposed({"iris.tss": values}, "ci")["iris.tss"]
    assert gate["expected"] == 0.57 and gate["abs"] == pytest.approx(0.02, abs=0.002)
    assert gate["why"] == "1 sd over 1001 seeds of the ci profile"


def test_a_metric_that_no_seed_moves_keeps_a_small_documented_floor():
    gate = proposed({"iris.spectra": [200.0] * 5}, "ci")["iris.spectra"]
    assert (gate["expected"], gate["abs"]) == (200.0, 1.0) and gate["why"].startswith("0.5% of the value")


def test_zero_gets_a_tolerance_above_zero():
    assert proposed({"iris.zero": [0.0] * 5}, "ci")["iris.zero"]["abs"] > 0


def test_the_own_seed_passes_its_gate_and_what_lies_further_than_the_scatter_does_not():
    rng = np.random.default_rng(2)
    for scale in (1e-4, 1.0, 3e5):
        values = list(rng.normal(scale, 0.3 * scale, 10))
        gate = Gate(**proposed({"a.b": values}, "ci")["a.b"])
        assert gate.passes(values[0]) and not gate.passes(values[0] + scale)


def test_two_values_make_no_spread():
    assert proposed({"iris.tss": [0.5, 0.6]}, "ci") == {}


def test_a_borrowed_spread_stands_about_the_run_s_own_value():
    values = {"iris.tss": [0.5, 0.55, 0.6], "iris.f": [100.0, 110.0, 120.0], "iris.lonely": [1.0]}
    gates = borrowed({"iris.tss": 0.55, "iris.f": 1100.0, "iris.lonely": 1.0, "iris.new": 2.0}, values, "ci")
    assert set(gates) == {"iris.tss", "iris.f"}
    assert gates["iris.tss"] == {"expected": 0.55, "abs": 0.05, "why": "1 sd over 3 seeds of the ci profile"}
    assert gates["iris.f"]["abs"] == 100.0 and "in proportion" in gates["iris.f"]["why"]


def test_recorded_tolerances_stand_about_the_run_s_own_value_and_grow_with_what_is_no_score():
    why = "3 sd over 4 seeds of the ci profile"
    fixed = {"fixed": "shipped file"}
    gates = {"iris.tss": Gate(expected=0.5, abs=0.05, why=why), "iris.f": Gate(expected=100.0, abs=10.0, why=why)}
    gates |= {"iris.days": Gate(expected=2.0, rel=0.01, why="counted", **fixed), "iris.other": gates["iris.f"]}
    new = recorded({"iris.tss": 0.55, "iris.f": 1100.0, "iris.days": 4.0, "iris.new": 2.0}, gates)
    assert new["iris.tss"] == {"expected": 0.55, "abs": 0.05, "why": why}
    assert new["iris.f"] == {"expected": 1100.0, "abs": 110.0, "why": f"{why}, in proportion to the value"}
    assert new["iris.days"] == {"expected": 4.0, "abs": 0.02, "why": "counted", **fixed}
    assert set(new) == {"iris.tss", "iris.f", "iris.days"}
    near_zero = {"iris.f": Gate(expected=0.1, abs=5.0, why=why)}
    assert recorded({"iris.f": 760.0}, near_zero)["iris.f"]["abs"] == 760.0


def test_without_the_seeds_runs_a_profile_takes_the_tolerances_of_another_one_s_gates(project):
    gates = "sun.flares.flux: {expected: 1.0, abs: 0.25, why: 1 sd over 5 seeds of the ci profile}\n"
    (project / "metrics/laptop.yaml").write_text(gates)
    write_run(project / "build/ci", **{"sun.flares.flux": 0.9})
    _, new = propose_with_spread_of("laptop", "ci", chosen("ci"))
    assert (new["sun.flares.flux"]["expected"], new["sun.flares.flux"]["abs"]) == (0.9, 0.25)


def test_a_score_that_scatters_over_all_values_is_held_to_its_own_seed():
    gate = proposed({"iris.time.tss": [0.9, 0.1, -0.5, 0.4]}, "ci")["iris.time.tss"]
    assert (gate["expected"], gate["abs"]) == (0.9, 0.05) and "too wide to guard" in gate["why"]
    assert not Gate(**gate).passes(0.5)


def test_there_is_no_spread_to_borrow_before_the_seeds_were_run(project):
    with pytest.raises(InputError, match="no spread to borrow: run `flarebook gates --profile ci`"):
        propose_with_spread_of("ci", "ci", chosen("ci"))


def test_notebooks_are_chosen_by_name_or_from_one_on(project):
    assert list(chosen("ci", start_from="sun/2-read")) == ["sun/2-read"]
    assert list(chosen("ci", notebooks=["sun/1-draw"])) == ["sun/1-draw"]
    with pytest.raises(InputError, match="did you mean sun/2-read"):
        chosen("ci", start_from="sun/2-reed")


@pytest.fixture
def quick_notebooks(monkeypatch):
    """Notebooks that only record a metric drawn with their seed; yields the list of those that ran."""
    ran = []

    def execute(name, folder, parameters):
        from flarebook.compendium.run import open_run

        run = open_run(name, folder, seed=parameters["seed"])
        run.metric("flares.flux" if "draw" in name else "flares.largest", run.rng.normal(1.0, 0.1))
        (run.folder / "sha256.json").write_text("{}")
        ran.append((name, parameters["seed"]))

    monkeypatch.setattr(tolerances, "execute", execute)
    return ran


def test_the_proposal_is_written_and_resumed(project, quick_notebooks):
    path, new = propose("ci", range(1, 4), chosen("ci"))
    assert set(new) == {"sun.flares.flux", "sun.flares.largest"} and len(quick_notebooks) == 6
    assert path == project / "build/ci/proposed-gates.yaml"
    assert yaml.safe_load(path.read_text()) == new
    propose("ci", range(1, 5), chosen("ci"))
    assert quick_notebooks[6:] == [("sun/1-draw", 4), ("sun/2-read", 4)]


def test_a_proposal_keeps_what_fixes_a_number(project):
    path = project / "metrics" / "ci.yaml"
    path.write_text("sun.flares.flux: {expected: 1.0, abs: 0.1, why: counted, fixed: setting, edition: simulated}\n")
    new = {"sun.flares.flux": {"expected": 2.0, "abs": 0.1, "why": "counted again"}}
    written, _ = tolerances.write_proposal("ci", new)
    assert yaml.safe_load(written.read_text())["sun.flares.flux"] == new["sun.flares.flux"] | {
        "fixed": "setting",
        "edition": "simulated",
    }


def test_a_subset_keeps_the_other_gates_and_borrows_earlier_results(project, quick_notebooks):
    with pytest.raises(InputError, match="lacks the results of sun/1-draw"):
        propose("ci", range(1, 4), chosen("ci", start_from="sun/2-read"))
    earlier = project / "build/ci/results/sun/1-draw"
    earlier.mkdir(parents=True)
    (earlier / "sha256.json").write_text("{}")
    path, new = propose("ci", range(1, 4), chosen("ci", start_from="sun/2-read"))
    assert set(new) == {"sun.flares.largest"}
    assert yaml.safe_load(path.read_text())["sun.flares.flux"]["expected"] == 1.0


def test_what_rounding_moves_further_than_seeds_gets_room_for_it_and_says_so():
    values = {"a.share": [0.098, 0.1, 0.096, 0.097, 0.099], "a.mean": [1.0, 1.1, 0.9, 1.05, 0.95]}
    gates = proposed(values, "ci", {"a.share": (0.008, 4), "a.mean": (1e-6, 4)})
    assert gates["a.share"]["abs"] == 0.016 and gates["a.share"]["why"].startswith("2 ranges over 4 processor settings")
    assert Gate(**gates["a.share"]).passes(0.0905) and not Gate(**proposed(values, "ci")["a.share"]).passes(0.0905)
    assert gates["a.mean"] == proposed(values, "ci")["a.mean"]


def write_run(folder, **values):
    """A run's metrics."""
    path = folder / "results/sun/1-draw/metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps([{"name": name, "value": value, "origin": "real"} for name, value in values.items()]))
    return folder


def test_scatter_is_the_range_over_runs_and_leaves_out_what_does_not_move(project):
    runs = [write_run(project / "a", x=1.0, y=2.0, z=None), write_run(project / "b", x=1.5, y=2.0 + 1e-9, z=1.0)]
    tolerances.write_scatter("ci", tolerances.collect(runs, ["sun/1-draw"]))
    assert (project / "metrics/ci-processors.csv").read_text() == "metric,lowest,highest,runs\nx,1,1.5,2\n"
    assert tolerances.read_scatter("ci") == {"x": (0.5, 2)}
    assert tolerances.read_scatter("laptop") == {}


def test_a_subset_keeps_the_scatter_of_other_metrics(project):
    tolerances.write_scatter("ci", {"a": [1.0, 2.0], "c": [3.0, 3.5]})
    tolerances.write_scatter("ci", {"b": [5.0, 6.0], "c": [3.0, 3.0]})
    assert tolerances.read_scatter("ci") == {"a": (1.0, 2), "b": (1.0, 2)}


def test_what_is_kept_is_not_rewritten_when_nothing_new_moves(project):
    tolerances.write_scatter("ci", {"a": [1.0, 2.5], "c": [1.5, 3.0]})
    before = (project / "metrics/ci-processors.csv").read_text()
    tolerances.write_scatter("ci", {"b": [5.0, 5.0]})
    assert (project / "metrics/ci-processors.csv").read_text() == before


def test_a_setting_takes_earlier_results_from_the_profile_s_own_run(project, monkeypatch):
    monkeypatch.setattr(tolerances, "execute", lambda *_: None)
    entries = chosen("ci", start_from="sun/2-read")
    with pytest.raises(InputError, match="lacks the results of sun/1-draw"):
        tolerances.run_settings("ci", entries)
    earlier = project / "build/ci/results/sun/1-draw"
    earlier.mkdir(parents=True)
    (earlier / "sha256.json").write_text("{}")
    for folder in tolerances.run_settings("ci", entries):
        assert (folder / "results/sun/1-draw/sha256.json").is_file()


def test_each_setting_runs_each_notebook_in_its_own_environment(project, monkeypatch):
    seen = []
    monkeypatch.setattr(
        tolerances, "execute", lambda name, folder, values: seen.append((name, os.environ.get("ATEN_CPU_CAPABILITY")))
    )
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    folders = tolerances.run_settings("ci", chosen("ci"))
    assert len(folders) == len(set(folders)) == len(tolerances.SETTINGS)
    assert [capability for name, capability in seen if name == "sun/2-read"] == [None, "default", None]
    assert "ATEN_CPU_CAPABILITY" not in os.environ


@pytest.mark.parametrize("setting", tolerances.SETTINGS)
def test_settings_are_environment_variables(setting):
    assert all(isinstance(value, str) for value in tolerances.SETTINGS[setting].values())
