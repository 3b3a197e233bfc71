"""The whole ci profile: every notebook runs clean, every figure keeps the contract, every gate is green."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from pyarrow.parquet import read_schema

from flarebook.compendium.data.download import check_hash
from flarebook.compendium.provenance import MIXED, ORIGINS
from flarebook.compendium.reports.gates import MISSING, RED, check, read_gates
from flarebook.compendium.run import read_metrics
from flarebook.compendium.workflow.parameters import read_profile

pytestmark = pytest.mark.notebooks
ROOT = Path(__file__).parents[2]
STUDY = os.environ.get("FLAREBOOK_STUDY") or None
NAMES = list(read_profile("ci", STUDY).notebooks)


@pytest.fixture(scope="session")
def records(built):
    """Records of all published figures of the study, or of all."""
    found = [json.loads(path.read_text()) for path in sorted((built / "figures").glob("*.json"))]
    return [record for record in found if STUDY in (None, record["study"])]


def outputs(built, name):
    """All outputs of an executed notebook."""
    notebook = nbformat.read(built / "notebooks" / f"{name}.ipynb", as_version=4)
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.mark.parametrize("name", NAMES)
def test_notebook_ran_without_error_or_warning(built, name):
    for output in outputs(built, name):
        assert output.output_type != "error", output.evalue
        assert output.get("name") != "stderr", output.text[:500]
        assert "Warning" not in output.get("text", ""), output.text[:500]


@pytest.mark.parametrize("name", NAMES)
def test_every_image_is_a_published_figure(built, name):
    images = [output for output in outputs(built, name) if "image/png" in output.get("data", {})]
    ids = [output.metadata.get("flarebook", {}).get("figure") for output in images]
    assert None not in ids and len(ids) == len(set(ids))
    assert all((built / "figures" / f"{id}.json").is_file() for id in ids)


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_records_a_metric_and_its_checksums(built, name):
    folder = built / "results" / name
    assert json.loads((folder / "metrics.json").read_text()), f"{name} records no metric"
    assert "metrics.json" in json.loads((folder / "sha256.json").read_text())


def test_every_figure_has_its_five_files_and_a_complete_record(records, built):
    assert records
    for record in records:
        for name in record["files"].values():
            assert (built / "figures" / name).stat().st_size > 0, name
        assert len(record["alt"]) > 40 and record["caption"], record["id"]
        assert record["origin"] in ("real", "simulated", "real and simulated", "schematic"), record["id"]
        assert record["parameters"]["output"] == "build/ci" and "seed" in record["parameters"], record["id"]
        check_hash(built / "figures" / record["files"]["csv"], record["data_sha256"], "")


def contradiction(record):
    """What is wrong with the origin of a number or a figure, or None."""
    origin, rows = record.get("origin"), record.get("rows")
    if origin not in ORIGINS:
        return "says no origin"
    if rows and origin != " and ".join(rows):
        return f"says {origin}, but its rows are {rows}"
    truth = any(word in record["name"].split(".")[-1] for word in TRUTH) and record["name"].startswith("stix.")
    return f"is scored against a simulation's truth, but says {origin}" if truth and origin != "simulated" else None


TRUTH = ("precision", "recall", "auc", "nmi", "contamination", "good_lost", "balanced")


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        ({"name": "stix.a.recall", "origin": "simulated", "rows": {"simulated": 480}}, None),
        ({"name": "stix.a.kept_share", "origin": MIXED, "rows": {"real": 1, "simulated": 480}}, None),
        ({"name": "stix.a.kept_share"}, "no origin"),
        ({"name": "stix.a.kept_share", "origin": "real", "rows": {"real": 1, "simulated": 480}}, "but its rows"),
        ({"name": "stix.a.recall", "origin": MIXED, "rows": {"real": 1, "simulated": 480}}, "truth"),
        ({"name": "stix.a.recall", "origin": MIXED}, "truth"),
    ],
)
def test_a_contradiction_is_found(record, wrong):
    found = contradiction(record)
    assert found is None if wrong is None else wrong in found


def test_no_number_and_no_figure_contradicts_its_rows(records, built):
    named = [record | {"name": record["id"]} for record in records]
    numbers = [metric for name, metric in read_metrics(built).items() if STUDY in (None, name.split(".")[0])]
    wrong = {record["name"]: contradiction(record) for record in (*numbers, *named) if contradiction(record)}
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_every_saved_table_tells_its_origin(built, name):
    for path in (built / "results" / name).glob("*.parquet"):
        kept = json.loads((read_schema(path).metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
        assert kept.get("origin") in ORIGINS, path.name


@pytest.mark.skipif(STUDY not in (None, "stix"), reason="another study was asked for")
def test_numbers_of_an_encoder_name_it(built):
    for name, metric in read_metrics(built).items():
        if name.startswith(("stix.filtering.by_hand", "stix.filtering.rule", "stix.sources.network", "stix.anomalies")):
            assert metric["encoder"] == "dinov2-focus", name


@pytest.mark.skipif(STUDY not in (None, "iris"), reason="another study was asked for")
def test_every_figure_of_the_mg_ii_paper_is_there(records):
    numbers = {record["paper_figure"] for record in records if record["study"] == "iris"}
    assert set(range(1, 17)) <= numbers


def test_every_gate_is_green(built):
    wrong = [line for line in check("ci", STUDY) if line.verdict in (RED, MISSING)]
    assert not wrong, "\n".join(f"{line.name}: {line.measured} is {line.verdict}" for line in wrong)


def test_every_study_has_gates():
    assert {name.split("/")[0] for name in NAMES} <= {name.split(".")[0] for name in read_gates("ci")}
