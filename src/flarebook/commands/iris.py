"""The commands `flarebook iris ...`."""

from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.batch_report import counted, noting, print_line, report_skipped, skipping
from flarebook.compendium.errors import plain
from flarebook.compendium.progress import progress

FILES = "Level-2 files: .fits, .fits.gz, .tar.gz."
Rasters = Annotated[list[Path], typer.Argument(metavar="RASTER...", readable=False, help=FILES)]
app = typer.Typer(no_args_is_help=True, help="Mg II spectra: real rasters and the real-time pre-flare score.")


@app.command()
def score(
    rasters: Rasters,
    out: Annotated[Path | None, typer.Option(help="Folder of tables and maps.", show_default="summary only")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights file.", show_default="the shipped ensemble")] = None,
):
    """Compute the pre-flare score of every slit pixel and exposure, as table and map.

    A score is not a probability: pre-flare spectra are rare on the Sun. The ensemble that ships was trained on
    simulated spectra: read its model card before you trust a score.
    A bad file, or member of an archive, is reported and skipped; the exit code is then 2.

    Example: flarebook iris score iris_l2_20140329_140938_3860258481_raster_t000_r00000.fits --out scores
    """
    from flarebook.compendium.atomic_files import make_folder
    from flarebook.iris.classifiers.inference import SHIPPED, load_ensemble

    ensemble = load_ensemble(weights or SHIPPED)
    folder, taken, skipped = make_folder(out) if out else None, set(), []
    with noting():
        for path in rasters:
            with skipping(skipped, plain(path)):
                print_line(score_raster(path, folder, ensemble, taken, skipped))
    report_skipped(skipped)


def score_raster(path, folder, ensemble, taken, skipped):
    """Score one raster, write its outputs and return the line to print.

    folder: None writes nothing.  taken: set of file names in use; skipped: sentences of members of an archive that
    cannot be read; both are extended.
    """
    from flarebook.compendium.atomic_files import free_stem
    from flarebook.iris.classifiers import realtime_score

    table = realtime_score.score_file(path, ensemble, progress(plain(path.name)), skipped)
    written = ""
    if folder:
        record = realtime_score.score_provenance(path, ensemble)
        written = f"; {realtime_score.write_scores(folder, free_stem(path, taken), table, record)[0]}"
    return realtime_score.describe_scores(path.name, table) + written


@app.command()
def watch(
    source: Annotated[str, typer.Argument(metavar="FOLDER_OR_URL", help="Where rasters arrive.")],
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 60.0,
    alert: Annotated[float, typer.Option(help="Mean score of an exposure that is an alert.", min=0.0, max=1.0)] = 0.8,
    out: Annotated[Path, typer.Option(help="Folder of the page, the tables and what is downloaded.")] = Path("watch"),
    weights: Annotated[Path | None, typer.Option(help="Weights file.", show_default="the shipped ensemble")] = None,
):
    """Score rasters as they arrive, until the command is stopped; run it again to go on.

    OUT/index.html shows the scores along the slit and over time, and the alerts; it loads itself again. OUT/scores.csv
    holds one row for each exposure. A score is not a probability, and the ensemble that ships was trained on simulated
    spectra. A file is read when it has not changed for the time between two looks; one that cannot be scored is
    reported once, and tried again when it changes.

    Example: flarebook iris watch arriving --every 60 --alert 0.8 --out watch
    """
    import time

    from flarebook.iris.classifiers.inference import SHIPPED, load_ensemble
    from flarebook.iris.realtime.watch import open_watch

    with open_watch(source, out, load_ensemble(weights or SHIPPED), every, alert) as watched:
        print_line(f"watching {watched.source.name}: open {out / 'index.html'}; Ctrl-C stops, the same command goes on")
        while True:
            with noting():
                for event in watched.look():
                    bad, colour = event.kind in ("skipped", "source"), None if event.kind == "scored" else "red"
                    typer.secho(plain(f"{event.kind}: {event.text}"), err=bad, fg=colour)
            time.sleep(every)


@app.command()
def fetch(
    observations: Annotated[list[str], typer.Argument(metavar="OBSERVATION...", help='Names in Tables 1, 2: "PF 16".')],
):
    """Fetch the rasters of observations of the paper's Tables 1 and 2 into the cache, and print where they are.

    Looked for in the folder FLAREBOOK_MIRROR, then in the cache, then in the public archive. An observation that
    cannot be fetched is reported and skipped; the exit code is then 2.

    Example: flarebook iris fetch "PF 16" "AR 1"
    """
    from flarebook.iris.observations import find_observation
    from flarebook.iris.rasters import archive

    skipped = []
    for name in observations:
        with skipping(skipped, name):
            row = find_observation(name)
            print_line(archive.fetch_raster(row["start"], row["obsid"]))
    report_skipped(skipped)


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder of the archives, which FLAREBOOK_MIRROR may then name.")],
    observations: Annotated[
        list[str] | None, typer.Argument(metavar="OBSERVATION...", help='Names in Tables 1, 2: "PF 16".')
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 1,
    jobs: Annotated[int | None, typer.Option(help="Observations at a time.", show_default="all cores", min=1)] = None,
):
    """Write simulated rasters of the paper's observations at full size, in names and format of the real archive.

    All 68 hold some 12 million spectra and take 7 GB. What is there is kept, so that the command may be stopped and run
    again. Every file says that it holds no observation, and is read in a rehearsal only (FLAREBOOK_REHEARSAL=1).

    Example: flarebook iris simulate rasters "QS 4"
    """
    from flarebook.compendium.atomic_files import make_folder
    from flarebook.compendium.progress import step_progress
    from flarebook.iris.observations import find_observation, observation_table
    from flarebook.iris.simulation.level2_archive import write_archives

    table = observation_table()
    chosen = [find_observation(name)["observation"] for name in observations or table["observation"]]
    rows = table[table["observation"].isin(chosen)]
    with step_progress(len(rows), "rasters") as report:
        number = write_archives(make_folder(folder), rows, seed, jobs, report)
    print_line(f"{counted(number, 'archive')} written to {folder}")
