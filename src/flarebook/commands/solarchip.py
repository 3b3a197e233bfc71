"""The commands `flarebook solarchip ...`."""

from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.atomic_files import make_folder, whole_file
from flarebook.compendium.batch_report import report

HOST = "https://jsoc1.stanford.edu/data"
Images = Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", help="AIA or HMI images, or folders of them.")]
app = typer.Typer(no_args_is_help=True, help="Full-disk images: AIA and HMI, flare labels, pretrained features.")


@app.callback()
def solarchip():
    """Full-disk images of SDO: real ones and simulated ones, and encoders pretrained on pairs."""


@app.command()
def embed(
    files: Images,
    weights: Annotated[str, typer.Option(help="vit-tiny, cnn-tiny, or a safetensors file of your own.")] = "vit-tiny",
    out: Annotated[Path, typer.Option(help="Parquet file of features, one row per image.")] = Path("features.parquet"),
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
):
    """Turn AIA and HMI images into features: one row each, with its channel and time.

    The encoders that ship have learnt from simulated images only: read their model card. A bad file is reported and
    left out; the exit code is then 2.

    Example: flarebook solarchip embed aia_171.fits hmi.fits --out features.parquet
    """
    from flarebook.commands.embed_images import embed_files, find_images
    from flarebook.learning.device import chosen_device
    from flarebook.solarchip.models.weights import open_model

    model = open_model(weights).to(chosen_device(device))
    table, bad = embed_files(find_images(files), model, progress("reading"))
    if len(table):
        with whole_file(out) as partial:
            table.to_parquet(partial, index=False)
        typer.echo(f"{len(table)} images, {table.shape[1] - 3} features each: {out}")
    report(bad)


@app.command()
def translate(
    files: Images,
    to: Annotated[str, typer.Option(help="Channel to draw: 171, 193 or 304 from HMI, hmi from those three.")],
    out: Annotated[Path, typer.Option(help="Folder for the FITS files, one for each time.")],
    weights: Annotated[
        Path | None,
        typer.Option(help="translator.safetensors of notebook solarchip/5-translation; default: the shipped one."),
    ] = None,
    members: Annotated[int, typer.Option(help="Images drawn; the file has their mean and spread.", min=1)] = 8,
    steps: Annotated[int, typer.Option(help="Steps in which noise becomes an image.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same images.", min=0)] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
):
    """Draw what another instrument might have seen: HMI to AIA, or AIA to HMI, as FITS files with a spread.

    The networks learn from simulated images, and each file says that it is no observation. The sign of a field cannot
    be known from AIA. A bad file is reported and left out; the exit code is then 2.

    Example: flarebook solarchip translate hmi.fits --to 171 --out translated
    """
    from flarebook.commands.embed_images import find_images
    from flarebook.commands.translate_images import translate_files
    from flarebook.learning.device import chosen_device
    from flarebook.solarchip.translation.translator import load

    translator = load(weights, chosen_device(device))
    paths = progress("reading")(find_images(files))
    written, bad = translate_files(paths, translator, to, out, members, steps, seed)
    for path in written:
        typer.echo(path)
    report(bad)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder of the run; notebooks read it with --inputs.")],
    days: Annotated[int, typer.Option(help="How many dates, one a day.", min=1, max=20_000)] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same Sun.", min=0)] = 1,
    size: Annotated[int, typer.Option(help="Pixels along a side.", min=16, max=1024)] = 128,
    processes: Annotated[int, typer.Option(help="Processes; the result does not depend on it.", min=1)] = 1,
):
    """Simulate the Sun: eleven images a day, its regions and its flares, with the truth in the tables.

    Writes what the first notebook of the study writes: images.npz, days, regions and flares as Parquet.

    Example: flarebook solarchip simulate sun --days 60
    """
    from flarebook.solarchip.datasets.simulated import main

    main(out, days, seed, size, processes)


@app.command()
def fetch(
    days: Annotated[list[str], typer.Argument(metavar="DAY...", help="Such as 2011-02-15.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the images; default: the cache.")] = None,
    host: Annotated[str, typer.Option(help="Address of the archive.")] = HOST,
):
    """Fetch the eleven images of each day from the JSOC: AIA synoptic images and HMI magnetogram of 00:00 UT.

    Looked for in the folder FLAREBOOK_MIRROR and in the output folder first. What cannot be had is reported and left
    out; the exit code is then 2.

    Example: flarebook solarchip fetch 2011-02-15 2011-02-16 --out days
    """
    from flarebook.solarchip.images.jsoc import fetch_days

    count, failures = fetch_days(progress("fetching")(days), make_folder(out) if out else None, host=host)
    typer.echo(f"{count} images of {len(days)} days in {out or 'the cache'}")
    report([f"{file}: {reason}" for file, reason in failures])


@app.command()
def labels(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="GOES X-ray records, or flare lists (.csv).")],
    out: Annotated[Path | None, typer.Option(help="Folder for flares.csv and labels.csv; default: print only.")] = None,
):
    """Find the flares in GOES X-ray fluxes and label each day: M1.0 or above, C1.0 or above in its 24 hours.

    Classes stay on the record's own scale: before GOES-16 the operational one. A bad file is reported and left out; the
    exit code is then 2.

    Example: flarebook solarchip labels go1520110607.fits --out labels
    """
    from flarebook.solarchip.goes.flare_list import save_flare_list
    from flarebook.solarchip.goes.label_files import label_files

    flares, table, bad = label_files(files)
    for flare in flares.itertuples():
        start, end = (time.strftime("%H:%M") if time == time else "unknown" for time in (flare.start, flare.end))
        typer.echo(f"{flare.goes_class}: peak {flare.peak:%Y-%m-%d %H:%M} UTC, start {start}, end {end}")
    if out:
        save_flare_list(make_folder(out) / "flares.csv", flares)
        with whole_file(out / "labels.csv") as partial:
            table.to_csv(partial, index=False, date_format="%Y-%m-%dT%H:%M:%S")
    typer.echo(
        f"{len(flares)} flares in {len(table)} days, {table['label_m'].sum()} of which are labelled M1.0 or above"
    )
    report(bad)


def progress(label):
    """A function that gives items back while a bar moves on the terminal's error stream."""
    from flarebook.compendium.progress import progress as bar

    return bar(label)
