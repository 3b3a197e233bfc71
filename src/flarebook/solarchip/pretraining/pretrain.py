"""Pretrain an autoencoder with contrast between HMI and AIA.

Run as `python -m flarebook.solarchip.pretraining.pretrain ARCHIVE`.

The loop of `learning.training` runs on Lightning's Fabric, which provides the device, the precision and the processes.
Lightning's Trainer would bring its own checkpoints, which do not hold the place in the order of the dates; here the
seed and the step alone decide what a step sees.  A tiny training, of which the ablation has dozens, starts in
milliseconds.
"""

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
from flarebook.learning.checkpoints import Checkpoint
from flarebook.learning.device import chosen_device
from flarebook.learning.training import Monitoring, training_loop, warmup_cosine
from flarebook.solarchip.datasets.archive import LAST_TENTH, read_archive
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.models import weights
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.pretraining.batches import (
    anomaly_scale,
    available_channels,
    describe_missing_channels,
    first_invalid_channel,
    sample_batch,
    sample_channels,
    select_images,
)
from flarebook.solarchip.pretraining.objective import TERMS, Objective, Training
from flarebook.solarchip.pretraining.settings import (
    PRECISIONS,
    PretrainingConfig,
    complete_config,
    config_dict,
    contrasts_active,
)

CHECKPOINT = "checkpoint.pt"
N_VALIDATED = 64  # held-out dates, spread over all of them, on which the loss is computed


def pretrain(images, config, folder=None, held_out=None, progress=None):
    """Train one model; goes on from a checkpoint in `folder` when there is one.

    images: (n, 11, h, w) scaled, an array or a memory map; folder: of the checkpoint, none: nothing is written;
    held_out: images of dates on which the loss is watched; progress: called with each row of the history.
    Returns (SolarChip in evaluation mode on the CPU, history): with patience, the model of the best held-out loss, else
    the last; the history has step, dates_seen, loss and its terms (means since the row before), the same with prefix
    held_out_, learning_rate and seconds (of the processor).
    AIA channels that are missing on all dates are skipped (see `describe_missing_channels`).  Raises InputError for
    unusable images, an unknown term, an absent device, and a loss that becomes NaN or infinite.
    """
    config = complete_config(images, config, held_out, folder)
    path = Path(folder) / CHECKPOINT if folder else None
    training, optimiser = initialize_training(config, images)
    rows = create_fabric(config).launch(train_process, training, optimiser, images, config, path, held_out, progress)
    if config.devices > 1:  # the processes that were started leave nothing but their checkpoint
        rows = Checkpoint(path, training, optimiser, config_dict(config)).load()
    model = training.best or training.objective.model
    return model.to("cpu").requires_grad_(True).eval(), pd.DataFrame(rows)


def create_fabric(config):
    """Lightning's Fabric for the device, the precision and the processes; InputError when the device is not there."""
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy

    device = chosen_device(config.device)
    how = {"precision": PRECISIONS[config.precision], "accelerator": device.partition(":")[0]}
    if config.devices == 1:
        return Fabric(devices=[int(device.partition(":")[2] or 0)] if device != "cpu" else 1, **how)
    start = "popen" if __name__ == "__main__" else "fork"  # a script is started once more, a notebook cannot be
    unused = config.sharing == "separate" or set(config.terms) != set(TERMS)  # not every step needs all weights
    strategy = DDPStrategy(start_method=start, find_unused_parameters=unused)
    return Fabric(devices=config.devices, strategy=strategy, **how)


def initialize_training(config, images):
    """What learns, with weights drawn from the seed, and its optimiser: (Training, AdamW)."""
    aia = tuple(channel for channel in available_channels(images) if channel in AIA)
    if not aia:
        raise InputError("no AIA channel has an image on any date: there is nothing to set the magnetograms against")
    weights = {term: config.weights.get(term, 1.0) for term in config.terms}
    model = create_autoencoder(config.size, config.sharing, config.seed, images.shape[-1])
    if config.standardize:
        model.predict_anomalies(*anomaly_scale(images))
    training = Training(Objective(model, weights).train(), config.patience > 0)
    training.objective.aia = aia
    rate, decay = config.learning_rate, config.weight_decay
    return training, torch.optim.AdamW(training.objective.parameters(), rate, weight_decay=decay)


def train_process(fabric, training, optimiser, images, config, path, held_out, progress):
    """Run the loop on one process; return the rows of the history."""
    learner, optimiser = set_up_fabric(fabric, training, optimiser, config)
    main = fabric.is_global_zero
    rows = training_loop(
        lambda step: train_step(fabric, training, learner, optimiser, images, config, step),
        config.n_steps,
        config.size,
        Monitoring(
            config.every,
            lambda step, means: history_row(fabric, training, means, held_out, config, step),
            "held_out_loss",
            training.keep if training.best else None,
            config.patience,
            progress if main else None,
        ),
        Checkpoint(path, training, optimiser, config_dict(config), writes=main) if path else None,
    )
    fabric.barrier()
    return rows if fabric.world_size == 1 else None  # Lightning waits for ever on more than a pipe holds


def set_up_fabric(fabric, training, optimiser, config):
    """Objective and optimiser as Fabric runs them on its device, in its precision, on its processes."""
    objective = training.to(fabric.device).objective
    if fabric.world_size > 1:  # every process contrasts the dates of all
        objective.gather = lambda part: fabric.all_gather(part, sync_grads=True).flatten(0, 1)
    if config.compile:  # the networks alone: the loss is traced anew for each set of channels
        for network in (*objective.model.encoders.values(), *objective.model.decoders.values()):
            network.compile()
    return fabric.setup(objective, optimiser)


def train_step(fabric, training, learner, optimiser, images, config, step):
    """Take the step of one batch; return its loss and terms, {name: number}."""
    batch, channels = sample_batch(images, config, step, training.objective.aia)
    if gap := first_invalid_channel(batch, channels):
        raise InputError(f"a {gap} image of step {step + 1} has NaN or infinite pixels: leave its date out")
    share = batch[fabric.global_rank :: fabric.world_size].to(fabric.device)
    warmup_cosine(config, step, optimiser)
    training.objective.contrasting = contrasts_active(config, step)
    optimiser.zero_grad()
    loss, terms = differentiate(fabric, training.objective, learner, share, channels, config.micro_batches)
    fabric.clip_gradients(learner, optimiser, max_norm=3.0, error_if_nonfinite=False)
    optimiser.step()
    training.objective.model.clamp_scales()
    return {"loss": float(loss)} | {term: float(value) for term, value in terms.items()}


def differentiate(fabric, objective, learner, batch, channels, micro_batches):
    """Gradients of the loss of a batch; returns (loss, {term: scalar}), detached."""
    if micro_batches > 1:
        with fabric.autocast():
            loss, terms = objective.by_micro_batches(batch, channels, micro_batches, fabric.backward)
    else:
        loss, terms = learner(batch, channels)
        fabric.backward(loss)
    return loss.detach(), {term: value.detach() for term, value in terms.items()}


def history_row(fabric, training, means, held_out, config, step):
    """Return a row of the history: mean losses of all processes since the row before, and those on held-out dates."""
    row = {"step": step + 1, "dates_seen": (step + 1) * config.batch_size}
    row |= {name: float(fabric.all_reduce(torch.tensor(mean), reduce_op="mean")) for name, mean in means.items()}
    if held_out is not None and len(held_out):
        found = validate(training.objective, held_out, config, fabric.device)
        row |= {f"held_out_{name}": value for name, value in found.items()}
    row["learning_rate"] = warmup_cosine(config, step)
    return fabric.broadcast(row)


@torch.no_grad()
def validate(objective, held_out, config, device):
    """Return loss and terms on held-out dates, {name: number}: the same batches and channels each time, not rotated."""
    dates = subsample_evenly(np.arange(len(held_out)), N_VALIDATED)
    size, gather = min(config.batch_size, len(dates)), objective.gather
    found, objective.gather = [], None
    for number, start in enumerate(range(0, len(dates) - size + 1, size)):
        channels = sample_channels(config.aia_per_step, np.random.default_rng(number), objective.aia)
        batch = select_images(held_out, dates[start : start + size], channels).to(device)
        loss, terms = objective(batch, channels)
        found.append({"loss": float(loss)} | {term: float(value) for term, value in terms.items()})
    objective.gather = gather
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def export_model(model, history, config, folder, archive):
    """Write a model's weights and its history, "vit_tiny.safetensors" and "history.csv", into a folder.

    archive: what the weights file tells of the images, with their origin, and the code, {name: text or number}.
    Returns its path.
    """
    last = history.iloc[-1]
    about = {
        "steps": int(last["step"]),
        "dates_seen": int(last["dates_seen"]),
        "seconds": round(float(last["seconds"])),
        "settings": config_dict(config),
        **archive,
    }
    return weights.save_encoder(model, Path(folder) / weights.weights_file_name(config.size), about, history)


def main(
    archive: Annotated[Path, typer.Argument(help="Output of notebook solarchip/1-simulated-sun, or of the simulator.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint, the history and the weights.")],
    last_tenth: Annotated[bool, typer.Option("--last-tenth", help=LAST_TENTH)] = False,
    size: Annotated[str, typer.Option(help="Backbone, such as vit-tiny or cnn-tiny.")] = "vit-tiny",
    epochs: Annotated[float, typer.Option(help="How many times each date is seen.")] = 20,
    batch_size: Annotated[int, typer.Option(help="Dates per step.")] = 32,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    reconstruction_warmup: Annotated[
        float, typer.Option(help="Fraction of steps with the reconstruction loss only.")
    ] = 0.0,
    aia_per_step: Annotated[int, typer.Option(help="AIA channels per step, drawn at random; 10: all.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of the dates and their turns.")] = 1,
    every: Annotated[int, typer.Option(help="Steps between two checkpoints.")] = 20,
    patience: Annotated[
        int, typer.Option(help="Stop after so many rows without a better held-out loss; 0: never.")
    ] = 0,
    standardize: Annotated[bool, typer.Option(help="Reconstruct standardized anomalies instead of images.")] = True,
    micro_batches: Annotated[
        int, typer.Option(help="Parts of a batch computed one after the other, to save memory.")
    ] = 1,
    precision: Annotated[str, typer.Option(help="32, or bf16 for mixed precision.")] = "32",
    compiled: Annotated[bool, typer.Option("--compile", help="By torch.compile, which needs a C++ compiler.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(help="Processes that share each batch, one a GPU.")] = 1,
    threads: Annotated[int, typer.Option(help="Threads of torch; sums of several may differ in the last digit.")] = 1,
):
    """Pretrain one model; started again with the same settings, it resumes from its last checkpoint."""
    from lightning_fabric.utilities import rank_zero_only

    torch.set_num_threads(threads)
    images, held_out, about = read_archive(archive, last_tenth)
    about["commit"] = code_state()["commit"] or "unknown"  # now: the code may have changed when the training is done
    config = PretrainingConfig(
        size, n_epochs=epochs, batch_size=batch_size, learning_rate=rate, aia_per_step=aia_per_step, seed=seed,
        reconstruction_warmup=reconstruction_warmup, every=every, patience=patience, standardize=standardize,
        micro_batches=micro_batches, precision=precision, compile=compiled, device=device, devices=devices,
    )  # fmt: skip
    config = complete_config(images, config, held_out, out)
    if rank_zero_only.rank == 0 and describe_missing_channels(images):
        typer.echo(describe_missing_channels(images))
    model, history = pretrain(images, config, make_folder(out), held_out, history_printer(config.n_steps))
    if rank_zero_only.rank == 0:
        typer.echo(f"written: {export_model(model, history, config, out, about)}")


def history_printer(n_steps):
    """Return a function that prints rows of the history."""

    def tell(row):
        losses = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if "loss" in name)
        typer.echo(f"step {row['step']:5d} of {n_steps}  {losses}  {row['dates_seen'] / row['seconds']:.0f} dates/s")

    return tell


if __name__ == "__main__":
    run_script(typer.run, main)
