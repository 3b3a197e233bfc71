"""The table of longer trainings: read as it was written, absent without harm, refused when it is something else."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from flarebook.compendium.errors import InputError
from flarebook.solarchip.representation import ablation, ablation_tables
from flarebook.solarchip.representation.scores import HEADLINE

N = 40


@pytest.fixture
def archive(tmp_path):
    """Folder of a run that holds a series of notebook 1, of noise."""
    folder = tmp_path / "results" / "solarchip" / "1-simulated-sun"
    folder.mkdir(parents=True)
    days = pd.DataFrame({"time": pd.date_range("2011-01-01", periods=N).astype(str)})
    days["split"] = np.repeat(["train", "test"], [24, 16])
    days.to_parquet(folder / "days.parquet")
    np.savez(folder / "images.npz", images=np.random.default_rng(1).normal(0, 80, (N, 11, 32, 32)).astype("f4"))
    return tmp_path


def test_what_the_script_writes_is_what_the_notebook_reads(archive, monkeypatch):
    app, out = typer.Typer(), archive / "out"
    app.command()(ablation.main)
    monkeypatch.setattr(ablation, "TERMS", {"random": (), "CLS alone": ("cls",)})
    words = (
        "--backbones vit-mini --sharings= --n-steps 2 --batch-size 8 --seeds 1 --side 32 --channels 171 --device cpu"
    )
    told = CliRunner().invoke(app, [str(archive), "--out", str(out), *words.split()])
    assert told.exit_code == 0, told.output
    table, about = ablation_tables.longer_table(out)
    written = pd.read_parquet(out / "ablation.parquet")
    assert set(table["row"]) == {"random", "CLS alone"}
    assert table["value"].to_numpy() == pytest.approx(written["value"].to_numpy(), abs=1e-4, nan_ok=True)
    assert (about["side"], about["n_train"], about["settings"]["n_steps"]) == (32, 24, 2)
    assert 0 <= about["untrained_features"]["|B| blocks"][HEADLINE] <= 1


def test_without_the_files_this_run_decides_and_with_them_the_longer_training(tmp_path):
    assert ablation_tables.longer_table(tmp_path) == (None, None)
    assert ablation_tables.select_training(80, "simulated", None) == "this run"
    about = {"origin": "simulated", "settings": {"n_steps": 600}}
    assert ablation_tables.select_training(80, "simulated", about) == "longer"
    assert ablation_tables.select_training(12000, "simulated", about) == "this run"
    assert ablation_tables.select_training(80, "real", about) == "this run"


def test_half_a_table_and_another_one_are_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "ablation.csv", index=False)
    with pytest.raises(InputError, match="ablation.json is missing"):
        ablation_tables.longer_table(tmp_path)
    (tmp_path / "ablation.json").write_text(json.dumps({"settings": {}, "untrained_features": {}}))
    with pytest.raises(InputError, match="no table of an ablation"):
        ablation_tables.longer_table(tmp_path)
