"""Images out of a store in SDOML's layout behind a server whose answers take 30 ms, against zarr image by image."""

import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.bench_sdoml import CHANNELS, CHUNK, DAYS, GOAL, REPEATS, YEAR, write_store
from benchmarks.measure import at_most, compare

DELAY, RATE = 0.03, 125e6  # s before each answer; bytes per s of all connections together
REQUESTS, SHARE = 2.0, 1.5  # at most: questions an image; bytes an image, in fifteenths of its chunk


def run():
    """Benchmark records at one date a day; the year's arrays and times are open on both sides."""
    import zarr

    from flarebook.solarchip.datasets.sdoml_days import prepare_dates
    from flarebook.solarchip.images.sdoml import array_name, open_store

    with tempfile.TemporaryDirectory() as folder, serving(folder) as address:
        write_store(folder)
        store, group = open_store(address), zarr.open_group(address, mode="r")
        arrays = [group[array_name(2011, channel)] for channel in CHANNELS]
        places = [int(np.flatnonzero(YEAR == day)[0]) for day in DAYS]

        def ours():
            return list(prepare_dates(list(DAYS), store, store, channels=CHANNELS))

        def theirs():
            return [np.asarray(array[place], np.float32) for place in places for array in arrays]

        peer = "zarr 3 over fsspec, image by image and not prepared"
        yield compare("solarchip.sdoml.http.vs_zarr", peer, ours, theirs, GOAL, REPEATS)
        images = len(DAYS) * len(CHANNELS)
        share = np.mean(chunk_sizes(folder)) / CHUNK
        asked = [counted(ours, address) for _ in range(REPEATS)]
        requests, sent = ([one[kind] / images for one in asked] for kind in (0, 1))
        yield at_most("solarchip.sdoml.http.requests", requests, "requests an image", REQUESTS)
        yield at_most("solarchip.sdoml.http.bytes", np.divide(sent, share), "fifteenths of its chunk an image", SHARE)


def chunk_sizes(folder):
    """Bytes of the chunks of a store on disk."""
    return [path.stat().st_size for path in Path(folder).glob("*/*/*.0.0")]


def counted(function, address):
    """Numbers of requests and bytes that one call of a function has a server send."""
    for call in (None, function):
        if call:
            call()
        with urllib.request.urlopen(f"{address}/asked") as answer:
            found = [int(number) for number in answer.read().split()]
    return found


@contextmanager
def serving(folder):
    """Serve a folder with the delay and the rate; yields the address."""
    words = [sys.executable, "-m", "benchmarks.file_server", str(folder), str(RATE), str(DELAY)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
