"""What each term of the loss is worth: the same training with one thing changed, several seeds each.

As a script it runs the rows longer than a notebook has time for and goes on where it was stopped:
python -m flarebook.solarchip.representation.ablation ARCHIVE --out FOLDER --n-steps 600
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.compendium.provenance import code_state
from flarebook.solarchip.datasets.archive import STEP, scale_archive
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.pretraining.pretrain import pretrain
from flarebook.solarchip.pretraining.settings import PretrainingConfig, config_dict
from flarebook.solarchip.representation.scores import build_evaluation_set, score_model, score_untrained_features

TERMS = {  # row: terms of the loss
    "random": (),
    "reconstruction": ("reconstruction",),
    "+ CLS": ("reconstruction", "cls"),
    "+ CLS + patch": ("reconstruction", "cls", "patch"),
    "+ CLS + patch + intra": ("reconstruction", "cls", "patch", "intra"),
    "CLS alone": ("cls",),
    "patch alone": ("patch",),
    "intra alone": ("intra",),
}


ALL_TERMS = "+ CLS + patch + intra"


SHARING_WORDS = {"two": "HMI, AIA", "one": "one for all", "separate": "one per channel"}  # who shares an encoder


VARIED = ("size", "sharing", "terms")  # settings in which the rows differ


COLUMNS = ("backbone", "sharing", "row", "seed", "score", "value", "chance")


@dataclass(frozen=True)
class Variant:
    """One row of the ablation: a backbone, which channels share an encoder, and the terms of the loss."""

    backbone: str
    row: str
    sharing: str = "two"


def ablation_variants(backbones, sharings=("one", "separate")):
    """All rows: each set of terms with two encoders, and all terms with every other way of sharing."""
    found = [Variant(backbone, row) for backbone in backbones for row in TERMS]
    return found + [Variant(backbone, ALL_TERMS, sharing) for backbone in backbones for sharing in sharings]


def train_variant(variant, images, settings):
    """Encoder of one row after its training; without terms, the weights that the seed draws.

    images: (n, 11, h, w) scaled, of the training dates; settings: pretrain.Settings of the row with all terms.
    Returns a SolarChip in evaluation mode.
    """
    if not TERMS[variant.row]:
        return create_autoencoder(variant.backbone, variant.sharing, settings.seed, images.shape[-1]).eval()
    own = replace(settings, size=variant.backbone, sharing=variant.sharing, terms=TERMS[variant.row])
    return pretrain(images, own)[0]


def run_variant(variant, dates, settings, channels):
    """Scores of one row and one seed: DataFrame of COLUMNS.

    dates: representation_scores.Dates; channels: AIA channels that are scored.
    """
    model = train_variant(variant, dates.images[dates.train], settings)
    table = score_model(model, dates, channels, device=settings.device)
    about = {"backbone": variant.backbone, "sharing": variant.sharing, "row": variant.row, "seed": settings.seed}
    return table.assign(**about)[list(COLUMNS)]


def run_ablation(chosen, dates, settings, seeds, channels, path=None, progress=None):
    """Scores of all rows and seeds; what a table at `path` already holds is not run again.

    chosen: of `ablation_variants`; seeds: one training of each row per seed, with the same first weights and batches in
    every row; path: Parquet table that grows with every training, none: nothing is written; progress: called with
    each Variant and seed that is done.
    Returns a DataFrame of COLUMNS.  Raises InputError for a table at `path` of other settings, scores or images.
    """
    made_with = describe_run(dates, settings, channels)
    table = _read_table(path, made_with)
    done = set(table[["backbone", "sharing", "row", "seed"]].drop_duplicates().itertuples(index=False, name=None))
    for seed in seeds:  # a run that was stopped has whole seeds
        for variant in chosen:
            if (variant.backbone, variant.sharing, variant.row, seed) in done:
                continue
            rows = run_variant(variant, dates, replace(settings, seed=seed), channels)
            table = rows if table.empty else pd.concat([table, rows], ignore_index=True)
            table.attrs["made_with"] = made_with
            _write_table(table, path)
            if progress:
                progress(variant, seed)
    return table


def describe_run(dates, settings, channels):
    """What decides the scores besides row and seed, as JSON keeps it: settings, scored channels, hash of the dates."""
    hashed = hashlib.sha256()
    for part in (dates.images, dates.train, dates.held_out):
        hashed.update(np.ascontiguousarray(part))
    kept = {name: value for name, value in config_dict(settings).items() if name not in (*VARIED, "seed")}
    return kept | {"side": dates.images.shape[-1], "channels": list(channels), "dates_sha256": hashed.hexdigest()}


def _read_table(path, made_with):
    """Table of an earlier run, empty when there is none; InputError when it is something else or of another run."""
    if path is None or not Path(path).is_file():
        return pd.DataFrame({name: [] for name in COLUMNS})
    table = pd.read_parquet(path)
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path} is no table of an ablation: give another folder, or remove it to begin anew")
    told = table.attrs.get("made_with", {})
    for name in made_with:
        if told.get(name) != made_with[name]:
            raise InputError(
                f"{path} was begun with {name} {told.get(name)}, now it is {made_with[name]}: "
                "give the same to go on, or another folder to begin anew"
            )
    return table


def _write_table(table, path):
    """Write the table so far, whole."""
    if path is not None:
        with atomic_write(path) as partial:
            table.to_parquet(partial, index=False)


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
    known, path, begun = read_evaluation_set(archive, side), make_folder(out) / "ablation.parquet", time.process_time()

    def tell(variant, seed):
        typer.echo(
            f"{time.process_time() - begun:6.0f} s  {variant.backbone}, {variant.row}, {variant.sharing}, {seed}"
        )

    chosen = ablation_variants(backbones.split(","), [name for name in sharings.split(",") if name])
    table = run_ablation(chosen, known, settings, range(1, seeds + 1), channels.split(","), path, tell)
    export_ablation(table, settings, known, channels.split(","), path.parent)


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


def prepare_evaluation_set(images, days, side):
    """Dates of an archive at the ablation's size.

    images: (n, 11, h, w) physical; days: table of notebook 1.  Returns representation_scores.Dates.
    """
    binned = bin_images(images, side)
    return build_evaluation_set(scale_archive(binned), days, binned[:, 0])


def read_evaluation_set(folder, side):
    """Dates of a run's folder that holds the archive of notebook 1; InputError when it does not."""
    folder = Path(folder) / STEP
    if not (folder / "images.npz").is_file():
        raise InputError(f"{folder} holds no images.npz: run notebook solarchip/1-simulated-sun and name its output")
    return prepare_evaluation_set(
        open_arrays(folder / "images.npz")["images"], pd.read_parquet(folder / "days.parquet"), side
    )
