"""A run is whole or absent, with a notebook or without, and what was there before stays until then."""

import json

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run
from flarebook.compendium.staging import staged_run


def write_run(output, text, interrupted=False):
    """A run that writes one file, without a notebook."""
    with staged_run("sun/1-draw", output):
        run = open_run("sun/1-draw", str(output), seed=1)
        (run.folder / "images.txt").write_text(text)
        if interrupted:
            raise SystemExit(143)


def test_a_run_without_a_notebook_is_put_in_place_with_its_checksums(project):
    output = project / "out"
    write_run(output, "first")
    write_run(output, "second")
    folder = output / "results" / "sun" / "1-draw"
    assert (folder / "images.txt").read_text() == "second"
    assert set(json.loads((folder / "sha256.json").read_text())) == {"images.txt", "metrics.json"}
    assert sorted(path.name for path in output.iterdir()) == ["figures", "results"]


def test_an_interrupted_run_leaves_the_earlier_one_as_it_was(project):
    output = project / "out"
    with pytest.raises(SystemExit):
        write_run(output, "half", interrupted=True)
    assert not output.exists()
    write_run(output, "whole")
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit):
        write_run(output, "half", interrupted=True)
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_a_block_that_opens_no_run_is_told(project):
    with pytest.raises(InputError, match="sun/1-draw made no run"), staged_run("sun/1-draw", project / "out"):
        pass
