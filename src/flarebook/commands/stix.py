"""The commands `flarebook stix ...`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.batch_report import counted, gathered, noting, print_line, report_skipped, skipping
from flarebook.compendium.errors import InputError, plain
from flarebook.compendium.progress import progress

HOST = "https://datacenter.stix.i4ds.net"
BATCH = 16  # images between two steps of the bar
Maps = Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", readable=False, help="CLEAN maps, or folders.")]
Archive = Annotated[str, typer.Option(help="Address of the data centre.")]
app = typer.Typer(no_args_is_help=True, help="X-ray images: real archive maps and simulated ones.")


@app.command()
def fetch(
    items: Annotated[
        list[str] | None, typer.Argument(metavar="UID|NAME...", help="Uids of ten digits, or file names.")
    ] = None,
    published: Annotated[int, typer.Option(help="Number of images of the published list to add.", min=0)] = 0,
    start: Annotated[str, typer.Option(help="First time of a query (ISO, UTC).", show_default="no query")] = "",
    end: Annotated[str, typer.Option(help="Time at which the query ends (ISO, UTC).", show_default="a day later")] = "",
    band: Annotated[str, typer.Option(help="Energy band of the query, keV.", show_default="all")] = "",
    names_only: Annotated[bool, typer.Option("--names-only", help="List names without fetching.")] = False,
    archive: Archive = HOST,
):
    """Fetch CLEAN maps from the STIX data centre's image archive into the cache, and print where they are.

    Looked for in the folder FLAREBOOK_MIRROR, then in the cache, then in the archive. --start and --end query the
    archive week by week: the poster's 9,000 images lie between 2020-06-01 and 2023-01-01, those that it removed
    among them. A map that cannot be fetched is reported and skipped; the exit code is then 2.

    Example: flarebook stix fetch 2111010024 --published 100

    Example: flarebook stix fetch --start 2020-06-01 --end 2023-01-01 --band 4-10 --names-only
    """
    from flarebook.stix.maps.client import end_of_query, find_names, map_fetcher, query_archive
    from flarebook.stix.maps.file_names import published_names

    fetcher, skipped = map_fetcher(archive), []
    items = [*(items or []), *(published_names()["filename"].head(published) if published else [])]
    if start:
        items += query_archive(start, end or end_of_query(start), band, archive, skipped=skipped)
    elif end or band:
        raise InputError("--end and --band belong to a query: give --start too")
    if not (items or start):
        raise InputError("name at least one uid or file, or give --published N or --start TIME")
    for item in progress("fetching")(items):
        with skipping(skipped, item):
            for name in find_names(item, archive):
                print_line(name if names_only else fetcher(name))
    report_skipped(skipped)


@app.command()
def show(
    files: Maps,
    out: Annotated[
        Path | None, typer.Option(help="Folder of images and records.csv.", show_default="print only")
    ] = None,
):
    """Plot archive maps (position on the Sun, products, encoder input) and print their records.

    A bad file is reported and skipped; the exit code is then 2.

    Example: flarebook stix show map1.fits maps/ --out images
    """
    from flarebook.compendium.atomic_files import make_folder
    from flarebook.stix.archive.real_maps import table_of
    from flarebook.stix.figures.archive_map import plot_file

    folder, records, taken = make_folder(out) if out else None, [], set()
    maps, skipped = gathered(files, maps_of)
    with noting():
        for path in progress("reading")(maps):
            with skipping(skipped, path):
                record = plot_file(path, folder, taken)
                print_line(line_of(record))
                records.append(record)
    if records and folder:
        write_records(table_of(records), folder)
    report_skipped(skipped)


@app.command()
def simulate(
    number: Annotated[int, typer.Argument(metavar="N", help="Number of maps.", min=1, max=10_000)],
    out: Annotated[Path, typer.Option(help="Folder of the FITS files and truth.csv.")],
    seed: Annotated[int, typer.Option(help="Random seed.", min=0)] = 1,
):
    """Write simulated maps as the archive's CLEAN files (five images each), with the ground truth in truth.csv.

    Each file carries the card SIMULATD = T.

    Example: flarebook stix simulate 10 --out simulated
    """
    from flarebook.stix.simulation.records import simulate_files

    paths = simulate_files(number, out, seed, progress("simulating"))
    print_line(f"{counted(len(paths), 'simulated map')} and truth.csv in {out}")


@app.command()
def embed(
    files: Maps,
    out: Annotated[Path, typer.Option(help="Folder of features-ENCODER.npz and records.csv.")],
    encoder: Annotated[str, typer.Option(help="Encoder, for example dinov2-focus or pixels.")] = "dinov2-focus",
    weights: Annotated[str | None, typer.Option(help="Weights: file, folder or hub.", show_default="local")] = None,
    input_size: Annotated[int | None, typer.Option(help="Input side in pixels.", show_default="as trained")] = None,
):
    """Compute an encoder's features of archive maps: one row each, in the order of records.csv.

    A bad file is reported and skipped; the exit code is then 2.

    Example: flarebook stix embed maps/ --encoder dinov2-focus --out features
    """
    from flarebook.compendium.atomic_files import make_folder
    from flarebook.encoders.encode import encode_images
    from flarebook.encoders.registry import create_encoder
    from flarebook.stix.archive.real_maps import read_files

    folder, chosen = make_folder(out), create_encoder(encoder, weights, input_size)
    maps, reasons = gathered(files, maps_of)
    if not maps:
        report_skipped(reasons)
    with noting():
        images, records, skipped = read_files(maps, progress("reading"))
    left_out = {file for file, _ in skipped}
    records["file"] = [plain(path) for path in maps if str(path) not in left_out]  # names may repeat
    batches = [encode_images(chosen, images[i : i + BATCH]) for i in progress("encoding")(range(0, len(images), BATCH))]
    write_features(batches, records, chosen, folder)
    write_records(records, folder)
    report_skipped(reasons + [reason if Path(file).name in reason else f"{file}: {reason}" for file, reason in skipped])


def maps_of(item):
    """Maps of a file or a folder: [Path].  Raises InputError for a folder without any."""
    from flarebook.stix.archive.real_maps import find_maps

    return find_maps(item) if os.path.isdir(item) else [item]


def write_features(batches, records, encoder, folder):
    """Write features-NAME.npz: features (n, d), the maps' names, and what made them."""
    import numpy as np

    from flarebook.compendium.atomic_files import atomic_write

    path = folder / f"features-{encoder.name}.npz"
    made = {"encoder": encoder.name, "input_size": encoder.input_size, "pooling": encoder.pooling}
    with atomic_write(path) as partial:
        np.savez_compressed(partial, features=np.concatenate(batches), name=records["name"].to_numpy(str), **made)
    print_line(path)


def line_of(record):
    """One line about a map."""
    state = record["flag"] or f"peak {record['peak_flux']:.3g} {record['unit']}"
    band = f"{record['band']} keV" if record["band"] else "band unknown"
    start = f"{record['start'][:19]} UTC" if record["start"] else "time unknown"
    return (
        f"{record['name']}: {record['origin']}, {band}, {start}, "
        f"centre ({record['map_x']:.0f}, {record['map_y']:.0f}) arcsec, {state}"
    )


def write_records(table, folder):
    """Write records.csv, without empty columns."""
    from flarebook.compendium.atomic_files import atomic_write

    with atomic_write(folder / "records.csv") as partial:
        table.dropna(axis="columns", how="all").to_csv(partial, index=False)
    print_line(folder / "records.csv")
