"""A gate is green inside its tolerance, and red for anything else: outside, missing, not a number."""

import math

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.gates import Gate, all_green, check, judge, notebooks_not_run, read_gates
from flarebook.compendium.run import open_run

TSS = Gate(expected=0.57, abs=0.04, why="3 sd over 10 seeds")


def verdict(value, gate=TSS):
    """Verdict on one measured value."""
    (line,) = judge({"iris.tss": {"value": value, "origin": "simulated"}}, {"iris.tss": gate})
    return line.verdict


@pytest.mark.parametrize("value", [0.57, 0.5301, 0.6099])
def test_inside_the_tolerance_is_green(value):
    assert verdict(value) == "green"


@pytest.mark.parametrize("value", [0.52, 0.62, 0.0, -0.57, math.nan, math.inf, None])
def test_outside_not_a_number_and_null_are_red(value):
    assert verdict(value) == "red"


def test_a_relative_tolerance_scales_with_the_size_of_the_value():
    gate = Gate(expected=-200.0, rel=0.1, why="10 %")
    assert [verdict(value, gate) for value in (-181.0, -219.0, -179.0, 200.0)] == ["green", "green", "red", "red"]


def test_a_gated_metric_that_was_not_measured_is_missing():
    lines = judge({}, {"iris.tss": TSS})
    assert lines[0].verdict == "missing" and not all_green(lines)


def test_a_metric_without_gate_is_listed_and_passes():
    lines = judge({"iris.new": {"value": 1.0, "origin": "real"}}, {})
    assert (lines[0].name, lines[0].verdict) == ("iris.new", "ungated") and all_green(lines)


def test_a_metric_without_number_needs_no_gate_and_is_red_where_it_has_one():
    left_out = {"iris.tss": {"value": None, "origin": "simulated"}}
    assert judge(left_out, {}) == []
    assert [line.verdict for line in judge(left_out, {"iris.tss": TSS})] == ["red"]


@pytest.mark.parametrize(
    "gate",
    [
        "{expected: 1.0, why: none}",
        "{expected: 1.0, abs: 0.1, rel: 0.1, why: both}",
        "{expected: 1.0, abs: -0.1, why: negative}",
        "{expected: 1.0, abs: .nan, why: no number}",
        "{expected: .nan, abs: 0.1, why: no number}",
        "{expected: 1.0, abs: 0.1}",
        "{expected: 1.0, abs: 0.1, why: ' '}",
        "{expected: 1.0, abs: 0.1, why: a, tolerance: 2}",
    ],
)
def test_a_gate_needs_one_tolerance_and_a_reason(project, gate):
    (project / "metrics/ci.yaml").write_text(f"sun.flares.flux: {gate}\n")
    with pytest.raises(InputError, match="metrics/ci.yaml: sun.flares.flux"):
        read_gates("ci")


def test_the_profile_is_judged_by_its_own_folder(project):
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.1)
    assert all_green(check("ci"))
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.4)
    assert not all_green(check("ci"))


def test_only_the_gates_of_a_study_count_when_one_is_named(project):
    (project / "metrics/ci.yaml").write_text(
        "moon.albedo: {expected: 0.1, abs: 0.1, why: none}\nsun.flares.flux: {expected: 1.1, abs: 0.1, why: none}\n"
    )
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.1)
    assert [line.verdict for line in check("ci", "sun")] == ["green"]
    assert [line.verdict for line in check("ci")] == ["missing", "green"]


def test_a_file_without_a_gate_is_no_check(project):
    (project / "metrics/ci.yaml").write_text("# none yet\n")
    open_run("sun/1-draw", "build/ci").metric("flares.flux", 1.1)
    with pytest.raises(InputError, match="holds no gate to check"):
        check("ci")


def test_a_profile_that_was_not_run_says_how_to_run_it(project):
    with pytest.raises(InputError, match="make book PROFILE=ci"):
        check("ci")


def test_a_profile_without_gates_names_those_with(project):
    with pytest.raises(InputError, match="there are gates for ci"):
        read_gates("paper")


def test_a_real_run_is_held_to_the_gates_of_shipped_files_alone(project):
    fixed = "expected: 1.1, abs: 0.1, why: none, fixed: shipped file"
    gates = {"sun.sample": fixed, "sun.verdict": f"{fixed}, edition: simulated", "sun.flux": fixed.split(", fixed")[0]}
    (project / "metrics/ci.yaml").write_text("".join(f"{name}: {{{gate}}}\n" for name, gate in gates.items()))
    assert set(read_gates("ci")) == set(gates)
    assert set(read_gates("ci-real")) == set(read_gates("ci-short")) == {"sun.sample"}


def test_notebooks_without_results_are_named(project):
    assert notebooks_not_run("ci") == ["sun/1-draw", "sun/2-read"]
    (project / "build/ci/results/sun/1-draw").mkdir(parents=True)
    (project / "build/ci/results/sun/1-draw/metrics.json").write_text("[]")
    assert notebooks_not_run("ci") == ["sun/2-read"]
