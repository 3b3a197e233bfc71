"""Agreement with a paper: one rule, from intervals over seeds, that never calls a tuned number a result."""

import pytest
import yaml

from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.agreement import Statement, compare, read_statements, show_agreement
from flarebook.compendium.reports.gates import Gate, read_gates


def gate(sd):
    """Gate that states a standard deviation over seeds."""
    return Gate(expected=1.0, abs=0.05, why=f"0.05; 1 sd over 10 seeds of the ci profile is {sd}, too wide to guard")


def verdict(value, seed_sd=0.01, others=None, gates=None, **said):
    """Verdict on one value: `others` are the values of further metrics."""
    statement = Statement(metric="sun.auc", statement="AUC", where="abstract", **said)
    found = {"sun.auc": value, **(others or {})}
    return compare(statement, found, {"sun.auc": gate(seed_sd)} | (gates or {}))[0]


@pytest.mark.parametrize(
    ("value", "sd", "expected"),
    [
        (0.87, 0.01, "agrees"),  # .01 +- .028 lies within .05
        (0.86, 0.02, "undetermined"),  # equal, but .057 either way would matter
        (1.00, 0.01, "differs"),  # .14 +- .028
        (1.00, 0.23, "undetermined"),  # another simulated flare scores otherwise
        (0.80, 0.01, "differs"),
    ],
)
def test_a_number_agrees_when_no_difference_that_matters_is_left(value, sd, expected):
    assert verdict(value, sd, paper=0.86) == expected


def test_an_interval_of_two_standard_deviations_is_not_written_as_one():
    shown = show_agreement("differs", -3.0, 2.56).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert shown.endswith("(-3.00 ± 2 × 1.28)")
    assert "±" not in show_agreement("differs", -10.0, 0.0)


def test_the_papers_own_scatter_counts_where_it_states_one():
    assert verdict(0.95, 0.01, paper=0.86, sd=0.2) == "undetermined"
    assert verdict(0.95, 0.01, paper=0.86) == "differs"


def test_one_flare_of_the_paper_scatters_as_the_simulated_flares_do():
    said = {"paper": 0.86, "sd": "sun.auc_sd"}
    assert verdict(0.62, others={"sun.auc_sd": 0.4}, **said) == "undetermined"
    assert verdict(0.62, others={"sun.auc_sd": 0.02}, **said) == "differs"
    assert verdict(0.62, **said) == "undetermined"  # its scatter is not known


@pytest.mark.parametrize(("value", "expected"), [(0.2, "agrees"), (0.49, "undetermined"), (0.8, "differs")])
def test_a_limit_has_a_side(value, expected):
    assert verdict(value, 0.05, paper="below .5", below=0.5) == expected


def test_an_order_of_two_metrics_needs_the_scatter_of_both():
    said = {"paper": "below B", "below": "sun.b"}
    assert verdict(0.80, others={"sun.b": 0.86}, gates={"sun.b": gate(0.01)}, **said) == "agrees"
    assert verdict(0.92, others={"sun.b": 0.86}, gates={"sun.b": gate(0.01)}, **said) == "differs"
    assert verdict(0.87, others={"sun.b": 0.86}, gates={"sun.b": gate(0.01)}, **said) == "undetermined"
    assert verdict(0.80, others={"sun.b": 0.86}, **said) == "undetermined"
    assert verdict(0.80, **said) == "undetermined"


def test_a_count_in_facts_that_ship_does_not_scatter():
    said = {"paper": "all hold", "below": 1.0, "gates": {"sun.auc": Gate(expected=10, abs=0.1, why="a count")}}
    assert verdict(10.0, **said) == "undetermined"
    fixed = Gate(expected=10, abs=0.1, why="a count", fixed="shipped file")
    assert verdict(10.0, **said | {"gates": {"sun.auc": fixed}}) == "differs"
    assert verdict(0.0, **said | {"gates": {"sun.auc": fixed}}) == "agrees"


def test_what_was_tuned_is_an_input_and_never_agrees():
    assert verdict(0.86, paper=0.86, input="tuned") == "input"


def test_without_scatter_or_number_nothing_is_determined():
    statement = Statement(metric="sun.auc", statement="AUC", where="abstract", paper=0.86)
    assert compare(statement, {"sun.auc": 0.2}, {}) == ("undetermined", pytest.approx(-0.66), None)
    assert verdict(0.9, paper="state of the art") == "undetermined"


def test_where_there_is_nothing_to_compare_stands_a_dash():
    assert verdict(0.9, absent="not scored") == "\N{EN DASH}" == verdict(None, paper=0.86)


@pytest.mark.parametrize("said", ["", "paper: 1.0, absent: none, ", "paper: 1.0, above: 0.0, below: 1.0, "])
def test_a_statement_says_one_thing(tmp_path, said):
    (tmp_path / "values.yaml").write_text(f"values:\n  - {{metric: sun.auc, {said}statement: AUC, where: abstract}}\n")
    with pytest.raises(InputError, match="values.yaml"):
        read_statements(tmp_path / "values.yaml")


def test_every_statement_of_the_book_fits_and_names_metrics_of_its_own_study(checkout):
    statements = read_statements(checkout / "book" / "paper-values.yaml")
    calibration = yaml.safe_load((checkout / "src/flarebook/iris/data/calibration.yaml").read_text())
    assert len(statements) > 40 and calibration["preflare"]
    for statement in statements:
        for other in (statement.above, statement.below):
            assert not isinstance(other, str) or other.split(".")[0] == statement.metric.split(".")[0]


def test_no_tuned_number_of_model_b_is_shown_as_a_result(checkout):
    """`calibration.yaml`: preflare gives the paper's scores and ranking of features."""
    statements = {s.metric: s for s in read_statements(checkout / "book" / "paper-values.yaml")}
    assert "iris.fscores.rank_correlation" not in statements
    tuned = [s for name, s in statements.items() if name.startswith(("iris.classifiers.B.", "iris.fscores."))]
    assert len(tuned) == 7 and {s.input for s in tuned} == {"tuned"}


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("1 sd over 10 seeds of the ci profile", 0.05),
        ("0.05; 1 sd over 10 seeds of the ci profile is 0.23, too wide to guard", 0.23),
        ("0.5% of the value; 1 sd over 5 seeds of the ci profile is less", 0.05),
        ("2 sd over 5 seeds of the ci profile, at most .15: training amplifies rounding", 0.025),
        ("2 sd over 5 seeds of the ci profile, at most .05: training amplifies rounding", None),
        ("a measurement of a real file: nothing but rounding may move it", None),
    ],
)
def test_a_gate_states_the_scatter_over_seeds(why, expected):
    assert Gate(expected=1.0, abs=0.05, why=why).seed_sd == expected


def test_a_gate_that_lets_zero_pass_cannot_see_a_change_of_sign():
    assert Gate(expected=0.08, abs=5.2, why="1 sd").sign_blind
    assert Gate(expected=-0.05, abs=0.05, why="1 sd").sign_blind
    assert not Gate(expected=0.56, abs=0.03, why="1 sd").sign_blind
    assert not Gate(expected=0.0, abs=0.01, why="none is expected").sign_blind
    assert all(gate.tolerance >= abs(gate.expected) for gate in read_gates("laptop").values() if gate.sign_blind)
