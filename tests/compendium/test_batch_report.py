"""A batch goes on after any fault of one input, and what it prints is plain text."""

import logging
import warnings

import pytest
import typer

from flarebook.compendium.batch_report import counted, gathered, noting, print_line, report_skipped, skipping
from flarebook.compendium.errors import InputError, MetadataWarning, plain


def test_one_sentence_for_each_fault_and_the_traceback_in_the_log(caplog):
    reasons = []
    caplog.set_level(logging.DEBUG)
    for error in (InputError("no such unit"), KeyError("CDELT1"), ZeroDivisionError("x")):
        with skipping(reasons, "a.fits"):
            raise error
    assert reasons[0] == "a.fits: no such unit"
    assert reasons[1].startswith("a.fits: cannot be used (KeyError: 'CDELT1')")
    assert len(reasons) == 3 and caplog.text.count("Traceback") == 2


def test_ctrl_c_is_no_skipped_input():
    with pytest.raises(KeyboardInterrupt), skipping([]):
        raise KeyboardInterrupt


def test_nothing_that_moves_a_cursor_is_printed(capsys):
    assert plain("a\x1b]0;owned\x07b\u202ec\nd") == "a ]0;owned b c d"
    assert str(InputError("a\x1b[2Jb")) == "a [2Jb"
    with pytest.raises(typer.Exit) as caught:
        report_skipped(["x\x1b[2J: broken"])
    assert caught.value.exit_code == 2 and capsys.readouterr().err == "skipped: x [2J: broken\n"


def test_a_printed_path_moves_no_cursor(capsys, monkeypatch):
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)  # as on a terminal
    print_line("out\x1b[2J/map.fits")
    assert capsys.readouterr().out == "out [2J/map.fits\n"


def test_notes_of_what_a_header_leaves_open_are_printed_once(capsys):
    with noting():
        for _ in range(2):
            warnings.warn("BUNIT is missing, DN taken", MetadataWarning, stacklevel=1)
            warnings.warn("of a library", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "note: BUNIT is missing, DN taken\n"


def test_a_folder_without_files_is_one_sentence_and_the_others_are_kept():
    def find(item):
        if item == "empty":
            raise InputError("empty holds no image")
        return [f"{item}/a", f"{item}/b"]

    assert gathered(["one", "empty", "two"], find) == (
        ["one/a", "one/b", "two/a", "two/b"],
        ["empty holds no image"],
    )


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("x.fits is no map", "/maps/x.fits is no map"),
        ("/maps/x.fits cannot be opened", "/maps/x.fits cannot be opened"),
        ("no such unit", "/maps/x.fits: no such unit"),
    ],
)
def test_a_file_is_named_once_and_in_full(sentence, told):
    reasons = []
    with skipping(reasons, "/maps/x.fits"):
        raise InputError(sentence)
    with skipping(reasons):
        raise InputError(sentence)
    assert reasons == [told, sentence]


def test_one_of_a_kind_is_singular():
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
