"""Generated parts of the pages."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from flarebook.compendium.book import pages
from flarebook.compendium.book.extensions.mathml import mathml
from flarebook.compendium.book.pages import Build, fill, paper_table
from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.gates import Gate, judge
from flarebook.compendium.reports.markdown_tables import NARROW, measured, table


@pytest.fixture
def build(checkout, tmp_path):
    """A project folder with the paper's values, and a run that measured one of them."""
    (tmp_path / "book").mkdir()
    shutil.copy(checkout / "book" / "paper-values.yaml", tmp_path / "book")
    folder = tmp_path / "build" / "nothing" / "results" / "iris" / "6-classifiers"
    folder.mkdir(parents=True)
    metric = {
        "name": "iris.classifiers.B.tss",
        "value": 0.5512,
        "spread": 0.0913,
        "n": 8,
        "seed": 1,
        "origin": "simulated",
    }
    (folder / "metrics.json").write_text(json.dumps([metric]))
    return Build(tmp_path, tmp_path / "build" / "nothing", tmp_path / "source", ("notebooks/iris/6-classifiers",))


def test_paper_and_run_stand_in_columns_of_their_own(build):
    lines = paper_table("iris", build).splitlines()
    skill = next(line for line in lines if "Model B, true skill statistic" in line)
    assert [cell.strip() for cell in skill.split("|")][2:5] == [
        "0.57",
        "0.55\N{NARROW NO-BREAK SPACE}±\N{NARROW NO-BREAK SPACE}0.09",
        "simulated",
    ]


def test_a_cell_says_whether_a_number_agrees_and_what_it_was_measured_on(build):
    row = "| TSS ({origin}`iris.classifiers.B.tss`) | 0.57 | {agreement}`iris.classifiers.B.tss` |"
    assert fill(row, build) == "| TSS (simulated) | 0.57 | {bdg-muted-line}`input` |"
    assert fill("{agreement}`iris.time.auc_last`", build) == "–"
    for unknown in ("{agreement}`iris.honest.B.tss`", "{origin}`iris.honest.B.tss`"):
        with pytest.raises(InputError, match="iris.honest.B.tss.*names no metric of this run, or none in book/paper"):
            fill(unknown, build)


def test_a_number_of_the_run_stands_in_prose_and_one_of_another_study_is_a_dash(build):
    assert fill("a TSS of {value}`iris.classifiers.B.tss:.2f`", build) == "a TSS of 0.55"
    assert fill("± {value}`iris.classifiers.B.tss.spread:.2f`", build) == "± 0.09"
    assert fill("{measured}`iris.classifiers.B.tss:.1f`", build) == f"0.6{NARROW}±{NARROW}0.1"
    assert fill("{published}`iris.classifiers.B.tss:.2f`", build) == "0.57"
    assert fill("{value}`stix.archive.kept_share:.2f`", build) == "–"  # this build has no notebook of it
    with pytest.raises(InputError, match="names no metric of this run"):
        fill("{value}`iris.audit.hold:.0f`", build)


def test_unmeasured_number_is_a_dash_and_never_the_papers(build):
    auc = next(line for line in paper_table("iris", build).splitlines() if "Model B, area under" in line)
    assert [cell.strip() for cell in auc.split("|")][2:4] == ["0.86", "–"]
    assert measured({"value": None}) == "–"


def test_a_claim_in_words_is_answered_in_words(build):
    path = build.output / "results" / "iris" / "6-classifiers" / "metrics.json"
    metric = {"name": "iris.fscores.triplet_first", "value": 0.875, "spread": None, "origin": "simulated"}
    path.write_text(json.dumps([metric]))
    line = next(line for line in paper_table("iris", build).splitlines() if "highest F-score" in line)
    assert [cell.strip() for cell in line.split("|")][2:4] == ["first", "first in 88% of redraws"]


def test_a_tuned_number_is_an_input_and_an_encoder_stands_beside_its_number(build):
    skill = next(line for line in paper_table("iris", build).splitlines() if "Model B, true skill statistic" in line)
    assert [cell.strip() for cell in skill.split("|")][5:7] == ["{bdg-muted-line}`input`", "–"]
    folder = build.output / "results" / "stix" / "7-anomalies"
    folder.mkdir(parents=True)
    group = {"name": "stix.anomalies.group.flagged_multiple", "value": 4.0, "spread": None, "origin": "simulated"}
    (folder / "metrics.json").write_text(json.dumps([group | {"encoder": "dinov2-focus"}]))
    both = replace(build, notebooks=(*build.notebooks, "notebooks/stix/7-anomalies"))
    line = next(line for line in paper_table("stix", both).splitlines() if "puts among its anomalies" in line)
    assert [cell.strip() for cell in line.split("|")][2:6] == [
        "7.00 (CLIP)", "4.00 (dinov2-focus)", "simulated", "{bdg-muted-line}`undetermined`"
    ]  # fmt: skip


def test_a_verdict_on_a_claim_stands_with_its_counts_and_notebook(build):
    assert "No notebook" in fill("<!-- flarebook: claim-table-solarchip -->", build)
    folder = build.output / "results" / "solarchip" / "5-translation"
    folder.mkdir(parents=True)
    row = {"claim": "3", "n_supported": 2, "n_refuted": 9, "n_undecided": 4, "verdict": "not supported"}
    table = pd.DataFrame([row, row | {"claim": "1 |B|", "verdict": "undecided at this size"}])
    table.attrs["origin"] = "real"
    table.to_parquet(folder / "claims.parquet")
    whole = replace(build, notebooks=("notebooks/solarchip/5-translation",))
    lines = fill("<!-- flarebook: claim-table-solarchip -->", whole).splitlines()
    link = "../notebooks/solarchip/5-translation.ipynb"
    assert lines[4] == f"| [3]({link}) | {{bdg-danger}}`not supported` | 15 | 2 | 9 | 4 | real |"
    assert lines[3].startswith(rf"| [1 \|B\|]({link}) | {{bdg-muted-line}}`undecided at this size` | 15 |")
    assert "No notebook" in fill(
        "<!-- flarebook: claim-table-solarchip -->", build
    )  # which is not of this build's contents


def test_a_table_of_claims_without_counts_is_refused(build):
    pd.DataFrame({"claim": ["1"]}).to_parquet(build.output / "results" / "iris" / "6-classifiers" / "claims.parquet")
    with pytest.raises(InputError, match="lacks the columns n_refuted.*run notebooks/iris/6-classifiers again"):
        fill("<!-- flarebook: claim-table-iris -->", build)


def test_a_green_gate_is_a_tick_and_a_red_one_a_word(build, monkeypatch):
    cells = []
    for expected in (0.55, 0.9):
        gates = {"iris.classifiers.B.tss": Gate(expected=expected, abs=0.1, why="1 sd")}
        measured = {"iris.classifiers.B.tss": {"value": 0.5512, "origin": "simulated"}}
        monkeypatch.setattr(pages.Build, "verdicts", judge(measured, gates))
        line = next(line for line in paper_table("iris", build).splitlines() if "Model B, true skill stat" in line)
        cells.append(line.split("|")[6].strip())
    assert cells == ["{abbr}`✓ (own gate: green)`", "**red**"]


def test_the_gates_are_read_once_for_all_tables(build, monkeypatch):
    read = []
    monkeypatch.setattr(pages, "gates_file", lambda profile: Path(__file__))
    monkeypatch.setattr(pages, "read_gates", lambda profile: read.append(profile) or {})
    for name in ("gate-table", "sign-table", "paper-table-iris"):
        fill(f"<!-- flarebook: {name} -->", build)
    assert read == ["nothing"]


def test_gates_that_cannot_see_a_change_of_sign_are_counted(build, monkeypatch):
    found = {"iris.a": Gate(expected=0.1, abs=0.2, why="1 sd"), "iris.b": Gate(expected=0.5, abs=0.2, why="1 sd")}
    monkeypatch.setattr(pages.Build, "verdicts", judge({}, found))
    text = fill("<!-- flarebook: sign-table -->", build)
    assert "1 of 2 gates cannot see a change of sign" in text and "`iris.a`" in text and "`iris.b`" not in text


def test_gates_on_constants_are_counted_with_what_fixes_them(build, monkeypatch):
    fixed = Gate(expected=163.0, abs=0.8, why="counted", fixed="setting")
    gates = {"stix.a": fixed, "stix.b": Gate(expected=1.0, abs=0.1, why="1 sd")}
    monkeypatch.setattr(pages.Build, "verdicts", judge({}, gates))
    text = fill("<!-- flarebook: constant-table -->", build)
    assert (
        "1 of 2 gates hold a constant" in text and "| `stix.a` | 163 | a setting |" in text and "`stix.b`" not in text
    )


def test_origins_are_counted_and_stand_in_the_table_of_gates(build, monkeypatch):
    assert "| simulated | 1 | 0 |" in fill("<!-- flarebook: origin-table -->", build)
    metric = {"value": 0.1, "origin": "real and simulated", "rows": {"real": 1, "simulated": 480}}
    gates = {"iris.a": Gate(expected=0.1, abs=0.2, why="1 sd")}
    monkeypatch.setattr(pages.Build, "verdicts", judge({"iris.a": metric}, gates))
    line = "| `iris.a` | green | repeat | 0.1 | 0.1 | 0.2 | 480 simulated and 1 real | 1 sd |"
    assert line in fill("<!-- flarebook: gate-table -->", build)


def test_gates_are_summed_up_with_the_red_ones_and_folded_by_study(build, monkeypatch):
    gates = {name: Gate(expected=0.1, abs=0.05, why="1 sd") for name in ("iris.a", "iris.b", "stix.a", "stix.c")}
    measured = {name: {"value": 0.1, "origin": "simulated"} for name in ("iris.a", "stix.a")}
    measured["iris.b"] = {"value": 0.2, "origin": "simulated"}
    monkeypatch.setattr(pages.Build, "verdicts", judge(measured, gates))
    summary = fill("<!-- flarebook: gate-summary -->", build)
    assert summary.startswith("**1 red (iris.b); 1 missing (stix.c); 2 of 4 green.**")
    assert "| Study 1: Mg II spectra before flares | 1 | 0 | 1 |" in summary and "| `iris.b` | **red** |" in summary
    assert "`iris.a`" not in summary and "Study 3" not in summary
    first, second = fill("<!-- flarebook: gate-table -->", build).split("\n\n")
    assert first.startswith(":::{dropdown} Study 1: Mg II spectra before flares: 1 red (iris.b); 1 of 2 green\n")
    assert 0 < first.index("`iris.b`") < first.index("`iris.a`") and "`stix.c`" in second


def test_a_summary_of_green_gates_lists_none(build, monkeypatch):
    found = judge({"iris.a": {"value": 1.0, "origin": "real"}}, {"iris.a": Gate(expected=1.0, abs=0.1, why="1 sd")})
    monkeypatch.setattr(pages.Build, "verdicts", found)
    summary = fill("<!-- flarebook: gate-summary -->", build)
    assert summary.startswith("**1 of 1 green.**") and "`iris.a`" not in summary


def test_a_book_of_one_study_has_no_gates_and_numbers_of_the_others(build, monkeypatch):
    folder = build.output / "results" / "stix" / "7-anomalies"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps([{"name": "stix.n", "value": 4.0, "origin": "simulated"}]))
    gates = {name: Gate(expected=0.5, abs=0.1, why="1 sd") for name in ("iris.lost", "stix.lost")}
    monkeypatch.setattr(pages, "read_gates", lambda profile: gates)
    monkeypatch.setattr(pages, "gates_file", lambda profile: build.output / "results/iris/6-classifiers/metrics.json")
    assert [line.name for line in build.verdicts] == ["iris.lost", "iris.classifiers.B.tss"]
    assert "stix.n" not in build.metrics


def test_mark_is_replaced_and_an_unknown_one_refused(build):
    assert "Model B" in fill("before\n<!-- flarebook: paper-table-iris -->\nafter", build)
    with pytest.raises(InputError, match="no generated part is named 'papertable'"):
        fill("<!-- flarebook: papertable -->", build)


def test_bar_in_a_cell_does_not_end_it():
    assert r"a \| b" in table(("x",), [("a | b",)])


def test_formula_becomes_mathml():
    assert "<mfrac>" in mathml(r"\frac{TP}{TP+FN}", display=True)
    assert "<mtable" in mathml("a &= b \\\\ c &= d", display=True)
