"""The page on clusters shows each cost with its unit, its kind and its origin, and what a job may use."""

from flarebook.compendium.reports.scale import cost_table, resource_table

COSTS = """work,quantity,value,spread,kind,origin
study 1,archives (bytes),5465000000,,measured,scale.csv
study 2,embed (core-hours),0.204,0.004,measured,results.json
study 3,embed (GPU-hours),1234.5,,estimate,assumed
study 3,embed again (GPU-hours),,,not measured,no GPU
"""


def test_a_cost_has_its_unit_its_spread_and_its_origin(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/costs.csv").write_text(COSTS)
    lines = cost_table(tmp_path).replace("\N{NARROW NO-BREAK SPACE}", " ").splitlines()[2:]
    assert lines == [
        "| study 1 | archives | 5.46 GB | measured | scale.csv |",
        "| study 2 | embed | 0.2 ± 0.004 core-hours | measured | results.json |",
        "| study 3 | embed | 1,234 GPU-hours | estimate | assumed |",
        "| study 3 | embed again | – | not measured | no GPU |",
    ]


def test_a_job_s_resources_are_those_of_both_profiles(checkout, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_ROOT", str(checkout))
    rows = {line.split(" | ")[0].lstrip("| "): line.split(" | ")[1:] for line in resource_table(checkout).splitlines()}
    assert rows["solarchip/2-pretrain"][:4] == ["8", "300", "24", "gpu:1"]  # of slurm and of paper
    assert rows["iris/3-observations"][4] == "2 GB, 60 min |"
