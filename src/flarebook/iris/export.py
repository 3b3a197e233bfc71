"""From a run's results to the weights file that ships, with a note of what it was trained on."""

import json
from pathlib import Path

import pandas
from safetensors.numpy import load_file

from flarebook.compendium.errors import InputError
from flarebook.compendium.files import whole_file
from flarebook.compendium.project import in_project, shown
from flarebook.compendium.provenance import code_state
from flarebook.iris.score import export_ensemble, load_ensemble

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
    about = about_run(folder, model, selection)
    written = export_ensemble(load_file(weights), path, about)
    with whole_file(written.with_name("MODEL_CARD.md")) as card:
        card.write_text(model_card(written), encoding="utf-8")
    return written


def about_run(folder, model, selection):
    """What the networks are and how they score, as text: {name: text}."""
    settings = pandas.read_parquet(folder / "ensemble.parquet").iloc[0].astype(str).to_dict()
    metrics = {m["name"]: m for m in json.loads((folder / "metrics.json").read_text(encoding="utf-8"))}
    scores = {name: round(metrics[f"iris.honest.{model}.{name}"]["value"], 3) for name in NAMES}
    origin = metrics[f"iris.honest.{model}.tss"]["origin"]
    about = {"origin": origin, "model": model, "selection": selection, "scores": json.dumps(scores)}
    return about | settings | {"commit": code_state()["commit"] or "unknown"}


def model_card(path):
    """Text of the model card of a weights file, its numbers taken from the file."""
    ensemble = load_ensemble(path)
    scores = "\n".join(f"| {name} | {value:.3f} |" for name, value in json.loads(ensemble.about["scores"]).items())
    template = Path(__file__).with_name("data") / "model_card_template.md"
    values = {**ensemble.about, "scores": scores, "file": path.name, "sha256": ensemble.sha256}
    return template.read_text(encoding="utf-8").format(**values)
