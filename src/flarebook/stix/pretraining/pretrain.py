"""Pretrain a small transformer on the simulated archive: `python -m flarebook.stix.pretraining.pretrain ARCHIVE`."""

import hashlib
import json
from dataclasses import asdict, dataclass
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
from flarebook.encoders import compact_vit
from flarebook.encoders.compact_vit import OBJECTIVES, pooling_of
from flarebook.evaluation.feature_geometry import effective_rank, spread
from flarebook.learning.checkpoints import Checkpoint
from flarebook.learning.training import (
    Monitoring,
    descend,
    diverged,
    epoch_batch,
    seed_step,
    training_loop,
    warmup_cosine,
)
from flarebook.learning.weights import write_weights
from flarebook.stix.pretraining.captions import to_numbers, vocabulary, write_captions
from flarebook.stix.pretraining.objectives import create

STEP = Path("results") / "stix" / "2-archive"
HELD_OUT = 10  # every tenth image is never trained on
PROBE = 256  # held-out images on which the spread of the features is watched
RATES = {"dino": 1e-3, "msn": 1e-3, "ijepa": 5e-4, "clip": 1e-3}  # found in short trials, as the momenta
MOMENTA = {"dino": 0.98, "msn": 0.98, "ijepa": 0.996, "clip": 0.0}  # of the slow copy at the beginning; clip has none
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides the outcome besides the images; equal values give equal weights on one CPU."""

    objective: str
    n_steps: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.04
    warm_up: float = 0.1  # share of the steps
    momentum: tuple[float, float] = (0.98, 1.0)  # of the slow copy, first and last, along half a cosine
    seed: int = 1
    every: int = 10  # steps between two rows of the history


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


def usable(records):
    """Which images pretraining may see, (n,) bool: simulated, and with something in them."""
    broken = records["flag"].fillna("").astype(str) != "" if "flag" in records else False
    return ((records["origin"] == "simulated") & ~broken).to_numpy()


def pretrain(images, captions, config, folder=None, held_out=None, progress=None):
    """Train one objective; resume from a checkpoint in `folder` when there is one.

    images: (n, h, w), 0 to 255; captions: list of n str, used by clip alone; folder: of the checkpoint, none: nothing
    is written; held_out: images on which the spread of the features is monitored, default the first ones; progress:
    called with each row of the history.
    Returns (encoder, history): the network to ship, and a DataFrame with step, images_seen, loss (mean since the row
    before), spread, effective_rank, learning_rate and seconds (of the processor, all threads).
    Raises InputError for an unknown objective, fewer images than a batch, missing captions, a loss that is NaN.
    """
    check(images, captions, config)
    batch, words, n_words = as_tensors(images, captions, config)
    objective, optimiser = begin(config, n_words)
    probe = (images if held_out is None or not len(held_out) else held_out)[:PROBE]

    def row(step, means):
        features = compact_vit.features(objective.encoder, probe, pooling_of(config.objective))
        if not np.isfinite(features).all():
            raise diverged(config.objective, step, config.n_steps)
        return {
            "step": step + 1,
            "images_seen": (step + 1) * config.batch_size,
            **means,
            "spread": spread(features),
            "effective_rank": effective_rank(features),
            "learning_rate": warmup_cosine(config, step),
        }

    rows = training_loop(
        lambda step: {"loss": train_step(objective, optimiser, batch, words, config, step)},
        config.n_steps,
        config.objective,
        Monitoring(config.every, row, progress=progress),
        Checkpoint(Path(folder) / CHECKPOINT, objective, optimiser, _plain(config)) if folder else None,
    )
    return objective.encoder.eval(), pd.DataFrame(rows)


def as_tensors(images, captions, config):
    """Images (n, 1, 48, 48), captions as numbers of words (n, 24) or None, and how many words there are."""
    batch = compact_vit.prepare(images)
    if config.objective != "clip":
        return batch, None, 0
    words = vocabulary(captions)
    return batch, torch.from_numpy(to_numbers(captions, words)), len(words)


def check(images, captions, config):
    """Refuse what cannot be trained on."""
    if config.objective not in OBJECTIVES:
        raise InputError(f"there is no objective {config.objective!r}: take one of {', '.join(OBJECTIVES)}")
    if len(images) < config.batch_size:
        raise InputError(
            f"{len(images)} images do not fill a batch of {config.batch_size}: simulate more, or lower the batch size"
        )
    if config.objective == "clip" and (captions is None or len(captions) != len(images)):
        raise InputError("clip pairs each image with a caption: give as many captions as images")


def begin(config, n_words):
    """Module with new weights, drawn from the seed, and its optimiser."""
    from lightly.models.utils import get_weight_decay_parameters

    with torch.random.fork_rng(devices=[]):
        seed_step(config.seed, -1)
        objective = create(config.objective, n_words).train()
    groups = get_weight_decay_parameters([objective])
    decayed, plain = ([weight for weight in group if weight.requires_grad] for group in groups)
    groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
    return objective, torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)


def train_step(objective, optimiser, images, captions, config, step):
    """Take the step of one batch and return its loss; the seed and the step alone decide its images and views."""
    from lightly.utils.scheduler import cosine_schedule

    chosen = torch.from_numpy(epoch_batch(len(images), config, step))
    warmup_cosine(config, step, optimiser)
    with torch.random.fork_rng(devices=[]):
        rng = seed_step(config.seed, step)
        loss = objective(images[chosen], None if captions is None else captions[chosen], rng)
    value = descend(loss, optimiser, max_norm=3.0)
    objective.follow(cosine_schedule(step, config.n_steps, *config.momentum))
    return value


def _plain(config):
    """Settings as JSON keeps them."""
    return json.loads(json.dumps(asdict(config)))


def pretrain_briefly(images, records, objectives=OBJECTIVES, n_steps=12, batch_size=16, seed=1):
    """A short pretraining of each objective from new weights: shows that the loss falls, makes no good encoder.

    images: (n, h, w), 0 to 255; records: their table, for the captions.  Returns the histories in one DataFrame with
    the column objective.
    """
    captions = write_captions(records) if "clip" in objectives else None
    parts = []
    for objective in objectives:
        every = max(1, n_steps // 10)
        chosen = tuned_config(
            objective, n_steps, 1e-3, batch_size=batch_size, seed=seed, every=every
        )  # few steps: large ones
        history = pretrain(images, captions, chosen)[1]
        parts.append(history.assign(objective=objective))
    return pd.concat(parts, ignore_index=True)


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
        "settings": _plain(config),
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
