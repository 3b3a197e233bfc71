"""Pages of a real run, and of its rehearsal, say what they show."""

import json
from pathlib import Path

import pytest

from flarebook.compendium.book.edition import (
    changed_by_real_data,
    edition_notes,
    unlink,
    with_note,
    without_others,
)
from flarebook.compendium.book.pages import Build

PAGES = ("notebooks/iris/1-real-raster", "notebooks/iris/3-observations", "notebooks/iris/4-distributions")


@pytest.fixture
def build(tmp_path):
    """Function of a run's name and the origin of its one number: a Build."""

    def make(run, origin):
        folder = tmp_path / run / "results" / "iris" / "3-observations"
        folder.mkdir(parents=True)
        metric = {"name": "iris.simulation.spectra", "value": 1.0, "spread": None, "origin": origin}
        (folder / "metrics.json").write_text(json.dumps([metric]))
        return Build(Path("."), tmp_path / run, tmp_path, PAGES)

    return make


def test_a_simulated_run_has_no_note(build):
    assert edition_notes(build("ci", "simulated")) == {}


def test_pages_that_real_data_change_say_so_and_the_raster_that_ships_does_not(build):
    notes = edition_notes(build("ci-real", "real"))
    assert set(notes) == {"book/index", "book/claims", *PAGES[1:]}
    assert all("real data" in note and "rehearsal" not in note.lower() for note in notes.values())


@pytest.mark.parametrize("origin", ["rehearsal", "real and rehearsal"])
def test_no_page_of_a_rehearsal_passes_for_one_of_observations(build, origin):
    notes = edition_notes(build("ci-real", origin))
    assert set(notes) == {"book/index", "book/claims", *PAGES[1:]}
    assert all("A rehearsal" in note and "are simulated" in note for note in notes.values())


def test_steps_after_a_changed_one_are_changed():
    changed = changed_by_real_data("ci-real")
    assert {"iris/12-whole-profiles", "stix/8-explorer", "solarchip/5-translation"} <= changed
    assert not {"iris/10-label-audit", "stix/1-real-flare", "stix/9-published-flares"} & changed


def test_the_note_stands_below_the_title():
    assert with_note("# Title\n\nText", ":::\nnote\n:::").split("\n")[:4] == ["# Title", "", ":::", "note"]
    assert with_note("Text without a title", "note") == "Text without a title"


def test_a_book_of_one_study_has_not_the_others_claims_and_keeps_what_is_common(build):
    parts = ["# Claims", "## Inputs", "## Iris\n\n<!-- flarebook: paper-table-iris -->"]
    other = "## Stix\n\nText.\n\n<!-- flarebook: claim-table-stix -->\n\n### More\n\nText."
    text = "\n\n".join([*parts, other, "## End\n\nText.\n"])
    kept = "\n\n".join([*parts, "## End\n\nText.\n"])
    assert without_others(text, build("ci", "simulated")) == kept


LEFT_OUT = {"notebooks/stix/3-encoders", "book/stix/introduction"}


def test_link_to_a_page_that_is_left_out_keeps_its_words_alone():
    text = "See [study 2](../stix/3-encoders.ipynb#result), [here](../iris/1-real-raster.ipynb) and [home](https://a.b/c.md)."
    expected = "See study 2, [here](../iris/1-real-raster.ipynb) and [home](https://a.b/c.md)."
    assert unlink(text, "notebooks/solarchip/4-flare-classification", LEFT_OUT) == expected
