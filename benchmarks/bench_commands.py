"""Processor time of the commands' start-up, and of the score of the real raster after it."""

import re
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np

from benchmarks.measure import at_most

REPEATS, START_UP, SCORE = 5, 3, 5  # runs after one for warming up; seconds


def run():
    """Benchmark records of each command's imports on small input, and of what `iris score` does afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in commands(Path(folder)):
            times = np.array([times_of(arguments) for _ in range(REPEATS + 1)])[1:]
            yield at_most(f"commands.start_up.{name}", times[:, 0], "s of one core", START_UP)
            if name == "iris-score":
                yield at_most("iris.score.seconds", times[:, 1] - times[:, 0], "s of one core", SCORE)


def commands(folder):
    """Names and arguments of commands; those after `stix simulate` read what it writes into the folder."""
    iris, solarchip = (files(f"flarebook.{study}") / "data" for study in ("iris", "solarchip"))
    aia = solarchip / "aia_171_20110215.fits"
    yield "list", ("list", "--profile", "ci")
    yield "iris-score", ("iris", "score", iris / "iris_20140329_mg2_raster.fits")
    yield "stix-simulate", ("stix", "simulate", "1", "--out", folder / "maps")
    yield "stix-show", ("stix", "show", *sorted((folder / "maps").glob("*.fits")))
    yield "stix-embed", ("stix", "embed", folder / "maps", "--out", folder / "features")
    yield "solarchip-labels", ("solarchip", "labels", solarchip / "goes15_20110607.fits.gz")
    yield "solarchip-simulate", ("solarchip", "simulate", folder / "sun", "--days", "1", "--size", "16")
    yield "solarchip-embed", ("solarchip", "embed", aia, "--out", folder / "features.parquet")
    yield "solarchip-translate", ("solarchip", "translate", aia, "--to", "hmi", "--out", folder)  # finds no 193


def times_of(arguments):
    """Processor time of a command's imports and of all, s."""
    words = [sys.executable, "-m", "benchmarks.start_up", *map(str, arguments)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [float(number) for number in re.search(r"start-up (\S+) total (\S+)\n$", done.stdout).groups()]
