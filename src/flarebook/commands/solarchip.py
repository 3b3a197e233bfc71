"""The commands `flarebook solarchip ...`."""

from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.atomic_files import atomic_files, atomic_write, make_folder
from flarebook.compendium.batch_report import counted, gathered, noting, print_line, report_skipped
from flarebook.compendium.errors import InputError, plain
from flarebook.compendium.progress import progress

HOST = "https://jsoc1.stanford.edu/data"
Images = Annotated[
    list[Path], typer.Argument(metavar="FILE|FOLDER...", readable=False, help="AIA or HMI images, or folders.")
]
Records = Annotated[
    list[Path], typer.Argument(metavar="FILE...", readable=False, help="GOES X-ray records, or flare lists (.csv).")
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Response = Annotated[
    str | None, typer.Option(help="Table of AIA's degradation: JSOC, SSW or a file.", show_default="of December 2017")
]
app = typer.Typer(
    no_args_is_help=True,
    help="AIA and HMI images: features, translation, simulation, flare labels.",
)


@app.command()
def embed(
    files: Images,
    weights: Annotated[str, typer.Option(help="Encoder: vit-tiny, cnn-tiny, or a safetensors file.")] = "vit-tiny",
    out: Annotated[Path, typer.Option(help="Parquet file, one row per image.")] = Path("features.parquet"),
    device: Device = "auto",
    response_table: Response = None,
):
    """Compute features of AIA and HMI images: one row each, with channel and time.

    The shipped encoders were trained on simulated images only; see their model card. Unusable files are reported and
    skipped; the exit code is then 2.

    Example: flarebook solarchip embed aia_171.fits hmi.fits --out features.parquet
    """
    from flarebook.commands.user_images import embed_files
    from flarebook.learning.device import chosen_device
    from flarebook.solarchip.datasets.real import find_images
    from flarebook.solarchip.models.weights import open_encoder

    if out.suffix != ".parquet":
        raise InputError(f"--out {plain(out)} does not end in .parquet, the format that is written: rename it")
    model = open_encoder(weights).to(chosen_device(device))
    images, missing = gathered(files, find_images)
    with noting():
        table, reasons = embed_files(images, model, progress("reading"), response_table)
    if len(table):
        with atomic_write(out) as partial:
            table.to_parquet(partial, index=False)
        print_line(f"{counted(len(table), 'image')}, {table.shape[1] - 3} features each: {out}")
    report_skipped(missing + reasons)


@app.command()
def translate(
    files: Images,
    to: Annotated[
        str,
        typer.Option(help="Target channel: one of AIA from HMI; hmi from 171, 193 and 304."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the FITS files, one per time.")],
    weights: Annotated[
        Path | None,
        typer.Option(
            help="translator.safetensors of notebook solarchip/5-translation.", show_default="the shipped one"
        ),
    ] = None,
    members: Annotated[int, typer.Option(help="Ensemble members; the mean and spread are written.", min=1)] = 8,
    steps: Annotated[int, typer.Option(help="Number of denoising steps.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 1,
    device: Device = "auto",
    response_table: Response = None,
):
    """Translate HMI images to AIA channels, or AIA images to HMI, and write FITS files with the ensemble spread.

    The shipped networks were trained on simulated images, and each file states that it is not an observation. AIA does
    not determine the sign of the field. Unusable files are reported and skipped; the exit code is then 2.

    Example: flarebook solarchip translate hmi.fits --to 171 --out translated
    """
    from flarebook.commands.user_images import translate_files
    from flarebook.learning.device import chosen_device
    from flarebook.solarchip.datasets.real import find_images
    from flarebook.solarchip.translation.diffusion import Sampling
    from flarebook.solarchip.translation.translator import load_translator

    translator = load_translator(weights, chosen_device(device))
    sampling = Sampling(members, steps, seed)
    (images, missing), bar = gathered(files, find_images), progress("reading")
    with noting():
        written, reasons = translate_files(images, translator, to, out, sampling, bar, response_table)
    for path in written:
        print_line(path)
    report_skipped(missing + reasons)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder of the run; notebooks read it with --inputs.")],
    days: Annotated[int, typer.Option(help="Number of dates, one per day.", min=1, max=20_000)] = 60,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 1,
    size: Annotated[int, typer.Option(help="Image side in pixels.", min=16, max=1024)] = 128,
    processes: Annotated[int, typer.Option(help="Number of processes; the result does not depend on it.", min=1)] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replacement of an earlier Sun in the folder.")] = False,
):
    """Simulate the Sun: eleven images a day, active regions and flares, with the ground truth in the tables.

    Writes the results of the first notebook of the study: images.npz, and days, regions and flares as Parquet. They are
    put in place when all are complete; an earlier Sun in the folder is replaced then, and only with --force.

    Example: flarebook solarchip simulate sun --days 60
    """
    from flarebook.compendium.run import open_run
    from flarebook.compendium.staging import staged_run
    from flarebook.solarchip.datasets.simulated import IMAGES, save_sun, simulate_sun

    notebook = "solarchip/1-simulated-sun"
    if (out / "results" / notebook).exists() and not force:
        raise InputError(f"{out} holds a Sun already: give another folder, or replace it with --force")
    with staged_run(notebook, out.resolve()):
        run = open_run(notebook, str(out.resolve()), "", seed, figures=False)
        save_sun(run, simulate_sun(days, seed, size, n_jobs=processes, path=run.folder / IMAGES))
    print_line(f"written: {out.resolve() / 'results' / notebook}")


@app.command()
def fetch(
    days: Annotated[
        list[str], typer.Argument(metavar="DAY|START..END...", help="Dates, such as 2011-02-15, or ranges of them.")
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the images.", show_default="the cache")] = None,
    host: Annotated[str, typer.Option(help="Address of the archive.")] = HOST,
    jobs: Annotated[int, typer.Option(help="Images at a time; at most 4 connections go to one host.", min=1)] = 4,
):
    """Fetch the eleven images of each day from the JSOC: AIA synoptic images and HMI magnetogram of 00:00 UT.

    Files in the folder FLAREBOOK_MIRROR and in the output folder are not fetched again, and an interrupted fetch goes
    on where it ended. What each day lacks is reported and skipped; the exit code is then 2.

    Example: flarebook solarchip fetch 2011-02-15..2011-03-14 --out days --jobs 4
    """
    from flarebook.solarchip.images.jsoc import expand_days, fetch_days, missing_by_day

    dates = expand_days(days)
    count, failures = fetch_days(
        dates, make_folder(out) if out else None, host=host, jobs=jobs, progress=progress("fetching")
    )
    print_line(f"{counted(count, 'image')} of {counted(len(dates), 'day')} in {out or 'the cache'}")
    missing = missing_by_day(dates, failures)
    for day, rows in missing.groupby("day"):
        print_line(f"{day} lacks {', '.join(rows['channel'])}")
    report_skipped([f"{file}: {reason}" for file, reason in failures])


@app.command()
def labels(
    files: Records,
    out: Annotated[
        Path | None, typer.Option(help="Folder of flares.csv and labels.csv.", show_default="print only")
    ] = None,
):
    """Detect flares in GOES X-ray fluxes and label each day: M1.0 or above, C1.0 or above within 24 hours.

    Classes keep the scale of the files, which is the operational one of NOAA's archive and lists before GOES-16. Files
    on two scales are converted to the true one. Days from the first to the last flare of a list count as observed:
    those without a flare are quiet, with a note. Unusable files are reported and skipped; the exit code is then 2.

    Example: flarebook solarchip labels go1520110607.fits --out labels
    """
    from flarebook.goes.flare_list import write_flare_list
    from flarebook.goes.labels import label_days

    with noting():
        flares, table, bad = label_days(files)
    for flare in flares.itertuples():
        start, end = (time.strftime("%H:%M") if time == time else "unknown" for time in (flare.start, flare.end))
        peak = f"peak {flare.peak:%Y-%m-%d %H:%M} UTC" if flare.peak == flare.peak else "peak unknown"
        print_line(f"{flare.goes_class}: {peak}, start {start}, end {end}")
    if out:
        with atomic_files(out) as partial:
            write_flare_list(partial / "flares.csv", flares)
            table.to_csv(partial / "labels.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S")
    print_line(
        f"{counted(len(flares), 'flare')} in {counted(len(table), 'day')}, "
        f"{table['label_m'].sum()} of which {'is' if table['label_m'].sum() == 1 else 'are'} labelled M1.0 or above"
        + "".join(f" on the {scale} scale" for scale in flares["scale"].unique())
    )
    report_skipped(bad)


@app.command()
def verify(
    forecasts: Annotated[
        Path, typer.Argument(metavar="FORECASTS.csv", readable=False, help="Columns date, probability, observed.")
    ],
    flares: Annotated[
        Path | None, typer.Option(help="Flare list (.csv) instead of observed.", show_default="the column observed")
    ] = None,
    goes_class: Annotated[
        str | None, typer.Option("--class", help="Smallest class of a flare, of a list.", show_default="M1.0")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the tables and the figure.")] = Path("verification"),
    quiet: Annotated[int, typer.Option(help="Days without a flare before a first flare.", min=1, max=365)] = 7,
    draws: Annotated[int, typer.Option(help="Bootstrap draws of blocks of days.", min=10, max=100_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 1,
):
    """Score your own daily flare forecasts, with 95 % intervals over blocks of two weeks.

    The CSV has a row a day: date (start of the 24 hours, UTC), probability (0 to 1) and observed (0 or 1), unless a
    flare list is given. Writes scores.csv, reliability.csv and reliability.png. The reference of the Brier skill and
    the threshold of a call are the share of days with a flare in the record.

    Example: flarebook solarchip verify forecasts.csv --flares flares.csv --class M1.0
    """
    from flarebook.commands.tables import show
    from flarebook.solarchip.figures.real_flares import plot_reliability_panels
    from flarebook.solarchip.flares.verification import verify_file

    if goes_class is not None and flares is None:
        raise InputError(f"--class {goes_class} belongs to a flare list: give --flares too")
    with noting():
        scores, curve, record = verify_file(
            forecasts, flares, "M1.0" if goes_class is None else goes_class, draws, seed, quiet
        )
    rows = scores[["name", "value", "low", "high", "n", "events"]].astype(object).where(scores.notna(), None)
    title = f"{forecasts.name}: {counted(len(record), 'day')}, {record['observed'].sum()} with a flare"
    show(title, ("score", "value", "low", "high", "days", "with a flare"), rows.itertuples(index=False))
    with atomic_files(out) as partial:
        scores.to_csv(partial / "scores.csv", index=False)
        curve.to_csv(partial / "reliability.csv", index=False)
        plot_reliability_panels(curve.assign(method=forecasts.stem)).savefig(partial / "reliability.png", dpi=200)
    print_line(f"written: {out / 'scores.csv'}, reliability.csv and reliability.png")
