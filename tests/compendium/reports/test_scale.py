"""The page on clusters shows each cost with its unit, its kind and its origin, and what a job may use."""

from flarebook.compendium.reports.scale import MEASURED, cost_table, measured_file, measured_table, resource_table

COSTS = """work,quantity,value,spread,kind,origin
study 1,archives (bytes),5465000000,,measured,scale.csv
study 2,embed (core-hours),0.204,0.004,measured,results.json
study 3,embed (GPU-hours),1234.5,,estimate,assumed
study 3,embed again (GPU-hours),,,not measured,no GPU
"""


def test_a_cost_has_its_unit_its_spread_and_its_origin(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/costs.csv").write_text(COSTS)
    lines = cost_table(tmp_path).replace("\N{NARROW NO-BREAK SPACE}", " ").splitlines()
    assert [line for line in lines if line.startswith("#")] == ["### Study 1", "### Study 2", "### Study 3"]
    assert [line for line in lines if line.startswith("| ") and "---" not in line and "| what" not in line] == [
        "| archives | 5.46 GB | measured | scale.csv |",
        "| embed | 0.2 ± 0.004 core-hours | measured | results.json |",
        "| embed | 1,234 GPU-hours | estimate | assumed |",
        "| embed again | – GPU-hours | not measured | no GPU |",
    ]


def test_a_job_s_resources_are_those_of_both_profiles(checkout, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_ROOT", str(checkout))
    rows = {line.split(" | ")[0].lstrip("| "): line.split(" | ")[1:] for line in resource_table(checkout).splitlines()}
    assert rows["solarchip/2-pretrain"][:4] == ["8", "300", "24", "gpu:1"]  # of slurm and of paper
    assert rows["iris/3-observations"][4] == "2 GB, 60 min |"


def test_a_whole_run_takes_the_place_of_one_of_few_steps_and_what_ran_in_neither_has_dashes(
    tmp_path, checkout, monkeypatch
):
    monkeypatch.setenv("FLAREBOOK_ROOT", str(checkout))
    (tmp_path / "metrics").mkdir()
    assert measured_table(tmp_path).endswith("Processor: –.")
    rows = {
        "paper": ["stix/2-archive,2,1.5,1.4,1136,2.1,2 cores of X"],
        "paper-short": ["stix/2-archive,1,9,9,9,9,Y", "solarchip/2-pretrain,2,3,4.04,11000,1,2 cores of X"],
    }
    for run, lines in rows.items():
        measured_file(tmp_path, run).write_text("\n".join([",".join(MEASURED), *lines]))
    lines = measured_table(tmp_path).splitlines()
    assert "| stix/2-archive | whole | 2 | 1.5 | 1.4 | 1.14 | 2.1 |" in lines
    assert "| solarchip/2-pretrain | few steps | 2 | 3.0 | 4.0 | 11 | 1.0 |" in lines
    assert "| iris/7-ablations | – | – | – | – | – | – |" in lines
    assert lines[-1].startswith("Processor: 2 cores of X. Rows named *few steps*")
