"""Pretrain an autoencoder with contrast between HMI and AIA.

Run as `python -m flarebook.solarchip.pretraining.pretrain ARCHIVE`.

The loop is a plain one on Lightning's Fabric, which puts it on the device, in the precision and on the processes that
are asked for.  Lightning's Trainer would bring its own checkpoints, pickles that do not say where in the order of the
dates a killed run was; here a checkpoint is safetensors, and what a step sees follows from the seed and the step alone.
A tiny training, of which the ablation has dozens, starts in milliseconds.
"""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer

from flarebook.compendium.atomic_files import make_folder, whole_file
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import code_state
from flarebook.learning.checkpoints import learning_rate, load_state, save_state
from flarebook.learning.device import chosen_device
from flarebook.solarchip.datasets.archive import LAST_TENTH, read_archive
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.models import weights
from flarebook.solarchip.models.autoencoder import create
from flarebook.solarchip.pretraining.batches import (
    absence,
    draw,
    draw_channels,
    first_gap,
    present,
    take,
    usual_departures,
)
from flarebook.solarchip.pretraining.objective import TERMS, Objective, Training
from flarebook.solarchip.pretraining.settings import PRECISIONS, Settings, contrasts_join, plain, settled

CHECKPOINT, HISTORY = "checkpoint.safetensors", "history.csv"
WATCHED = 64  # held-out dates, spread over all of them, on which the loss is watched


def pretrain(images, settings, folder=None, held_out=None, progress=None):
    """Train one model; goes on from a checkpoint in `folder` when there is one.

    images: (n, 11, h, w) scaled, an array or a memory map; folder: of the checkpoint, none: nothing is written;
    held_out: images of dates on which the loss is watched; progress: called with each row of the history.
    Returns (SolarChip in evaluation mode on the CPU, history): with patience, the model of the best held-out loss, else
    the last; the history has step, dates_seen, loss and its terms (means since the row before), the same with prefix
    held_out_, learning_rate and seconds (of the processor).
    An AIA channel that is missing on all dates is left out of what the steps draw (`batches.absence` tells it).
    Raises InputError for what cannot be trained on, an unknown term, an absent device, a loss that is no number.
    """
    settings = settled(images, settings, held_out, folder)
    path = Path(folder) / CHECKPOINT if folder else None
    training, optimiser = fresh(settings, images)
    rows = fabric_of(settings).launch(train, training, optimiser, images, settings, path, held_out, progress)
    if settings.devices > 1:  # the processes that were started leave nothing but their checkpoint
        rows = load_state(path, training, optimiser, plain(settings))
    model = training.best or training.objective.model
    return model.to("cpu").requires_grad_(True).eval(), pd.DataFrame(rows)


def fabric_of(settings):
    """Lightning's Fabric for the device, the precision and the processes; InputError when the device is not there."""
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy

    device = chosen_device(settings.device)
    how = {"precision": PRECISIONS[settings.precision], "accelerator": device.partition(":")[0]}
    if settings.devices == 1:
        return Fabric(devices=[int(device.partition(":")[2] or 0)] if device != "cpu" else 1, **how)
    start = "popen" if __name__ == "__main__" else "fork"  # a script is started once more, a notebook cannot be
    unused = settings.sharing == "separate" or set(settings.terms) != set(TERMS)  # not every step needs all weights
    strategy = DDPStrategy(start_method=start, find_unused_parameters=unused)
    return Fabric(devices=settings.devices, strategy=strategy, **how)


def fresh(settings, images):
    """What learns, with weights drawn from the seed, and its optimiser: (Training, AdamW)."""
    aia = tuple(channel for channel in present(images) if channel in AIA)
    if not aia:
        raise InputError("no AIA channel has an image on any date: there is nothing to set the magnetograms against")
    weights = {term: settings.weights.get(term, 1.0) for term in settings.terms}
    model = create(settings.size, settings.sharing, settings.seed, images.shape[-1])
    if settings.relative:
        model.draw_departures(*usual_departures(images))
    training = Training(Objective(model, weights).train(), settings.patience > 0)
    training.objective.aia = aia
    rate, decay = settings.learning_rate, settings.weight_decay
    return training, torch.optim.AdamW(training.objective.parameters(), rate, weight_decay=decay)


def train(fabric, training, optimiser, images, settings, path, held_out, progress):
    """The loop on one process; returns the rows of the history."""
    learner, optimiser = set_up(fabric, training, optimiser, settings)
    rows = load_state(path, training, optimiser, plain(settings)) if path and path.is_file() else []
    seen, clock = [], time.process_time() - (rows[-1]["seconds"] if rows else 0.0)
    for step in range(rows[-1]["step"] if rows else 0, settings.n_steps):
        if out_of_patience(rows, settings.patience):
            break
        seen.append(train_step(fabric, training, learner, optimiser, images, settings, step))
        if (step + 1) % settings.every == 0 or step + 1 == settings.n_steps:
            row = observe(fabric, training, seen, held_out, settings, step)
            rows.append(row | {"seconds": round(time.process_time() - clock, 3)})
            seen = []
            finish_row(fabric, training, optimiser, settings, rows, path, progress)
    fabric.barrier()
    return rows if fabric.world_size == 1 else None  # Lightning waits for ever on more than a pipe holds


def set_up(fabric, training, optimiser, settings):
    """Objective and optimiser as Fabric runs them on its device, in its precision, on its processes."""
    objective = training.to(fabric.device).objective
    if fabric.world_size > 1:  # every process contrasts the dates of all
        objective.gather = lambda part: fabric.all_gather(part, sync_grads=True).flatten(0, 1)
    if settings.compile:  # the networks alone: the loss is traced anew for each set of channels
        for network in (*objective.model.encoders.values(), *objective.model.decoders.values()):
            network.compile()
    return fabric.setup(objective, optimiser)


def train_step(fabric, training, learner, optimiser, images, settings, step):
    """One batch; returns its loss and terms, {name: number}."""
    pictures, channels = draw(images, settings, step, training.objective.aia)
    share = pictures[fabric.global_rank :: fabric.world_size].to(fabric.device)
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(settings, step)
    training.objective.contrasting = contrasts_join(settings, step)
    optimiser.zero_grad()
    loss, terms = differentiate(fabric, training.objective, learner, share, channels, settings.pieces)
    if not torch.isfinite(loss):
        raise no_number(pictures, channels, settings, step)
    fabric.clip_gradients(learner, optimiser, max_norm=3.0)
    optimiser.step()
    training.objective.model.clamp_scales()
    return {"loss": float(loss)} | {term: float(value) for term, value in terms.items()}


def differentiate(fabric, objective, learner, pictures, channels, n_pieces):
    """Gradients of the loss of a batch; returns (loss, {term: scalar}), detached."""
    if n_pieces > 1:
        with fabric.autocast():
            loss, terms = objective.by_pieces(pictures, channels, n_pieces, fabric.backward)
    else:
        loss, terms = learner(pictures, channels)
        fabric.backward(loss)
    return loss.detach(), {term: value.detach() for term, value in terms.items()}


def no_number(pictures, channels, settings, step):
    """Error of a loss that is no number: a gap in the images, or a training that has run away."""
    channel = first_gap(pictures, channels)
    if channel:
        return InputError(f"a {channel} image of step {step + 1} has pixels that are no numbers: leave its date out")
    return InputError(
        f"the training of {settings.size} runs into no numbers at step {step + 1} of {settings.n_steps}: "
        "lower the learning rate; the last checkpoint, if any, is from before"
    )


def observe(fabric, training, seen, held_out, settings, step):
    """Row of the history: means of the loss and its terms since the row before, and those on the held-out dates."""
    row = {"step": step + 1, "dates_seen": (step + 1) * settings.batch_size}
    means = {name: torch.tensor([one[name] for one in seen]).mean() for name in seen[0]}
    row |= {name: float(value) for name, value in fabric.all_reduce(means, reduce_op="mean").items()}
    if held_out is not None and len(held_out):
        found = watch(training.objective, held_out, settings, fabric.device)
        row |= {f"held_out_{name}": value for name, value in found.items()}
    row["learning_rate"] = learning_rate(settings, step)
    return fabric.broadcast(row)


@torch.no_grad()
def watch(objective, held_out, settings, device):
    """Loss and terms on the watched dates, {name: number}: always the same batches, upright, channels of their own."""
    dates = subsample_evenly(np.arange(len(held_out)), WATCHED)
    size, gather = min(settings.batch_size, len(dates)), objective.gather
    found, objective.gather = [], None
    for number, start in enumerate(range(0, len(dates) - size + 1, size)):
        channels = draw_channels(settings.aia_per_step, np.random.default_rng(number), objective.aia)
        pictures = take(held_out, dates[start : start + size], channels).to(device)
        loss, terms = objective(pictures, channels)
        found.append({"loss": float(loss)} | {term: float(value) for term, value in terms.items()})
    objective.gather = gather
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def finish_row(fabric, training, optimiser, settings, rows, path, progress):
    """After a row: keep the model when it is the best so far, write the checkpoint, report."""
    if training.best and best_row(rows) == len(rows) - 1:
        training.keep()
    if path and fabric.is_global_zero:
        save_state(path, training, optimiser, plain(settings), rows)
    if progress and fabric.is_global_zero:
        progress(rows[-1])


def best_row(rows):
    """Number of the row with the lowest held-out loss, the first of equals."""
    return int(np.argmin([row["held_out_loss"] for row in rows]))


def out_of_patience(rows, patience):
    """Whether the last `patience` rows brought no better held-out loss."""
    return bool(patience and rows) and len(rows) - 1 - best_row(rows) >= patience


def export(model, history, settings, folder, archive):
    """Write a model's weights and its history, "vit_tiny.safetensors" and "history.csv", into a folder.

    archive: what the weights file tells of the images, with their origin, and the code, {name: text or number}.
    Returns its path.
    """
    last = history.iloc[-1]
    about = {
        "steps": int(last["step"]),
        "dates_seen": int(last["dates_seen"]),
        "seconds": round(float(last["seconds"])),
        "settings": plain(settings),
        **archive,
    }
    with whole_file(Path(folder) / HISTORY) as partial:
        history.to_csv(partial, index=False, float_format="%.6g")
    return weights.save(model, Path(folder) / weights.file_name(settings.size), about)


def main(
    archive: Annotated[Path, typer.Argument(help="Output of notebook solarchip/1-simulated-sun, or of the simulator.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint, the history and the weights.")],
    last_tenth: Annotated[bool, typer.Option("--last-tenth", help=LAST_TENTH)] = False,
    size: Annotated[str, typer.Option(help="Backbone, such as vit-tiny or cnn-tiny.")] = "vit-tiny",
    epochs: Annotated[float, typer.Option(help="How many times each date is seen.")] = 20,
    batch_size: Annotated[int, typer.Option(help="Dates per step.")] = 32,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    drawing_first: Annotated[float, typer.Option(help="Share of the steps before the contrasts count.")] = 0.0,
    aia_per_step: Annotated[int, typer.Option(help="AIA channels per step, drawn at random; 10: all.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of the dates and their turns.")] = 1,
    every: Annotated[int, typer.Option(help="Steps between two checkpoints.")] = 20,
    patience: Annotated[
        int, typer.Option(help="Stop after so many rows without a better held-out loss; 0: never.")
    ] = 0,
    relative: Annotated[bool, typer.Option(help="Draw departures from the mean picture.")] = True,
    pieces: Annotated[
        int, typer.Option(help="Parts of a batch that go through one after the other, to save memory.")
    ] = 1,
    precision: Annotated[str, typer.Option(help="32, or bf16 for mixed precision.")] = "32",
    compiled: Annotated[bool, typer.Option("--compile", help="By torch.compile, which needs a C++ compiler.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(help="Processes that share each batch, one a GPU.")] = 1,
    threads: Annotated[int, typer.Option(help="Threads of torch; sums of several may differ in the last digit.")] = 1,
):
    """Pretrain one model; started again with the same settings, it goes on from its last checkpoint."""
    from lightning_fabric.utilities import rank_zero_only

    torch.set_num_threads(threads)
    images, held_out, about = read_archive(archive, last_tenth)
    about["commit"] = code_state()["commit"] or "unknown"  # now: the code may have changed when the training is done
    settings = Settings(
        size, n_epochs=epochs, batch_size=batch_size, learning_rate=rate, aia_per_step=aia_per_step, seed=seed,
        drawing_first=drawing_first, every=every, patience=patience, relative=relative, pieces=pieces,
        precision=precision, compile=compiled, device=device, devices=devices,
    )  # fmt: skip
    settings = settled(images, settings, held_out, out)
    if rank_zero_only.rank == 0 and absence(images):
        typer.echo(absence(images))
    model, history = pretrain(images, settings, make_folder(out), held_out, report(settings.n_steps))
    if rank_zero_only.rank == 0:
        typer.echo(f"written: {export(model, history, settings, out, about)}")


def report(n_steps):
    """Function that prints rows of the history."""

    def tell(row):
        numbers = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if "loss" in name)
        typer.echo(f"step {row['step']:5d} of {n_steps}  {numbers}  {row['dates_seen'] / row['seconds']:.0f} dates/s")

    return tell


if __name__ == "__main__":
    run_script(typer.run, main)
