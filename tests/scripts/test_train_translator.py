"""The script that makes the shipped translator."""

import numpy as np
import pandas as pd
import typer
from typer.testing import CliRunner

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models import weights
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.translation import translator as translate
from scripts.solarchip import train_translator


def test_trained_file_in_the_place_of_the_shipped_one_becomes_the_default(tmp_path, monkeypatch):
    images = np.random.default_rng(1).uniform(-0.5, 0.5, (12, len(CHANNELS), 32, 32))
    times = pd.date_range("2012-01-01", periods=120, freq="10D").strftime("%Y-%m-%dT%H:%M:%S")
    pd.DataFrame({"time": times}).to_parquet(tmp_path / "days.parquet")
    np.savez(tmp_path / "images.npz", images=np.float16(100 + 50 * np.resize(images, (120, *images.shape[1:]))))
    model = weights.save_encoder(create_autoencoder("cnn-mini"), tmp_path / "cnn_mini.safetensors", {})
    shipped = tmp_path / "data" / "translator.safetensors"
    shipped.parent.mkdir()
    call = [str(tmp_path), "--out", str(shipped), "--weights", str(model), "--unet-steps", "2", "--branch-steps", "2"]
    app = typer.Typer()
    app.command()(train_translator.main)
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    monkeypatch.setattr(translate, "SHIPPED", shipped)
    loaded = translate.load_translator()
    assert loaded.sources_of("hmi") == ("171", "193", "304") and loaded.sources_of("193") == ("hmi",)
    assert (loaded.about["autoencoder"], str(loaded.about["branch_steps"])) == ("cnn_mini", "2")
