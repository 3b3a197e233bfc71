"""Train the latent diffusion and its branches: `python -m scripts.solarchip.train_translator ARCHIVE --out FILE`."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.provenance import code_state
from flarebook.solarchip.models.weights import open_encoder
from flarebook.solarchip.translation.translator import TranslatorConfig, save_translator, train_translator
from scripts.solarchip.archive import LAST_TENTH, read_archive


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
    """Train a translator from HMI to the ten AIA channels, and from 171, 193 and 304 back, and write it.

    Written as data/translator.safetensors of the package, it is what `flarebook solarchip translate` takes by default.
    """
    torch.set_num_threads(threads)
    images, _, about = read_archive(archive, last_tenth)
    config = TranslatorConfig(unet_steps, branch_steps, learning_rate=rate, seed=seed)
    about |= {"autoencoder": Path(weights).stem, "commit": code_state()["commit"] or "unknown"}
    about |= {"unet_steps": unet_steps, "branch_steps": branch_steps, "rate": rate, "seed": seed}
    translator, history = train_translator(open_encoder(weights), images, config, device=device, about=about)
    for part, rows in history.groupby("part", sort=False):
        typer.echo(
            f"{part}: loss {rows['loss'].head(20).mean():.3f} at first, {rows['loss'].tail(100).mean():.3f} at last"
        )
    typer.echo(f"written: {save_translator(translator, out)}")


if __name__ == "__main__":
    run_script(typer.run, main)
