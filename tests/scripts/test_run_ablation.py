"""The longer ablation goes on where it stopped; its table is read as it was written, and refused when it is another."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from flarebook.compendium.errors import InputError
from flarebook.solarchip.pretraining.settings import PretrainingConfig
from flarebook.solarchip.representation import ablation, ablation_tables
from flarebook.solarchip.representation.scores import HEADLINE
from scripts.solarchip import run_ablation

N = 40
SETTINGS = PretrainingConfig(n_steps=2, batch_size=8, aia_per_step=1, every=2, device="cpu")


@pytest.fixture(scope="module")
def dates():
    """90 dates of noise, 32 pixels along a side."""
    rng = np.random.default_rng(1)
    days = pd.DataFrame({"time": pd.date_range("2011-01-01", periods=90).astype(str)})
    days["split"] = np.repeat(["train", "test"], [50, 40])
    return ablation.prepare_evaluation_set(rng.normal(0, 80, (90, 11, 64, 64)).astype(np.float32), days, 32)


def run(dates, variants, seeds, path, settings=SETTINGS, channels=("171",)):
    """Table of a run that goes on with the one at the path, and the trainings that it added."""
    table = run_ablation.read_table(path, run_ablation.describe_run(dates, settings, channels))
    missing = run_ablation.missing_trainings(variants, seeds, table)
    for variant, seed in missing:
        rows = ablation.run_variant(variant, dates, replace(settings, seed=seed), channels)
        table = run_ablation.add_training(table, rows, path)
    return table, missing


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
    app.command()(run_ablation.main)
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
    assert ablation_tables.select_training(80, "simulated", about) == "shipped table"
    assert ablation_tables.select_training(12000, "simulated", about) == "this run"
    assert ablation_tables.select_training(80, "real", about) == "this run"


def test_half_a_table_and_another_one_are_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "ablation.csv", index=False)
    with pytest.raises(InputError, match="ablation.json is missing"):
        ablation_tables.longer_table(tmp_path)
    (tmp_path / "ablation.json").write_text(json.dumps({"settings": {}, "untrained_features": {}}))
    with pytest.raises(InputError, match="no table of an ablation"):
        ablation_tables.longer_table(tmp_path)


def test_a_stopped_ablation_goes_on_and_ends_the_same(dates, tmp_path):
    chosen = [ablation.Variant("vit-mini", row) for row in ("random", "CLS alone")]
    whole = ablation.run_ablation(chosen, dates, SETTINGS, [1, 2], ["171"])
    path = tmp_path / "scores.parquet"
    run(dates, chosen, [1], path)
    table, added = run(dates, chosen, [1, 2], path)
    assert [seed for _, seed in added] == [2, 2]
    pd.testing.assert_frame_equal(table, whole)
    pd.testing.assert_frame_equal(pd.read_parquet(path), whole)


def test_a_table_of_other_settings_channels_or_images_is_not_gone_on_with(dates, tmp_path):
    path, chosen = tmp_path / "scores.parquet", [ablation.Variant("vit-mini", "random")]
    run(dates, chosen, [1], path)
    others = {
        "n_steps 2, now it is 3": (dates, replace(SETTINGS, n_steps=3), ["171"]),
        "channels": (dates, SETTINGS, ["304"]),
        "dates_sha256": (replace(dates, images=dates.images + 1), SETTINGS, ["171"]),
    }
    for told, (asked, settings, channels) in others.items():
        with pytest.raises(InputError, match=f"was begun with {told}"):
            run(asked, chosen, [1], path, settings, channels)


def test_what_ships_tells_where_the_images_come_from(dates, tmp_path):
    table, _ = run(dates, [], [1], tmp_path / "scores.parquet")
    run_ablation.export_ablation(table, SETTINGS, replace(dates, origin="real"), ["171"], tmp_path)
    assert '"origin": "real"' in (tmp_path / "ablation.json").read_text()


def test_another_table_is_not_overwritten(dates, tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(InputError, match="no table of an ablation"):
        run(dates, [], [1], tmp_path / "scores.parquet")
