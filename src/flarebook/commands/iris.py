"""The commands `flarebook iris ...`."""

from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.batch_report import report
from flarebook.compendium.errors import InputError

Rasters = Annotated[list[Path], typer.Argument(metavar="RASTER...", help="Level-2 files: .fits, .fits.gz, .tar.gz.")]
RunFolder = Annotated[Path, typer.Option(help="Folder of a run that holds results/iris/6-classifiers.")]
app = typer.Typer(no_args_is_help=True, help="Mg II spectra: real rasters and the real-time pre-flare score.")


@app.callback()
def iris():
    """Mg II spectra: the real-time pre-flare score."""


@app.command()
def score(
    rasters: Rasters,
    out: Annotated[Path | None, typer.Option(help="Folder for tables and maps; default: print a summary only.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights file; default: the ensemble that ships.")] = None,
):
    """Give the pre-flare probability of every slit pixel and exposure, as table and map.

    The ensemble that ships was trained on simulated spectra: read its model card before you trust a score.
    A bad file is reported and left out; the exit code is then 2.

    Example: flarebook iris score iris_l2_20140329_140938_3860258481_raster_t000_r00000.fits --out scores
    """
    from flarebook.compendium.atomic_files import make_folder
    from flarebook.iris.classifiers.realtime_score import SHIPPED, load_ensemble

    ensemble = load_ensemble(weights or SHIPPED)
    report(score_batch(rasters, make_folder(out) if out else None, ensemble))


def score_batch(rasters, folder, ensemble):
    """Score one file after the other with a progress bar; folder None writes nothing; returns the errors met."""
    from rich.console import Console
    from rich.progress import Progress

    bad, taken = [], set()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("scoring", total=len(rasters))
        for path in rasters:
            progress.update(task, description=path.name)
            try:
                typer.echo(score_one(path, folder, ensemble, taken, progress))
            except InputError as error:
                bad.append(error)
            progress.advance(task)
    return bad


def score_one(path, folder, ensemble, taken, progress):
    """Score one file, write its outputs, return the line to print."""
    from flarebook.iris.classifiers import realtime_score, score_output

    task = progress.add_task("exposures", total=None)
    try:
        table = realtime_score.score_file(path, ensemble, lambda exposures: advancing(exposures, progress, task))
    finally:
        progress.remove_task(task)
    written = ""
    if folder:
        name = score_output.free_stem(path, taken)
        written = f"; {score_output.write_scores(folder, name, table, realtime_score.provenance(path, ensemble))[0]}"
    numbers = realtime_score.summarise(table)
    return (
        f"{path.name}: mean score {numbers['mean']:.2f} (spread over networks {numbers['spread']:.2f}), "
        f"{100 * numbers['share_preflare']:.0f} % of {numbers['spectra']} spectra at .5 or above, "
        f"{numbers['unusable']} unusable{written}"
    )


def advancing(items, progress, task):
    """The items, moving the bar by one for each."""
    for item in items:
        yield item
        progress.advance(task)


@app.command()
def fetch(
    observations: Annotated[list[str], typer.Argument(metavar="OBSERVATION...", help='From the tables: "PF 16".')],
):
    """Fetch the rasters of observations of the paper's Tables 1 and 2 into the cache, and print where they are.

    Looked for in the folder FLAREBOOK_MIRROR, then in the cache, then in the public archive. An observation that
    cannot be had is reported and left out; the exit code is then 2.

    Example: flarebook iris fetch "PF 16" "AR 1"
    """
    from flarebook.iris.observations import entry
    from flarebook.iris.rasters import archive

    failed = 0
    for name in observations:
        try:
            row = entry(name)
            typer.echo(archive.fetch_raster(row["start"], row["obsid"]))
        except InputError as error:
            failed += 1
            typer.secho(f"left out: {name}: {error}", err=True, fg="red")
    raise typer.Exit(2 if failed else 0)


@app.command("export-ensemble")
def export(
    run: RunFolder = Path("build/laptop"),
    to: Annotated[Path | None, typer.Option(help="Weights file to write; default: the one that ships.")] = None,
):
    """Write the weights of a run's honestly selected model B as the file that `score` reads.

    Example: flarebook iris export-ensemble --run build/laptop
    """
    from flarebook.iris.classifiers.realtime_score import SHIPPED, export_run

    path = export_run(run, to or SHIPPED)
    typer.echo(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
