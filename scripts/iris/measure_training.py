"""Measure what it costs to train the paper's networks on millions of stored spectra, on 100 splits.

    FLAREBOOK_MIRROR=RASTERS FLAREBOOK_REHEARSAL=1 flarebook parts make iris/3-observations --profile paper-real \
        -p spectra_per_observation=0 --output BUILD
    python -m scripts.iris.measure_training BUILD/parts/iris/3-observations [--models A B C] [--epochs 3]

Rows that src/flarebook/iris/data/training_costs.csv already has are kept.  Run it on a quiet machine.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.data.parts import PARAMETERS, PartStore
from flarebook.compendium.validation import read_json
from scripts.iris.measure_scale import write_rows

TABLE = Path(str(files("flarebook.iris") / "data" / "training_costs.csv"))
COLUMNS = ["model", "spectra", "splits", "epochs", "seconds", "memory_mb"]
SPECTRA, SPLITS, BATCH, SEED = 2_000_000, 100, 1024, 1  # of the paper profile


def train_once(folder, model, epochs):
    """Train a model on spectra drawn from a store; returns their number, the time in s and the peak memory in MB.

    The time holds drawing the spectra, and of each epoch its steps and the counts of correct calls.
    """
    from flarebook.iris.classifiers.ensemble import ARCHITECTURES, TrainingConfig, train_ensemble
    from flarebook.iris.classifiers.splits import draw_splits
    from flarebook.iris.classifiers.stored_spectra import draw_spectra
    from flarebook.iris.parts import main_rows

    store = PartStore(folder, read_json(folder / PARAMETERS)["parameters"])
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        start = time.monotonic()
        spectra = draw_spectra(main_rows(store), rng, SPECTRA, scratch)
        splits = draw_splits(spectra, rng, SPLITS)
        train_ensemble(spectra, splits, ARCHITECTURES[model], TrainingConfig(epochs, BATCH, SEED))
        seconds = time.monotonic() - start
    return len(spectra.label), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder, models, epochs):
    """Measure the models that the table lacks, each in a process of its own."""
    rows = pd.read_csv(TABLE, comment="#").to_dict("records") if TABLE.is_file() else []
    for model in sorted(set(models) - {row["model"] for row in rows}):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
            spectra, seconds, memory = executor.submit(train_once, folder, model, epochs).result()
        rows.append(dict(zip(COLUMNS, (model, spectra, SPLITS, epochs, seconds, memory), strict=True)))
        write_rows(TABLE, pd.DataFrame(rows, columns=COLUMNS).sort_values("model"), "simulated spectra")
        print(rows[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the parts")
    parser.add_argument("--models", nargs="+", choices=("A", "B", "C"), default=("A", "B", "C"))
    parser.add_argument("--epochs", type=int, default=3, help="of the paper's 15; each takes the same time")
    given = parser.parse_args()
    run_script(measure, given.folder, given.models, given.epochs)
