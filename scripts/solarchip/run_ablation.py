"""Run the ablation longer than a notebook has time for, and go on where it was stopped.

Run as `python -m scripts.solarchip.run_ablation ARCHIVE --out FOLDER --n-steps 600`.
"""

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import code_state
from flarebook.solarchip.pretraining.settings import PretrainingConfig, config_dict
from flarebook.solarchip.representation.ablation import (
    COLUMNS,
    ablation_variants,
    prepare_evaluation_set,
    run_variant,
)
from flarebook.solarchip.representation.scores import score_untrained_features
from scripts.solarchip.archive import read_physical

VARIED = ("size", "sharing", "terms")  # settings in which the rows differ


def main(
    archive: Annotated[Path, typer.Argument(help="Output folder of notebook solarchip/1-simulated-sun.")],
    out: Annotated[Path, typer.Option(help="Folder for the table of scores, which grows with every training.")],
    backbones: Annotated[str, typer.Option(help="Separated by commas.")] = "vit-tiny,cnn-tiny",
    sharings: Annotated[str, typer.Option(help="Other ways to share encoders; empty: none.")] = "one,separate",
    n_steps: Annotated[int, typer.Option(help="Steps of each training.")] = 600,
    batch_size: Annotated[int, typer.Option(help="Dates per step.")] = 16,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    aia_per_step: Annotated[int, typer.Option(help="AIA channels per step, drawn at random; 10: all.")] = 2,
    seeds: Annotated[int, typer.Option(help="Trainings of each row.")] = 5,
    side: Annotated[int, typer.Option(help="Pixels along a side of the images.")] = 64,
    channels: Annotated[str, typer.Option(help="AIA channels that are scored, separated by commas.")] = "171,304,1600",
    device: Annotated[str, typer.Option(help="auto, cpu, or cuda.")] = "auto",
):
    """Run all rows of the ablation; started again with the same folder, it goes on after the last training."""
    torch.set_num_threads(1)
    settings = PretrainingConfig(
        n_steps=n_steps, batch_size=batch_size, learning_rate=rate, aia_per_step=aia_per_step, every=n_steps,
        device=device,
    )  # fmt: skip
    dates, scored = prepare_evaluation_set(*read_physical(archive), side), channels.split(",")
    path, begun = make_folder(out) / "ablation.parquet", time.process_time()
    variants = ablation_variants(backbones.split(","), [name for name in sharings.split(",") if name])
    table = read_table(path, describe_run(dates, settings, scored))
    for variant, seed in missing_trainings(variants, range(1, seeds + 1), table):
        table = add_training(table, run_variant(variant, dates, replace(settings, seed=seed), scored), path)
        typer.echo(
            f"{time.process_time() - begun:6.0f} s  {variant.backbone}, {variant.row}, {variant.sharing}, {seed}"
        )
    export_ablation(table, settings, dates, scored, path.parent)


def describe_run(dates, settings, channels):
    """What decides the scores besides row and seed, as JSON keeps it: settings, scored channels, hash of the dates."""
    hashed = hashlib.sha256()
    for part in (dates.images, dates.train, dates.held_out):
        hashed.update(np.ascontiguousarray(part))
    kept = {name: value for name, value in config_dict(settings).items() if name not in (*VARIED, "seed")}
    return kept | {"side": dates.images.shape[-1], "channels": list(channels), "dates_sha256": hashed.hexdigest()}


def read_table(path, made_with):
    """Table of an earlier run, empty when there is none; InputError when it is something else or of another run.

    made_with: of `describe_run`; kept in the table's attributes.
    """
    if not Path(path).is_file():
        table = pd.DataFrame({name: [] for name in COLUMNS})
        table.attrs["made_with"] = made_with
        return table
    table = pd.read_parquet(path)
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path} is no table of an ablation: give another folder, or remove it to begin anew")
    earlier = table.attrs.get("made_with", {})
    for name in made_with:
        if earlier.get(name) != made_with[name]:
            raise InputError(
                f"{path} was begun with {name} {earlier.get(name)}, now it is {made_with[name]}: "
                "give the same to go on, or another folder to begin anew"
            )
    return table


def missing_trainings(variants, seeds, table):
    """Trainings that the table lacks, [(Variant, seed)], seed by seed, so that a stopped run has whole seeds."""
    done = set(table[["backbone", "sharing", "row", "seed"]].drop_duplicates().itertuples(index=False, name=None))
    return [
        (variant, seed)
        for seed in seeds
        for variant in variants
        if (variant.backbone, variant.sharing, variant.row, seed) not in done
    ]


def add_training(table, rows, path):
    """Return the table with the rows of one more training, after writing it whole to the path."""
    made_with = table.attrs["made_with"]
    table = rows if table.empty else pd.concat([table, rows], ignore_index=True)
    table.attrs["made_with"] = made_with
    with atomic_write(path) as partial:
        table.to_parquet(partial, index=False)
    return table


def export_ablation(table, settings, dates, channels, folder):
    """Write "ablation.csv" and "ablation.json" into a folder: what ships with the package.

    The first holds the scores, the second what they were made with and the scores of features that nobody trained.
    """
    with atomic_write(folder / "ablation.csv") as partial:
        table.to_csv(partial, index=False, float_format="%.4f")
    about = {
        "origin": dates.origin,
        "side": dates.images.shape[-1],
        "n_train": int(dates.train.sum()),
        "n_held_out": int(dates.held_out.sum()),
        "settings": {key: value for key, value in config_dict(settings).items() if key not in VARIED},
        "channels": list(channels),
        "untrained_features": {
            name: rows.set_index("score")["value"].dropna().round(4).to_dict()
            for name, rows in score_untrained_features(dates, channels).items()
        },
        "commit": code_state()["commit"] or "unknown",
    }
    with atomic_write(folder / "ablation.json") as partial:
        partial.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_script(typer.run, main)
