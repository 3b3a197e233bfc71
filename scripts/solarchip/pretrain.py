"""Pretrain a network and write its weights: `python -m scripts.solarchip.pretrain ARCHIVE --out FOLDER`."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from lightning_fabric.utilities import rank_zero_only

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.provenance import code_state
from flarebook.solarchip.models import weights
from flarebook.solarchip.pretraining.batches import describe_missing_channels
from flarebook.solarchip.pretraining.pretrain import pretrain
from flarebook.solarchip.pretraining.settings import PretrainingConfig, complete_config, config_dict
from scripts.solarchip.archive import LAST_TENTH, read_archive


def main(
    archive: Annotated[Path, typer.Argument(help="Output of notebook solarchip/1-simulated-sun, or of the simulator.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint, the history and the weights.")],
    last_tenth: Annotated[bool, typer.Option("--last-tenth", help=LAST_TENTH)] = False,
    size: Annotated[str, typer.Option(help="Backbone, such as vit-tiny or cnn-tiny.")] = "vit-tiny",
    epochs: Annotated[float, typer.Option(min=0, help="How many times each date is seen.")] = 20,
    side: Annotated[
        int, typer.Option(min=0, help="Pixels along a side to which images are binned; 0: as they are.")
    ] = 0,
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
    hide: Annotated[
        str,
        typer.Option(
            help="Part hidden in all channels alike, from encoder and reconstruction: nothing, quiet (all but active "
            "regions), regions, or content (all but the outline of the regions)."
        ),
    ] = "nothing",
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
    torch.set_num_threads(threads)
    images, held_out, about = read_archive(archive, last_tenth, side or None)
    about["commit"] = code_state()["commit"] or "unknown"  # now: the code may have changed when the training is done
    config = PretrainingConfig(
        size, n_epochs=epochs, batch_size=batch_size, learning_rate=rate, aia_per_step=aia_per_step, seed=seed,
        reconstruction_warmup=reconstruction_warmup, every=every, patience=patience, standardize=standardize, hide=hide,
        micro_batches=micro_batches, precision=precision, compile=compiled, device=device, devices=devices,
        start="popen",
    )  # fmt: skip
    config = complete_config(images, config, held_out, out)
    if rank_zero_only.rank == 0 and describe_missing_channels(images):
        typer.echo(describe_missing_channels(images))
    model, history = pretrain(images, config, make_folder(out), held_out, history_printer(config.n_steps))
    if rank_zero_only.rank == 0:
        typer.echo(f"written: {export_model(model, history, config, out, about)}")


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


def history_printer(n_steps):
    """Return a function that prints rows of the history."""

    def print_row(row):
        losses = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if "loss" in name)
        typer.echo(f"step {row['step']:5d} of {n_steps}  {losses}  {row['dates_seen'] / row['seconds']:.0f} dates/s")

    return print_row


if __name__ == "__main__":
    run_script(typer.run, main)
