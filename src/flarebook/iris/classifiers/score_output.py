"""The files that `flarebook iris score` leaves: table (Parquet, CSV), map (PNG) and record (JSON)."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.provenance import to_json
from flarebook.iris.classifiers.realtime_score import summarise

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".fits.gz", ".fits")


def stem(path):
    """File name without its IRIS suffix."""
    name = Path(path).name
    suffix = next((end for end in SUFFIXES if name.endswith(end)), Path(name).suffix)
    return name.removesuffix(suffix)


def free_stem(path, taken):
    """Stem that none of the earlier files has; a repeated name gets a number.  Adds it to `taken`."""
    name, number = stem(path), 2
    while name in taken:
        name, number = f"{stem(path)}-{number}", number + 1
    taken.add(name)
    return name


def write_scores(folder, name, table, record):
    """Write table, map and record into a folder; returns their paths.

    record: of `score.provenance`; it also travels inside the Parquet file, under the key "flarebook".
    """
    folder, record = Path(folder), {**record, "summary": summarise(table)}
    paths = [folder / f"{name}_score{end}" for end in (".parquet", ".csv", ".png", ".json")]
    with atomic_write(paths[0]) as path:
        write_parquet(path, table, record)
    with atomic_write(paths[1]) as path:
        table.to_csv(path, index=False, float_format="%.5g")
    with atomic_write(paths[2]) as path:
        draw_map(table, name, record).savefig(path, dpi=150, bbox_inches="tight")
    with atomic_write(paths[3]) as path:
        path.write_text(to_json(record), encoding="utf-8")
    return paths


def write_parquet(path, table, record):
    """Table with its record in the file's metadata."""
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"flarebook": json.dumps(record).encode()}
    pyarrow.parquet.write_table(arrow.replace_schema_metadata(metadata), path)


def as_map(table, column):
    """Values of a column as (n_slit, n_exposures)."""
    shape = table["exposure"].max() + 1, table["slit"].max() + 1
    values = np.full(shape, np.nan, np.float32)
    values[table["exposure"], table["slit"]] = table[column]
    return values.T


def draw_map(table, title, record):
    """Figure with the mean score and its spread over members along the slit and exposures; grey where unusable."""
    from matplotlib.figure import Figure  # half a second to import, and not needed to refuse a file

    figure = Figure(figsize=(7, 5), layout="constrained")
    columns = (("score", "RdBu_r", 1.0), ("spread", "viridis", None))
    for axes, (column, colours, top) in zip(figure.subplots(1, 2, sharey=True), columns, strict=True):
        image = as_map(table, column)
        axes.set_facecolor("0.8")
        options = {"vmin": 0.0, "vmax": top, "cmap": colours, "aspect": "auto", "interpolation": "nearest"}
        shown = axes.imshow(image, origin="lower", extent=(-0.5, image.shape[1] - 0.5, 0, image.shape[0]), **options)
        label = {"score": "pre-flare score", "spread": "spread over members"}[column]
        figure.colorbar(shown, ax=axes, label=label)
        axes.set(xlabel="exposure", ylabel="slit pixel" if column == "score" else "")
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(f"{title}\nnetworks trained on {record['trained'].get('origin', 'unknown')} spectra", fontsize=9)
    return figure
