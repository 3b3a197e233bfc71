"""Images of the pretraining, a population of its own.

Run as `python -m scripts.stix.simulate_pretraining --out FOLDER`.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.stix.simulation.population import draw_events, select_images
from flarebook.stix.simulation.records import records_of
from flarebook.stix.simulation.simulate import prepare, simulate_archive

SEED = 18534  # of no notebook: the notebooks draw other events, so no encoder has seen the images that it is judged by
N_EVENTS = 43_000


def make_archive(folder, seed=SEED, n_events=N_EVENTS, processes=None):
    """Simulate the archive that pretraining reads: images.npz and records.parquet, as of notebook stix/2-archive.

    folder: is made; seed: of the population and the images; n_events: drawn, of which about a fifth have an image;
    processes: default, as many as there are cores.  Returns the folder.
    """
    rng = np.random.default_rng(seed)
    chosen = prepare(select_images(draw_events(n_events, rng), rng), rng)
    images, truth = simulate_archive(chosen, seed, processes)
    folder = make_folder(folder)
    with atomic_write(folder / "images.npz") as path:
        np.savez_compressed(path, images=images)
    with atomic_write(folder / "records.parquet") as path:
        records_of(chosen, truth).to_parquet(path, index=False)
    return folder


def main(
    out: Annotated[Path, typer.Option(help="Folder for images.npz and records.parquet.")],
    seed: Annotated[int, typer.Option(help="Of the population and of its images.")] = SEED,
    events: Annotated[int, typer.Option(help="How many flare events are drawn.")] = N_EVENTS,
):
    """Simulate the images of pretraining."""
    typer.echo(f"written: {make_archive(out, seed, events)}")


if __name__ == "__main__":
    typer.run(main)
