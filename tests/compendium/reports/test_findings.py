"""A gate of a finding accepts what seeds scatter and never the value of no effect."""

import fnmatch

import pytest
import yaml

from flarebook.commands.tables import summary, verdicts_table
from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.findings import (
    DEVIATIONS,
    ROUNDING,
    possible_values,
    read_findings,
    references,
)
from flarebook.compendium.reports.gate_tables import effect_rows, finding_rows, headline, kind_rows
from flarebook.compendium.reports.gates import judge, read_gates
from flarebook.compendium.reports.tolerances import RANGES, proposed, read_scatter

GATES = """
sun.skill.tss: {expected: 0.5, abs: 0.3, why: 3 sd over 10 seeds of the ci profile}
sun.baseline.tss: {expected: 0.1, abs: 0.05, why: 1 sd over 10 seeds of the ci profile}
sun.n_flares: {expected: 4.0, abs: 0.1, why: counted, fixed: setting}
sun.real.tss: {expected: 0.4, rel: 0.005, why: a real file, fixed: shipped file}
"""


@pytest.fixture
def gates_with(project):
    """Function that writes findings, {metric: no effect}, beside GATES with lines replaced, and reads them."""

    def read(no_effect, profiles=(), **lines):
        (project / "book").mkdir(exist_ok=True)
        finding = {"finding": "Flares are forecast", "where": "sun/1-draw", "no_effect": no_effect}
        (project / "book/findings.yaml").write_text(yaml.safe_dump([finding | {"profiles": list(profiles)}]))
        found = yaml.safe_load(GATES) | {f"sun.{name}.tss": yaml.safe_load(line) for name, line in lines.items()}
        (project / "metrics/ci.yaml").write_text(yaml.safe_dump(found))
        return read_gates("ci")

    return read


def verdict(gates, **values):
    """Verdict on sun.skill.tss among measured values."""
    measured = {f"sun.{name}.tss": {"value": value, "origin": "simulated"} for name, value in values.items()}
    return next(line.verdict for line in judge(measured, gates) if line.name == "sun.skill.tss")


def test_gates_are_of_three_kinds(gates_with):
    kinds = {name: gate.kind for name, gate in gates_with({"sun.skill.*": 0.0, "sun.real.tss": 0.0}).items()}
    assert kinds == {
        "sun.skill.tss": "science",
        "sun.baseline.tss": "repeat",
        "sun.n_flares": "constant",
        "sun.real.tss": "science",
    }


def test_a_finding_of_another_profile_makes_no_science_gate(gates_with):
    assert gates_with({"sun.skill.tss": 0.0}, profiles=["laptop"])["sun.skill.tss"].kind == "repeat"


@pytest.mark.parametrize(
    ("no_effect", "line", "said"),
    [
        (0.5, None, "0.5 ± 0.3 holds 0.5, the value of no effect"),
        (0.0, "{expected: 0.2, abs: 0.3, why: 3 sd over 10 seeds}", "0.2 ± 0.3 holds 0"),
        (0.0, "{expected: 0.5, abs: 0.1, why: 1 sd over 10 seeds}", "0.1 is less than 3 x 0.1"),
        (0.0, "{expected: 0.5, abs: 0.1, why: a guess}", "`why` states none"),
        ("sun.lost.tss", None, "no gate of profile ci is named 'sun.lost.tss'"),
        ("sun.baseline.tss", "{expected: 0.4, abs: 0.27, why: 3 sd over 10 seeds}", "holds 0.1"),
    ],
)
def test_a_gate_that_cannot_tell_an_effect_from_none_is_refused(gates_with, no_effect, line, said):
    with pytest.raises(InputError, match=f"sun.skill.tss: .*{said}"):
        gates_with({"sun.skill.tss": no_effect}, **({"skill": line} if line else {}))


def test_what_a_gate_accepts_is_shown_as_far_as_the_number_can_go(gates_with, project):
    kinds = {"gain": {"metrics": ["sun.real.*"]}, "skill": {"low": -1.0, "high": 0.7, "metrics": ["*.tss"]}}
    (project / "book").mkdir()
    (project / "book/possible-values.yaml").write_text(yaml.safe_dump(kinds))
    gates = gates_with({"sun.skill.tss": 0.0, "sun.real.tss": 0.0})
    head, rows = effect_rows(judge({}, gates))
    assert [row[head.index("accepted")] for row in rows] == ["0.398 to 0.402", "0.2 to 0.7"]
    assert gates["sun.skill.tss"].tolerance == 0.3  # of what passes, nothing has changed


@pytest.mark.parametrize("profile", ["ci", "laptop", "paper"])
def test_every_metric_of_a_finding_has_a_kind_whose_values_its_gate_expects(profile):
    gates = {name: gate for name, gate in read_gates(profile).items() if gate.kind == "science"}
    known = possible_values(gates)
    assert gates.keys() == known.keys()
    assert [name for name, (low, high) in known.items() if not low <= gates[name].expected <= high] == []


def test_a_baseline_that_reaches_the_metric_is_red(gates_with):
    gates = gates_with({"sun.skill.tss": "sun.baseline.tss"})
    assert verdict(gates, skill=0.45, baseline=0.1) == "green"
    assert verdict(gates, skill=0.45, baseline=0.46) == "red"
    assert verdict(gates, skill=0.1, baseline=0.05) == "red"
    assert verdict(gates, skill=0.45) == "green"


def test_a_wrong_entry_is_named(project):
    (project / "book").mkdir(exist_ok=True)
    (project / "book/findings.yaml").write_text("- {finding: Flares, where: sun/1-draw}\n")
    with pytest.raises(InputError, match="book/findings.yaml: 0.no_effect: field required"):
        read_findings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("false", "the file: input should be a valid list"),
        ("{}", "the file: input should be a valid list"),
        ("- {finding: F, where: sun/1-draw, no_effect: {}}", "no_effect: dictionary should have at least 1 item"),
        ("- {finding: F, where: sun/1-draw, no_effect: {a: 1e999}}", "no_effect.a.* should be a finite number"),
        ("- {finding: F, where: sun/1-draw, no_effect: {a: 0.0, a: 1.0}}", "it has the key 'a' twice"),
        ("- {finding: F, where: sun/1-draw, no_effect: {a: 0.0}, profiles: [labtop]}", "should be 'ci', 'laptop' or"),
    ],
)
def test_what_would_guard_nothing_is_refused(project, text, words):
    (project / "book").mkdir(exist_ok=True)
    (project / "book/findings.yaml").write_text(text)
    with pytest.raises(InputError, match=f"book/findings.yaml.*{words}"):
        read_findings()


def test_kinds_are_counted_and_findings_listed(gates_with):
    gates = gates_with({"sun.skill.tss": "sun.baseline.tss"})
    verdicts = judge({"sun.skill.tss": {"value": 0.45, "origin": "simulated"}}, gates)
    assert kind_rows(verdicts)[1] == [("science", 1, 0, 0), ("repeat", 0, 0, 2), ("constant", 0, 0, 1)]
    (row,), (effect,) = finding_rows(verdicts)[1], effect_rows(verdicts)[1]
    assert row[:2] == ("[Flares are forecast](../notebooks/sun/1-draw.ipynb)<br>`sun.skill.tss`", "1 green")
    assert (effect[0], effect[-1]) == ("`sun.skill.tss`<br>against `sun.baseline.tss`", "green")
    assert row[2:] == effect[1:-1] == ("simulated", "0.45", "0.2 to 0.8", "0.1")


def test_the_gate_closest_to_no_effect_stands_for_a_finding(gates_with):
    verdicts = judge({}, gates_with({"sun.skill.tss": 0.0, "sun.real.tss": 0.0}))
    (row,) = finding_rows(verdicts)[1]
    assert row[1] == "2 missing" and row[0].endswith("`sun.skill.tss`")


def test_the_check_counts_both_kinds_in_one_line(gates_with):
    verdicts = judge({"sun.new": {"value": 1.0, "origin": "real"}}, gates_with({"sun.skill.tss": 0.0}))
    assert summary(verdicts) == (
        "science: 0 green, 0 red, 1 missing; repeat: 0 green, 0 red, 2 missing; "
        "constant: 0 green, 0 red, 1 missing; 1 ungated"
    )
    columns, rows = verdicts_table(verdicts, "ci")[1:]
    assert [row[columns.index("kind")] for row in rows] == ["repeat", "constant", "repeat", "science", ""]


def test_the_headline_names_some_of_the_reds_and_counts_the_others(gates_with):
    gates = {f"sun.{letter}": gates_with({"sun.skill.tss": 0.0})["sun.real.tss"] for letter in "abcdefgh"}
    measured = {name: {"value": 9.0, "origin": "real"} for name in gates}
    assert headline(judge(measured, gates)) == (
        "8 red (sun.a, sun.b, sun.c, sun.d, sun.e, sun.f and 2 more); 0 of 8 green"
    )


def test_three_standard_deviations_are_proposed_for_a_finding(gates_with):
    gates_with({"sun.skill.tss": 0.0})
    gates = proposed({"sun.skill.tss": [0.5, 0.4, 0.6], "sun.baseline.tss": [0.1, 0.08, 0.12]}, "ci")
    assert gates["sun.skill.tss"] == {"expected": 0.5, "abs": 0.3, "why": "3 sd over 3 seeds of the ci profile"}
    assert gates["sun.baseline.tss"]["abs"] == 0.02


@pytest.mark.parametrize("profile", ["ci", "laptop"])
def test_the_book_s_findings_are_gated_and_hold_on_every_processor_tried(profile, checkout):
    gates, scatter = read_gates(profile), read_scatter(profile)
    for finding in read_findings():
        assert (checkout / "notebooks" / f"{finding.where}.ipynb").is_file(), finding.where
        if not finding.profiles or profile in finding.profiles:
            assert all(fnmatch.filter(gates, pattern) for pattern in finding.no_effect), finding.finding
    assert all(gates[name].tolerance >= RANGES * scatter[name][0] for name in gates.keys() & scatter.keys())
    for name in references(gates, profile):
        gate = gates[name]
        assert gate.kind == "science" and not (gate.effect.no_effect == 0 and gate.sign_blind)
        assert gate.fixed or gate.tolerance >= DEVIATIONS * gate.seed_sd * (1 - ROUNDING)
