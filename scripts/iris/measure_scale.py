"""Measure what spectra cost: level-2 archives read, checked, measured and stored, by their number and the workers.

    flarebook iris simulate RASTERS
    python -m scripts.iris.measure_scale RASTERS [--sizes 100000 ...] [--workers 1 2 4] [--repeats 3]

Rows that src/flarebook/iris/data/scale.csv already has are kept, so that it may be stopped and run again; a row is
measured anew when it is removed from the file.  Run it on a quiet machine.
"""

import argparse
import os
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import run_measured
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.data.parts import PartStore
from flarebook.compendium.project import REHEARSAL
from flarebook.compendium.provenance import machine, now
from flarebook.compendium.validation import read_json
from flarebook.iris.observations import observation_table
from flarebook.iris.parts import OBSERVATIONS, part_name
from flarebook.iris.simulation.level2_archive import archive_path, exposure_seconds

TABLE = Path(str(files("flarebook.iris") / "data" / "scale.csv"))
SIZES, WORKERS = (100_000, 300_000, 1_000_000, 3_000_000, 9_000_000), (1, 2, 4)
COLUMNS = [
    "size", "workers", "spectra", "stored", "parts", "seconds", "memory_mb", "archive_bytes", "store_bytes",
]  # fmt: skip
TURNS = ["n", "low", "high"]  # number of turns, shortest and longest time in s; all else is of the median one
SEED = 1  # of the order in which observations are taken


def archive_spectra(entry):
    """Spectra in the archive of an observation."""
    return int((exposure_seconds(entry, np.arange(entry["n_exposures"])) >= 0).sum() * entry["n_slit"])


def choose_observations(table, size):
    """Rows of observations that together hold `size` spectra or little more, in a random order, always the same.

    AR 4 is left out: the paper prints its pointing off the disk, and its simulated archive has another.
    """
    table = table[table["observation"] != "AR 4"]
    spectra = table.apply(archive_spectra, axis=1)
    order = np.random.default_rng(SEED).permutation(table.index)
    chosen, total = [], 0
    for row in order:
        if total + spectra[row] <= size:
            chosen, total = [*chosen, row], total + spectra[row]
    if total < size:
        chosen.append(spectra.drop(chosen).idxmin())
    return table.loc[chosen]


def measure_row(rasters, size, workers, folder):
    """One row of the table: parts of observations of some `size` spectra, made by `workers` processes."""
    chosen = choose_observations(observation_table(), size)
    archives = {archive_path(entry, rasters) for _, entry in chosen.iterrows()}
    for path in archives:
        path.stat()
        with open(path, "rb") as stream:  # from the system's cache in every row alike, as far as it fits
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
    names = [part_name(name) for name in chosen["observation"]]
    command = [
        sys.executable,
        "-m",
        "flarebook.commands.main",
        "parts",
        "make",
        OBSERVATIONS,
        "--profile",
        "paper-real",
    ]
    command += ["-p", "spectra_per_observation=0", "--output", str(folder), "--jobs", str(workers)]
    environment = {"FLAREBOOK_MIRROR": str(rasters), REHEARSAL: "1", "NUMBA_NUM_THREADS": "1"}  # a core each
    used = run_measured(command + [text for name in names for text in ("--only", name)], environment)
    place = folder / "parts" / OBSERVATIONS
    store = PartStore(place, read_json(place / "parameters.json")["parameters"])
    spectra = sum(archive_spectra(entry) for _, entry in chosen.iterrows())
    stored = sum(store.check(name)["rows"] for name in names)
    sizes = sum(path.stat().st_size for path in archives), sum(store.path(name).stat().st_size for name in names)
    taken = used.seconds, used.memory / 2**20
    return dict(zip(COLUMNS, (size, workers, spectra, stored, len(names), *taken, *sizes), strict=True))


def write_rows(path, rows, data):
    """Write a measured table with date, machine and data in its header.

    rows: DataFrame with seconds and memory_mb; data: what was measured with, in words.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    header = f"# {now()}; {machine()}, {memory:.0f} GiB; {data}\n"
    text = rows.round({"seconds": 1, "memory_mb": 0, "low": 1, "high": 1}).to_csv(index=False)
    with atomic_write(path) as partial:
        partial.write_text(header + text, encoding="utf-8")


def median_row(turns):
    """The turn of median time, with the number of turns, the shortest and the longest time."""
    turns = sorted(turns, key=lambda row: row["seconds"])
    spread = (len(turns), turns[0]["seconds"], turns[-1]["seconds"])
    return turns[len(turns) // 2] | dict(zip(TURNS, spread, strict=True))


def measure(rasters, sizes, workers, repeats):
    """Measure the rows that the table lacks; those of the largest size several times."""
    rows = pd.read_csv(TABLE, comment="#").to_dict("records") if TABLE.is_file() else []
    known = {(row["size"], row["workers"]) for row in rows}
    for size, number in [(size, number) for size in sizes for number in workers if (size, number) not in known]:
        turns = []
        for _ in range(repeats if size == max(SIZES) else 1):
            with tempfile.TemporaryDirectory(dir=rasters, prefix=".measured-") as folder:
                turns.append(measure_row(Path(rasters), size, number, Path(folder)))
        rows.append(median_row(turns))
        table = pd.DataFrame(rows, columns=COLUMNS + TURNS).sort_values(["size", "workers"])
        write_rows(TABLE, table, "simulated level-2 archives, gzip")
        print({name: round(value) for name, value in rows[-1].items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rasters", type=Path, help="folder of the archives")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--repeats", type=int, default=3, help="turns of the largest size")
    given = parser.parse_args()
    run_script(measure, given.rasters, given.sizes, given.workers, given.repeats)
