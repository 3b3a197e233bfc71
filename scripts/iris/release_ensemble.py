"""From a run's model B to the weights that ship, with their card: `python scripts/iris/release_ensemble.py RUN`."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from safetensors.numpy import load_file

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import in_project, shown
from flarebook.compendium.provenance import code_state
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.inference import SHIPPED, export_ensemble, load_ensemble

STEP = Path("results") / "iris" / "6-classifiers"
MODEL, SELECTION = "B", "validation"


def release_ensemble(run, path=SHIPPED):
    """Write a run's model B, selected on validation data, as a weights file with its model card.

    run: folder of the run.  Returns the path of the weights.  Raises InputError when the run has not trained the model.
    """
    folder = in_project(run) / STEP
    weights = folder / f"model-{MODEL.lower()}-{SELECTION}.safetensors"
    if not weights.is_file():
        raise InputError(f"{shown(folder)} holds no {weights.name}: run `flarebook run iris/6-classifiers` first.")
    written = export_ensemble(load_file(weights), path, describe_run(folder))
    with atomic_write(written.with_name("MODEL_CARD.md")) as card:
        card.write_text(model_card(written), encoding="utf-8")
    return written


def describe_run(folder):
    """What the networks are and how they score, as text: {name: text}."""
    settings = pd.read_parquet(folder / "ensemble.parquet").iloc[0].astype(str).to_dict()
    metrics = {m["name"]: m for m in json.loads((folder / "metrics.json").read_text(encoding="utf-8"))}
    scores = {name: round(metrics[f"iris.honest.{MODEL}.{name}"]["value"], 3) for name in METRICS}
    origin = metrics[f"iris.honest.{MODEL}.tss"]["origin"]
    about = {"origin": origin, "model": MODEL, "selection": SELECTION, "scores": json.dumps(scores)}
    return about | settings | {"commit": code_state()["commit"] or "unknown"}


def model_card(path):
    """Text of the model card of a weights file, its numbers taken from the file."""
    ensemble = load_ensemble(path)
    scores = "\n".join(f"| {name} | {value:.3f} |" for name, value in json.loads(ensemble.about["scores"]).items())
    values = {**ensemble.about, "scores": scores, "file": path.name, "sha256": ensemble.sha256}
    return Path(__file__).with_name("model_card_template.md").read_text(encoding="utf-8").format(**values)


def main(
    run: Annotated[Path, typer.Argument(help="Folder of a run that holds results/iris/6-classifiers.")],
    to: Annotated[Path, typer.Option(help="Weights file to write.")] = Path(SHIPPED),
):
    """Write the ensemble that `flarebook iris score` reads by default, and its model card."""
    path = release_ensemble(run, to)
    typer.echo(f"{path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    typer.run(main)
