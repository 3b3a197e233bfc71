"""Train the latent diffusion and its branches: `python -m flarebook.solarchip.translation.train ARCHIVE --out FILE`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import typer

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.provenance import code_state
from flarebook.learning.device import chosen_device
from flarebook.learning.training import TrainingConfig
from flarebook.solarchip.datasets.archive import LAST_TENTH, read_archive
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.translation import diffusion
from flarebook.solarchip.translation.latent_space import measure_latent_space
from flarebook.solarchip.translation.translator import Translator, branch_name, encode_conditions, save_translator

AIA = ("171", "193", "304")
ROUTES = {("hmi",): AIA, AIA: ("hmi",)}  # sources -> targets


@dataclass(frozen=True)
class TranslatorConfig:
    """Length and batches of the trainings of a translator's parts."""

    unet_steps: int  # of the diffusion of all targets, without a source
    branch_steps: int  # of each branch
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 1
    locked: bool = True  # whether the U-Net is frozen while a branch is trained


def train_translator(model, images, config, routes=None, device="auto", about=()):
    """A translator between the channels of the routes, in the latent space of a pretrained autoencoder.

    model: SolarChip; images: (n, 11, h, w) scaled, of training dates; routes: {sources: targets}, default ROUTES.
    Returns (Translator, DataFrame with part, step and loss).
    """
    routes, device = routes or ROUTES, chosen_device(device)
    space = measure_latent_space(model.to(device), images, route_channels(routes))
    latents = encode_targets(space, images, routes)
    denoiser = new_diffusion(space, latents, config.seed, device)
    training = TrainingConfig(config.unet_steps, config.batch_size, config.learning_rate, config.seed)
    histories = {"diffusion": diffusion.fit_unet(denoiser, latents, training)}
    for sources, targets in routes.items():
        wanted = {target: latents[target] for target in targets}
        seen = encode_conditions(space, images, sources, denoiser.shape.side)
        histories[branch_name(sources)] = train_controlnet(denoiser, branch_name(sources), seen, wanted, config)
    return Translator(space, denoiser, about).eval(), history_table(histories)


def route_channels(routes):
    """All channels of the routes, each once."""
    return tuple(dict.fromkeys(channel for route in routes.items() for part in route for channel in part))


def encode_targets(space, images, routes):
    """Scaled latents of all targets of the routes, {target: (n, c, h, w)}."""
    targets = dict.fromkeys(target for group in routes.values() for target in group)
    return {target: space.encode(images[:, channel_index(target)], target) for target in targets}


def new_diffusion(space, latents, seed, device):
    """A diffusion of the shape of these latents; {target: (n, c, h, w)}."""
    some = next(iter(latents.values()))
    return diffusion.create_diffusion(
        diffusion.DiffusionShape(tuple(latents), some.shape[1], some.shape[-1]), seed, device
    )


def train_controlnet(denoiser, name, seen, latents, config, seed=None):
    """Add a branch and teach it to steer; returns the loss of each step.

    seen: (n, k, h, w) latents of the sources; latents: {target: (n, c, h, w)}; seed: default, that of config.
    """
    seed = config.seed if seed is None else seed
    denoiser.add_branch(name, seen.shape[1], seed)
    training = TrainingConfig(config.branch_steps, config.batch_size, config.learning_rate, seed)
    return diffusion.fit_controlnet(denoiser, name, seen, latents, training, config.locked)


def history_table(histories):
    """Losses of the parts below one another: DataFrame with part, step and loss."""
    parts = [
        pd.DataFrame({"part": name, "step": range(1, len(losses) + 1), "loss": losses})
        for name, losses in histories.items()
    ]
    return pd.concat(parts, ignore_index=True)


app = typer.Typer(add_completion=False)


@app.command()
def main(
    archive: Annotated[Path, typer.Argument(help="Output of notebook solarchip/1-simulated-sun, or of the simulator.")],
    out: Annotated[Path, typer.Option(help="Weights file to write, such as translator.safetensors.")],
    last_tenth: Annotated[bool, typer.Option("--last-tenth", help=LAST_TENTH)] = False,
    weights: Annotated[str, typer.Option(help="Autoencoder: cnn-tiny, vit-tiny or a weights file.")] = "cnn-tiny",
    unet_steps: Annotated[int, typer.Option(help="Steps of the diffusion, without a source.")] = 6000,
    branch_steps: Annotated[int, typer.Option(help="Steps of each branch.")] = 4000,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    seed: Annotated[int, typer.Option(help="Of the weights, the order of the dates and the noise.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of torch; sums of several may differ in the last digit.")] = 1,
):
    """Train a translator from HMI to AIA 171, 193, 304 and back, and write it.

    Written as data/translator.safetensors of the package, it is what `flarebook solarchip translate` takes by default.
    """
    from flarebook.solarchip.models.weights import open_encoder

    torch.set_num_threads(threads)
    images, _, told = read_archive(archive, last_tenth)
    config = TranslatorConfig(unet_steps, branch_steps, learning_rate=rate, seed=seed)
    told |= {"autoencoder": Path(weights).stem, "commit": code_state()["commit"] or "unknown"}
    told |= {"unet_steps": unet_steps, "branch_steps": branch_steps, "rate": rate, "seed": seed}
    translator, history = train_translator(open_encoder(weights), images, config, device=device, about=told)
    for part, rows in history.groupby("part", sort=False):
        typer.echo(
            f"{part}: loss {rows['loss'].head(20).mean():.3f} at first, {rows['loss'].tail(100).mean():.3f} at last"
        )
    typer.echo(f"written: {save_translator(translator, out)}")


if __name__ == "__main__":
    run_script(app)
