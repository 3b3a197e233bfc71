"""The shipped ensemble is written from a run's model B, with a card that tells its scores."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.inference import load_ensemble
from scripts.iris.release_ensemble import STEP, release_ensemble


def finished_run(root, n_members=60):
    """Folder of a run that holds what notebook 6 leaves: weights, settings and metrics of model B."""
    folder = root / STEP
    folder.mkdir(parents=True)
    weights = {"mean": np.zeros((n_members, 10)), "scale": np.ones((n_members, 10))}
    weights |= {"dense_0/kernel": np.ones((n_members, 10, 1)), "dense_0/bias": np.zeros((n_members, 1))}
    save_file(weights, folder / "model-b-validation.safetensors")
    settings = {"window": 3.0, "n_splits": n_members, "epochs": 15, "batch_size": 512, "seed": 1}
    settings |= {"hidden": "[]", "spectra": 1000}
    pd.DataFrame([settings]).to_parquet(folder / "ensemble.parquet")
    metrics = [{"name": f"iris.honest.B.{name}", "value": 0.625, "origin": "simulated"} for name in METRICS]
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return root


def test_weights_are_shortened_and_the_card_names_them_with_their_scores(tmp_path):
    path = release_ensemble(finished_run(tmp_path / "run"), tmp_path / "released.safetensors")
    ensemble, card = load_ensemble(path), (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert ensemble.about["members"] == "50" and len(ensemble.weights["mean"]) == 50
    assert ensemble.about["origin"] == "simulated" and ensemble.window == 3.0
    assert ensemble.sha256 in card and "| tss | 0.625 |" in card and "{" not in card


def test_a_run_without_model_b_is_refused(tmp_path):
    with pytest.raises(InputError, match="run `flarebook run iris/6-classifiers` first"):
        release_ensemble(tmp_path, tmp_path / "released.safetensors")
