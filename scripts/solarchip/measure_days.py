"""Measure what it costs to embed days of SDO: images of a store read, prepared and encoded by a shipped encoder.

    python -m scripts.solarchip.measure_days [--days 120] [--dense 90] [--encoder vit-tiny]

The store has SDOML's layout and 512 pixels; its images are simulated: the shipped AIA image with noise, six chunks a
channel, to which the chunks of all other days are links. It is read from this machine's disk cache, so that a network
comes on top. Two samplings are measured: one date a day, and every 6 minutes. Writes benchmarks/embedding.csv, a row
for each batch of 30 dates. Run it on a quiet machine.
"""

import argparse
import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.bench_sdoml import noisy_sun
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.provenance import machine, now
from flarebook.solarchip.datasets.sdoml_days import REQUIRED, prepare_dates
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.images.sdoml import array_name
from flarebook.solarchip.models.embeddings import encode_batches
from flarebook.solarchip.models.weights import load_encoder
from tests.solarchip.sdoml_store import ROWS, write_array

TABLE = Path("benchmarks/embedding.csv")
YEAR = pd.date_range("2011-01-01", "2011-12-31T23:54", freq="6min")  # of AIA; HMI has every second time
DISTINCT = 6  # chunks of a channel that are written; others are links to them
BATCH = 30  # dates of a row, about a month, which is a part of the study


def write_days(folder, days):
    """Write a store in which the first chunks of the year and the chunk of each day's midnight can be read."""
    image = noisy_sun()
    for channel in REQUIRED:
        times = YEAR[::2] if channel == "hmi" else YEAR
        write_array(folder, channel, times, image, range(DISTINCT * ROWS))
        place = Path(folder) / array_name(2011, channel)
        midnights = np.flatnonzero(times == times.normalize())[:days] // ROWS
        for number, chunk in enumerate(midnights[midnights >= DISTINCT]):
            os.link(place / f"{number % DISTINCT}.0.0", place / f"{chunk}.0.0")


def time_batch(folder, moments, model):
    """Dates of a batch, and seconds to read and prepare them, the store's opening included, and to encode them."""
    start = perf_counter()
    dates = list(prepare_dates(list(moments), folder, folder, model.size.image))
    ready = perf_counter()
    for channel in REQUIRED:
        images = scale_channel(np.stack([found[channel] for found in dates]), channel)
        list(encode_batches(model, images, channel))
    return len(dates), ready - start, perf_counter() - ready


def measure_days(days, dense, encoder):
    """Write the table of both samplings, with the machine and the date in its header."""
    model, tables = load_encoder(encoder), []
    with tempfile.TemporaryDirectory() as folder:
        write_days(folder, days)
        midnights = YEAR[YEAR == YEAR.normalize()][:days]
        for per_day, moments in ((1, midnights), (240, YEAR[:dense])):
            batches = [moments[first : first + BATCH] for first in range(0, len(moments), BATCH)]
            time_batch(folder, batches[0], model)  # to warm up: imports
            rows = [time_batch(folder, batch, model) for batch in batches]
            table = pd.DataFrame(rows, columns=["dates", "prepare_s", "encode_s"])
            cores = len(os.sched_getaffinity(0))
            tables.append(table.assign(per_day=per_day, encoder=encoder, channels=len(REQUIRED), cores=cores))
    header = f"# {now()}; {machine()}; simulated images in SDOML's layout, 512 pixels"
    with atomic_write(TABLE) as path:
        text = pd.concat(tables).round({"prepare_s": 3, "encode_s": 3}).to_csv(index=False)
        path.write_text(f"{header}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=120, help="dates at one a day")
    parser.add_argument("--dense", type=int, default=90, help="dates at 240 a day, at most 90")
    parser.add_argument("--encoder", default="vit-tiny")
    given = parser.parse_args()
    run_script(measure_days, given.days, given.dense, given.encoder)
