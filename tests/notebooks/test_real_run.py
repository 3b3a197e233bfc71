"""A rehearsed real run: the whole graph on archives of simulated files in the real layouts, served on loopback.

It runs in a project folder of its own, build/rehearsal, so that a real run of this project's is left as it is.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
import yaml

from flarebook.compendium.book.edition import changed_by_real_data
from flarebook.compendium.reports.gates import read_gates
from flarebook.compendium.run import read_metrics
from flarebook.compendium.workflow.parameters import read_profile
from tests.archives import N_DAYS, N_MAPS, N_OBSERVATIONS, write_archives
from tests.archives.server import serve_archives
from tests.archives.xray_maps import LABELLED

pytestmark = [pytest.mark.notebooks, pytest.mark.slow]
ROOT, SIZES = Path(__file__).parents[2], Path(__file__).with_name("rehearsal.yaml")
STUDY = os.environ.get("FLAREBOOK_STUDY") or ""
NAMES = list(read_profile("ci-real", STUDY or None).notebooks)
ARCHIVES = {  # of each study, what the server must have been asked for
    "iris": ["www.lmsal.com"],
    "stix": ["datacenter.stix.i4ds.net"],
    "solarchip": ["jsoc1.stanford.edu", "www.ncei.noaa.gov"],
}
pytestmark.append(pytest.mark.skipif(STUDY not in ("", *ARCHIVES), reason="the study has no archive to rehearse"))
SHIPPED_ROWS = {"stix/2-archive/records": 1}  # the real flare of 2020-06-07 ends the archive


def write_project(folder):
    """Link the project into a folder, its overlay of real data with the sizes of rehearsal.yaml on top."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name[0] != "." and path.name not in ("build", "profiles"):
            (folder / path.name).symlink_to(path)
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    overlay = yaml.safe_load((ROOT / "profiles/real.yaml").read_text())
    for name, fields in yaml.safe_load(SIZES.read_text()).items():
        entry = overlay["ci"].get(name, {})
        parameters = {**entry.get("parameters", {}), **fields.get("parameters", {})}
        overlay["ci"][name] = {**entry, **fields, "parameters": parameters, "threads": 1}  # start-ups use one
    (folder / "profiles/real.yaml").write_text(yaml.safe_dump(overlay))
    return folder


def rehearse(folder, address):
    """Run what `make book PROFILE=ci SOURCE=real` runs in a project, against an archive that is also its proxy."""
    proxies = {name: address for scheme in ("http", "https") for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")}
    own = {"FLAREBOOK_ROOT": str(folder), "FLAREBOOK_DATA": str(folder / "cache"), "FLAREBOOK_MIRROR": address}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "MPLBACKEND": "agg", "no_proxy": "127.0.0.1"}
    environment = {**os.environ, **proxies, **own, **quiet, "FLAREBOOK_REHEARSAL": "1"}
    graph = ["snakemake", "--cores", "all", "--keep-going", "--quiet", "rules", "--config", "profile=ci", "source=real"]
    for command in (
        ["flarebook.compendium.workflow.real_run"],
        [*graph, f"study={STUDY}"],
        ["flarebook.compendium.book", "ci-real", "--study", STUDY],
    ):
        command = [sys.executable, "-m", *command]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-9000:]


@pytest.fixture(scope="module")
def rehearsal():
    """Folder of the run ci-real, its profile's entries, and what was asked of the archives."""
    folder = write_project(ROOT / "build/rehearsal")
    write_archives(folder / "archives", studies=[STUDY] if STUDY else list(ARCHIVES))
    with serve_archives(folder / "archives") as (address, log):
        rehearse(folder, address)
    for made in ("archives", "cache"):
        shutil.rmtree(folder / made)
    return SimpleNamespace(output=folder / "build/ci-real", log=log)


def notebook(rehearsal, name):
    """An executed notebook."""
    return nbformat.read(rehearsal.output / "notebooks" / f"{name}.ipynb", as_version=4)


def figures(rehearsal):
    """Records of all published figures."""
    return [json.loads(path.read_text()) for path in sorted((rehearsal.output / "figures").glob("*.json"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_ran_on_the_archives_without_error_or_warning(rehearsal, name):
    for cell in notebook(rehearsal, name).cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error" and output.get("name") != "stderr", output
            assert "Warning" not in output.get("text", ""), output.text[:500]


def test_nothing_was_asked_of_another_host_and_every_archive_was(rehearsal):
    outside = [path for path in rehearsal.log if not path.startswith("/")]
    assert not outside
    for study in [STUDY] if STUDY else ARCHIVES:
        for host in ARCHIVES.get(study, ()):
            assert any(path.startswith(f"/{host}/") for path in rehearsal.log), host


@pytest.mark.parametrize(
    ("table", "column", "number"),
    [
        ("iris/3-observations/spectra", "observation", N_OBSERVATIONS),
        ("stix/2-archive/records", "name", N_MAPS + 1),
        ("stix/2-archive/labelled", "name", sum(LABELLED.values())),
        ("solarchip/1-simulated-sun/days", "time", N_DAYS),
    ],
)
def test_all_that_the_archives_hold_was_read_and_is_called_a_rehearsal(rehearsal, table, column, number):
    if table.partition("/")[0] not in (STUDY or ARCHIVES):
        pytest.skip("another study was asked for")
    rows = pd.read_parquet(rehearsal.output / "results" / f"{table}.parquet")
    assert rows[column].nunique() == number
    shipped = SHIPPED_ROWS.get(table, 0)
    origins = rows.get("origin", pd.Series([rows.attrs["origin"]] * len(rows)))
    assert set(origins.iloc[: len(rows) - shipped]) == {"rehearsal"}


@pytest.mark.parametrize(
    ("notebook", "parts", "rows"), [("solarchip/1-simulated-sun", 4, N_DAYS), ("stix/2-archive", 2, N_MAPS)]
)
def test_each_month_of_disks_and_batch_of_maps_was_a_job_of_its_own(rehearsal, notebook, parts, rows):
    if notebook.partition("/")[0] not in (STUDY or ARCHIVES):
        pytest.skip("another study was asked for")
    folder = rehearsal.output / "parts" / notebook
    assert len(json.loads((folder / "names.json").read_text())) == parts
    summary = json.loads((folder / "gathered.json").read_text())
    assert summary["rows"] == rows and summary["parts"] == parts and not summary["skipped"]


def test_no_number_of_a_rehearsed_file_is_called_real(rehearsal):
    metrics, shipped = read_metrics(rehearsal.output), read_gates("ci-real")
    called = {name for name, metric in metrics.items() if metric["origin"] == "real"} - set(shipped)
    assert {name for name in called if "real" not in name.replace("_", ".").split(".")} == set()


def test_gates_hold_on_shipped_files_and_no_finding_is_judged(rehearsal):
    command = [sys.executable, "-m", "flarebook.commands.main", "check", "--profile", "ci", "--source", "real"]
    environment = os.environ | {"FLAREBOOK_ROOT": str(rehearsal.output.parents[1])}
    done = subprocess.run([*command, *(["--study", STUDY] if STUDY else [])], env=environment, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    assert "science: 0 green, 0 red, 0 missing" in done.stdout.decode()


def test_every_page_that_archives_change_says_that_it_shows_a_rehearsal(rehearsal):
    pages = rehearsal.output / "book/_build/html"
    for name in changed_by_real_data("ci-real") & set(NAMES):
        text = (pages / f"notebooks/{name}.html").read_text()
        assert "A rehearsal: the files behind this page are simulated" in text, name
    assert "A rehearsal: the files behind this book are simulated" in (pages / "book/index.html").read_text()
