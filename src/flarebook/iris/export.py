"""From a run's results to the weights file that ships, with a note of what it was trained on."""

import json
from pathlib import Path

import pandas
from safetensors.numpy import load_file

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import in_project, shown
from flarebook.compendium.provenance import code_state
from flarebook.iris.score import export_ensemble

STEP = Path("results") / "iris" / "6-classifiers"
NAMES = ("tss", "precision", "recall", "f1", "accuracy", "auc")


def export_run(run, path, model="B", selection="validation"):
    """Write a run's ensemble as a weights file; returns the path.

    run: folder of the run.  Raises InputError when the run has not trained the model yet.
    """
    folder = in_project(run) / STEP
    weights = folder / f"model-{model.lower()}-{selection}.safetensors"
    if not weights.is_file():
        raise InputError(f"{shown(folder)} holds no {weights.name}: run `flarebook run iris/6-classifiers` first.")
    return export_ensemble(load_file(weights), path, about_run(folder, model, selection))


def about_run(folder, model, selection):
    """What the networks are and how they score, as text: {name: text}."""
    settings = pandas.read_parquet(folder / "ensemble.parquet").iloc[0].astype(str).to_dict()
    metrics = {m["name"]: m["value"] for m in json.loads((folder / "metrics.json").read_text(encoding="utf-8"))}
    scores = {name: round(metrics[f"iris.honest.{model}.{name}"], 3) for name in NAMES}
    about = {"origin": "simulated", "model": model, "selection": selection, "scores": json.dumps(scores)}
    return about | settings | {"commit": code_state()["commit"] or "unknown"}
