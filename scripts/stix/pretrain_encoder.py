"""Pretrain an encoder that ships: `python -m scripts.stix.pretrain_encoder ARCHIVE --objective dino --out FOLDER`."""

import hashlib
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import code_state
from flarebook.encoders.compact_vit import pooling_of
from flarebook.learning.weights import write_weights
from flarebook.stix.pretraining.captions import write_captions
from flarebook.stix.pretraining.pretrain import MOMENTA, PretrainingConfig, plain_settings, pretrain, usable

STEP = Path("results") / "stix" / "2-archive"
HELD_OUT = 10  # every tenth image is never trained on
RATES = {"dino": 1e-3, "msn": 1e-3, "ijepa": 5e-4, "clip": 1e-3}  # found in short trials, as the momenta


def tuned_config(objective, n_steps, rate=None, momentum=None, **others):
    """Return the configuration of an objective with the learning rate and momentum found for it, unless given."""
    rate = RATES.get(objective, 1e-3) if rate is None else rate
    momentum = MOMENTA.get(objective, 0.98) if momentum is None else momentum
    return PretrainingConfig(objective, n_steps, learning_rate=rate, momentum=(momentum, 1.0), **others)


def read_archive(folder):
    """Images of the simulated archive that pretraining may use, and the held-out ones.

    folder: a run's folder, or the one that holds images.npz and records.parquet of notebook stix/2-archive.  Real
    images and flagged ones (blank, constant, not a number) are left out; then every tenth is held out, in the archive's
    order.
    Returns (images, records, held-out images, held-out records).  Raises InputError when the files are not there.
    """
    folder = Path(folder)
    folder = folder / STEP if (folder / STEP).is_dir() else folder
    for name in ("images.npz", "records.parquet"):
        if not (folder / name).is_file():
            raise InputError(f"{folder} holds no {name}: run `flarebook run stix/2-archive` and name its output folder")
    records = pd.read_parquet(folder / "records.parquet")
    with np.load(folder / "images.npz", allow_pickle=False) as arrays:
        images = arrays["images"]
    use = usable(records)
    held = np.zeros(len(records), bool)
    held[np.flatnonzero(use)[HELD_OUT - 1 :: HELD_OUT]] = True
    return images[use & ~held], records[use & ~held], images[held], records[held]


def export(encoder, history, config, folder, archive):
    """Write an encoder's weights and its history, "dino_stix.safetensors" and "history.csv", into a folder.

    archive: what the weights file tells of the images, {name: text or number}.  Returns the path of the weights.
    """
    last = history.iloc[-1]
    about = {
        "objective": config.objective,
        "origin": "simulated",
        "images_seen": int(last["images_seen"]),
        "steps": int(last["step"]),
        "seconds": round(float(last["seconds"])),
        "seed": config.seed,
        "pooling": pooling_of(config.objective),
        "settings": plain_settings(config),
        "commit": code_state()["commit"] or "unknown",
        **archive,
    }
    return write_weights(encoder, Path(folder) / f"{config.objective}_stix.safetensors", about, history)


def main(
    archive: Annotated[Path, typer.Argument(help="Output folder of a run of notebook stix/2-archive.")],
    objective: Annotated[str, typer.Option(help="dino, msn, ijepa or clip.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint, the history and the weights.")],
    epochs: Annotated[float, typer.Option(help="How many times each image is seen.")] = 4,
    batch_size: Annotated[int, typer.Option(help="Images per step.")] = 64,
    rate: Annotated[float, typer.Option(help="Highest learning rate; default, as found for the objective.")] = None,
    momentum: Annotated[float, typer.Option(help="Of the slow copy at the beginning; default likewise.")] = None,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of the images and the views.")] = 1,
    threads: Annotated[
        int, typer.Option(help="Threads of torch; the sums of several may differ in the last digit.")
    ] = 1,
):
    """Pretrain one encoder; started again with the same settings, it goes on from its last checkpoint."""
    torch.set_num_threads(threads)
    images, records, held_out, _ = read_archive(archive)
    n_steps = max(1, int(epochs * len(images) / batch_size))
    config = tuned_config(objective, n_steps, rate, momentum, batch_size=batch_size, seed=seed)
    captions = write_captions(records) if objective == "clip" else None
    encoder, history = pretrain(images, captions, config, make_folder(out), held_out, report(n_steps))
    typer.echo(f"written: {export(encoder, history, config, out, about_images(images))}")


def about_images(images):
    """What a weights file tells of its training images: how many, and a hash of them all."""
    return {"n_images": len(images), "images_sha256": hashlib.sha256(np.ascontiguousarray(images)).hexdigest()}


def report(n_steps):
    """Return a function that prints rows of the history."""
    return lambda row: typer.echo(
        f"step {row['step']:5d} of {n_steps}  loss {row['loss']:.4f}  spread {row['spread']:.3f}  "
        f"rank {row['effective_rank']:.1f}  {row['images_seen'] / row['seconds']:.0f} images/s",
    )


if __name__ == "__main__":
    run_script(typer.run, main)
