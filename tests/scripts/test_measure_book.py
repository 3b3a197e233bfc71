"""What a whole book takes is measured from nothing, and stands in one row of each profile."""

import pytest

from benchmarks.measure import Used
from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.scale import read_times, times_file, times_table
from scripts import measure_book


def test_a_book_is_measured_once_for_each_profile_and_shown_with_its_processor(project, monkeypatch):
    ran = []
    monkeypatch.setattr(measure_book, "run_measured", lambda command: ran.append(command[-1]) or Used(90.0, 150.0, 2e9))
    monkeypatch.setattr(measure_book, "machine", lambda: "2 cores of Z80")
    monkeypatch.setattr(measure_book, "code_state", lambda: {"commit": "0123456789ab"})
    for _ in range(2):
        measure_book.main("ci")
    assert ran == ["PROFILE=ci", "PROFILE=ci"] and len(read_times(times_file(project))) == 1
    assert times_table(project).splitlines()[-1].startswith("| *ci* | 2 | 2 | 2 | ")
    assert "2 cores of Z80" in times_table(project)


def test_a_book_of_which_a_part_is_made_is_not_measured(project):
    (project / "build" / "ci").mkdir(parents=True, exist_ok=True)
    with pytest.raises(InputError, match="build/ci holds a run, .*: measure in a fresh clone"):
        measure_book.main("ci")
