"""Openings of the book: claims beside what was found, each verdict from the run, no number without its words."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
import yaml
from PIL import Image

from flarebook.compendium.book import pages
from flarebook.compendium.book.openings import ROWS, caution_of, claim_count, opening_table, read_openings, study_cards
from flarebook.compendium.book.pages import Build, fill
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import studies
from flarebook.compendium.reports.gates import Gate, judge
from flarebook.compendium.workflow.parameters import read_profile

NOTEBOOK = "notebooks/iris/6-classifiers"
SCORE = {"name": "iris.classifiers.C.auc", "value": 0.86, "spread": 0.03, "origin": "simulated"}
CLAIM = {"claim": "B is best", "where": "iris/6-classifiers", "published": "ahead", "judged": ["1", "2"]}
CLAIM |= {"simulated": "AUC {measured}`iris.classifiers.C.auc`"}


def part(claim, verdict, *counts):
    """Row of a notebook's table of claims."""
    return dict(zip(("n_supported", "n_refuted", "n_undecided"), counts, strict=True)) | {
        "claim": claim, "verdict": verdict
    }  # fmt: skip


@pytest.fixture
def make(checkout, tmp_path):
    """Function of claims, rows of the notebook's table, one metric and the run's name: a Build."""

    def build(*claims, rows=(), metric=SCORE, run="nothing"):
        (tmp_path / "book").mkdir(exist_ok=True)
        shutil.copy(checkout / "book" / "paper-values.yaml", tmp_path / "book")
        shutil.copy(checkout / "_toc.yml", tmp_path)
        opening = {
            "title": "Spectra",
            "figure": "iris-01-profile",
            "part": [0.1, 0.2, 0.6, 1],
            "found": "Nothing.",
            "claims": list(claims),
        }
        (tmp_path / "book" / "claims.yaml").write_text(yaml.safe_dump({"iris": opening, "stix": opening}))
        folder = tmp_path / "build" / run / "results" / "iris" / "6-classifiers"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text(json.dumps([metric]))
        if rows:
            pd.DataFrame(rows).to_parquet(folder / "claims.parquet")
        return Build(tmp_path, tmp_path / "build" / run, tmp_path / "source", (NOTEBOOK,))

    return build


def cells(build):
    """Cells of the first claim, filled."""
    line = fill(opening_table("iris", build, "../"), build).splitlines()[3]
    return [cell.strip() for cell in line.strip("|").split("|")]


SUPPORTED, OPEN, REFUTED = (
    part("1", "supported", 3, 0, 0),
    part("2", "undecided", 1, 0, 2),
    part("2", "not supported", 0, 2, 1),
)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ((SUPPORTED, part("2", "supported", 2, 0, 0)), "{bdg-success}`supported` (5 for, 0 against, 0 open)"),
        ((SUPPORTED, OPEN), "{bdg-muted-line}`undecided` (4 for, 0 against, 2 open)"),
        ((part("1", "undecided", 0, 0, 3), REFUTED), "{bdg-danger}`not supported` (0 for, 2 against, 4 open)"),
    ],
)
def test_the_verdict_on_a_claim_follows_from_what_the_notebooks_judged(make, rows, shown):
    assert cells(make(CLAIM, rows=rows))[4] == shown


def test_the_verdict_on_a_number_follows_from_the_papers(make):
    claim = {**CLAIM, "judged": [], "compared": "iris.classifiers.C.auc", "published": "below B"}
    assert cells(make(claim))[4] == "{bdg-muted-line}`undetermined`"
    tuned = {**claim, "compared": "iris.classifiers.B.tss", "simulated": "TSS {measured}`iris.classifiers.B.tss`"}
    assert cells(make(tuned, metric={**SCORE, "name": "iris.classifiers.B.tss"}))[4] == "{bdg-muted-line}`input`"


def test_what_was_not_tested_says_so_and_a_red_gate_is_a_word(make, monkeypatch):
    link, published, real, simulated, *_ = cells(make(CLAIM, rows=[SUPPORTED, OPEN]))
    assert (link, published) == ("[B is best](../notebooks/iris/6-classifiers.ipynb)", "ahead")
    assert real == "not tested" and simulated.startswith("AUC 0.86")
    for expected, mark in ((0.86, "{abbr}`✓ (own gate: green)`"), (0.5, "**red**")):
        gates = {SCORE["name"]: Gate(expected=expected, abs=0.1, why="1 sd")}
        monkeypatch.setattr(pages.Build, "verdicts", judge({SCORE["name"]: SCORE}, gates))
        assert cells(make(CLAIM, rows=[SUPPORTED, OPEN]))[5] == mark


def test_a_claim_that_no_notebook_judged_is_refused(make):
    with pytest.raises(InputError, match="claims.yaml: no notebook of this run judged the claim '2'.*correct it"):
        cells(make(CLAIM, rows=[SUPPORTED]))
    with pytest.raises(InputError, match="no statement is on 'iris.none'"):
        cells(make({**CLAIM, "judged": [], "compared": "iris.none"}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"simulated": "an AUC of 0.86"}, "is typed: write numbers as"),
        ({"published": "80 %"}, "is typed"),
        ({"simulated": "{value}`iris.classifiers.C.auc:.2f`"}, "is a bare number: say in words"),
        ({"simulated": ""}, "say what was found"),
        ({"compared": "iris.classifiers.C.auc"}, "judged or compared, not both"),
    ],
)
def test_a_claim_is_answered_in_words_with_numbers_of_the_run(make, changed, message):
    with pytest.raises(InputError, match=message):
        read_openings(make({**CLAIM, **changed}).root)


def test_more_claims_than_a_reader_takes_in_are_refused(make):
    assert len(read_openings(make(*[CLAIM] * ROWS).root)["iris"].claims) == 8
    with pytest.raises(InputError, match="claims.yaml: iris.claims.*at most 8"):
        read_openings(make(*[CLAIM] * (ROWS + 1)).root)


def test_a_number_stands_in_the_column_of_its_data(make):
    real = {**SCORE, "origin": "real"}
    with pytest.raises(InputError, match="a number in column 'simulated' is real: move the sentence"):
        cells(make(CLAIM, rows=[SUPPORTED, OPEN], metric=real))
    moved = cells(make(CLAIM, metric=real, run="ci-real"))
    assert moved[2].startswith("AUC 0.86") and moved[3:5] == ["not tested", "–"]
    lacking = cells(make(CLAIM, metric={**real, "value": None}, run="ci-real"))
    assert lacking[2:4] == ["not tested", "not tested"]
    rehearsed = cells(make(CLAIM, metric={**SCORE, "origin": "rehearsal"}, run="ci-real"))
    assert rehearsed[2].startswith("*rehearsal:* AUC 0.86")


def test_the_claims_are_counted_by_their_verdicts_and_none_is_left_out(make):
    build = make(CLAIM, {**CLAIM, "judged": ["1"]}, {**CLAIM, "judged": []}, rows=[SUPPORTED, REFUTED])
    found = "1 found here, 1 not found, 0 undecided, 0 put into the simulator, 1 without a verdict"
    assert claim_count(build) == f"**Of 3 claims of the papers: {found}. Verdicts that rest on real data: 0.**"


def test_the_tables_of_claims_are_read_once_for_all_parts_of_a_book(make, monkeypatch):
    read, rows = [], pages.claim_rows
    monkeypatch.setattr(pages, "claim_rows", lambda folder, names: read.append(names) or rows(folder, names))
    build = make(CLAIM, CLAIM, rows=[SUPPORTED, REFUTED])
    for name in ("claim-count", "claim-tables", "opening-iris", "claim-table-iris"):
        fill(f"<!-- flarebook: {name} -->", build)
    assert read == [[NOTEBOOK]]


def test_a_check_of_what_the_paper_takes_as_given_is_no_claim_and_is_counted_apart(make):
    assert cells(make({**CLAIM, "premise": True}, rows=[SUPPORTED, REFUTED]))[0].startswith("*Our check:* [B is best](")
    build = make(CLAIM, {**CLAIM, "premise": True}, rows=[SUPPORTED, REFUTED])
    line = claim_count(build)
    assert line.startswith("**Of 1 claim of the papers: 0 found here, 1 not found, ")
    assert line.endswith("** We also checked 1 of their premises (0 on real data); 1 does not hold.")


def test_a_card_shows_a_figure_of_the_run_and_that_of_another_study_leads_nowhere(make):
    build = make(CLAIM)
    with pytest.raises(InputError, match="no figure of this run is named 'iris-01-profile'"):
        study_cards(build)
    (build.output / "figures").mkdir()
    record = {"label": "fig-iris-01-profile", "caption": "A profile.", "alt": "Two [narrow] lines.", "origin": "real"}
    (build.output / "figures" / "iris-01-profile.json").write_text(json.dumps(record))
    Image.new("RGB", (200, 100)).save(build.output / "figures" / "iris-01-profile.png")
    cards = study_cards(build)
    with Image.open(build.source / "figures/cards/iris-01-profile.png") as picture:
        assert picture.size == (100, 80)
    assert "![Two (narrow) lines.](../figures/cards/iris-01-profile.png)" in cards and "(real)" in cards
    assert cards.count(":link: iris/introduction") == 1 and ":link: stix" not in cards
    assert cards.count("grid-item-card") == 1 and cards.endswith("*Not in this build: Spectra.*")


def test_a_study_without_claims_has_a_plain_card_and_no_count(make, checkout):
    build = replace(make(CLAIM), notebooks=("notebooks/solarchip/1-simulated-sun",))
    cards, title = study_cards(build), studies(checkout)["solarchip"]
    assert f"{{grid-item-card}} {title}\n:link: solarchip/introduction\n" in cards and cards.count(":link:") == 1
    assert claim_count(build) == ""


def test_a_book_of_one_study_has_the_claims_of_that_study_alone(make):
    build = make(CLAIM, rows=[SUPPORTED, OPEN])
    assert fill("<!-- flarebook: claim-tables -->", build).count("flarebook-claims") == 1
    assert fill("<!-- flarebook: claim-tables -->", replace(build, notebooks=())) == ""


def test_the_books_own_claims_name_its_notebooks_and_warn_of_a_withdrawn_paper(checkout):
    openings = read_openings(checkout)
    known = read_profile("laptop").notebooks
    assert {"iris", "stix", "solarchip"} <= openings.keys() <= studies().keys()
    assert "withdrawn" in openings["solarchip"].caution == caution_of("solarchip", checkout)
    assert caution_of("iris", checkout) == caution_of("not-yet-entered", checkout) == ""
    assert all(claim.where in known for one in openings.values() for claim in one.claims)
    assert all(any(claim.real for claim in one.claims) for one in openings.values())
