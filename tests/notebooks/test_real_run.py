"""Every notebook of every study runs to its page on archives in their real layouts, served on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from flarebook.compendium.book.edition import changed_by_real_data
from flarebook.compendium.reports import gates
from flarebook.compendium.workflow.parameters import read_profile
from tests.archives import N_DAYS, N_MAPS, write_archives
from tests.archives.server import serve_archives

ROOT = Path(__file__).parents[2]
RUN = ROOT / "build/ci-real"
ABSENT, WRONG = "QS 3", "SS 2"  # an observation that the archive lacks, and one whose tar is cut
GONE = "AIA20140105_0000_0171.fits"  # an image that the JSOC lacks
HTML = 3  # maps in whose place the data centre sends a page
NOTEBOOKS = list(read_profile("ci-real").notebooks)
pytestmark = [
    pytest.mark.notebooks,
    pytest.mark.slow,
    pytest.mark.skipif(bool(os.environ.get("FLAREBOOK_STUDY")), reason="runs all studies"),
]


def damage(root, held):
    """Take away what archives may lack, and send what they should not."""
    held["rasters"][ABSENT][0].unlink()
    wrong = held["rasters"][WRONG][0]
    wrong.write_bytes(wrong.read_bytes()[:5000])
    next(root.rglob(GONE)).unlink()
    for path in held["maps"][:HTML]:
        path.write_bytes(b"<html>The service is down</html>")


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    """The run on the archives, started as `make book PROFILE=ci SOURCE=real` does, and its pages."""
    root = tmp_path_factory.mktemp("archives")
    held = write_archives(root)
    damage(root, held)
    with serve_archives(root) as (address, log):
        settings = {"FLAREBOOK_REHEARSAL": "1", "FLAREBOOK_MIRROR": address}
        settings |= {"FLAREBOOK_DATA": str(tmp_path_factory.mktemp("cache"))}
        snakemake = [
            "snakemake",
            "--cores",
            "all",
            "--quiet",
            "all",
            "--rerun-incomplete",
            "--keep-going",
            "--forceall",
        ]
        for command in (
            [*snakemake, "--config", "profile=ci", "source=real"],
            ["flarebook.compendium.book", "ci-real"],
        ):
            command, environment = [sys.executable, "-m", *command], os.environ | settings
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return SimpleNamespace(held=held, log=log, pages=RUN / "book" / "_build" / "html")


def executed(name):
    """The executed notebook."""
    return nbformat.read(RUN / "notebooks" / f"{name}.ipynb", as_version=4)


def printed(name):
    """What a notebook printed."""
    outputs = [output for cell in executed(name).cells for output in cell.get("outputs", ())]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def table(name):
    """A table that a step saved."""
    return pd.read_parquet(RUN / "results" / f"{name}.parquet")


def test_every_notebook_has_its_page_and_none_holds_an_error(rehearsal):
    for name in NOTEBOOKS:
        assert (rehearsal.pages / "notebooks" / f"{name}.html").is_file()
        outputs = [output for cell in executed(name).cells for output in cell.get("outputs", ())]
        assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_nothing_is_read_from_a_simulated_run(rehearsal):
    for name in NOTEBOOKS:
        given = executed(name).metadata.papermill.parameters
        assert (given["output"], given["inputs"]) == ("build/ci-real", "")


def test_every_page_of_the_archives_says_that_it_is_a_rehearsal(rehearsal):
    for name in NOTEBOOKS:
        page = (rehearsal.pages / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        assert ("A rehearsal: the files behind this page are simulated" in page) == (
            name in changed_by_real_data("ci-real")
        )
    assert "A rehearsal: the files behind this book" in (rehearsal.pages / "book/index.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    "name", ["iris/3-observations/spectra", "stix/2-archive/records", "solarchip/1-simulated-sun/days"]
)
def test_what_came_from_the_archives_is_labelled_a_rehearsal_in_tables_and_figures(rehearsal, name):
    origin = table(name).attrs["origin"]
    assert origin == ("real and rehearsal" if "stix" in name else "rehearsal")
    study = name.split("/")[0]
    records = [json.loads(path.read_text()) for path in (RUN / "figures").glob(f"{study}-*.json")]
    shown = [record for record in records if "rehearsal" in record["origin"]]
    assert shown and all((RUN / "figures" / f"{record['id']}.png").is_file() for record in records)


def test_all_observations_but_the_two_damaged_ones_are_there_and_these_are_named(rehearsal):
    spectra = table("iris/3-observations/spectra")
    present = set(spectra["observation"].astype(str))
    assert present == set(rehearsal.held["rasters"]) - {ABSENT, WRONG}
    assert (spectra.groupby("observation", observed=True).size() <= 100).all()
    said = printed("iris/3-observations")
    assert f"{ABSENT} is skipped" in said and f"{WRONG} is skipped" in said


def test_all_maps_but_the_pages_of_html_are_there_and_these_are_named(rehearsal):
    records = table("stix/2-archive/records")
    kinds = records["origin"].value_counts().to_dict()
    unusable = printed("stix/2-archive").count("left out: ")
    assert kinds["real"] == 1 and kinds["rehearsal"] + unusable == N_MAPS and unusable >= HTML
    assert sorted(records["name"])[0].startswith("stix_") and records["is_artefact"].isna().all()


def test_all_days_but_the_one_without_an_image_are_there_and_it_is_named(rehearsal):
    days = table("solarchip/1-simulated-sun/days")
    assert len(days) == N_DAYS - 1 and "2014-01-05T00:00:00" not in set(days["time"])
    said = printed("solarchip/1-simulated-sun")
    assert GONE in said and "2014-01-05T00:00 lacks 171" in said
    truth = rehearsal.held["sun"].days.set_index("time").loc[days["time"], "label_m"]
    assert (days["label_m"].to_numpy(int) == truth.to_numpy(int)).mean() > 0.95


def test_each_raster_is_asked_for_once(rehearsal):
    rasters = [path for path in rehearsal.log if path.endswith("_raster.tar.gz")]
    asked = {path: rasters.count(path) for path in rasters}
    assert len(asked) >= len(rehearsal.held["rasters"]) - 1
    wrong = rehearsal.held["rasters"][WRONG][0].name
    assert all(number == 1 for path, number in asked.items() if not path.endswith(wrong))


def test_only_the_gates_of_shipped_files_are_checked_and_they_hold(rehearsal):
    verdicts = [verdict for verdict in gates.check("ci-real") if verdict.gate]
    assert verdicts and all(verdict.gate.fixed == "shipped file" for verdict in verdicts)
    assert gates.all_green(verdicts), [verdict.name for verdict in verdicts if verdict.verdict != gates.GREEN]
