"""Fetching from a server of this machine, beside curl, which neither hashes nor resumes nor records anything.

At the rate of a network (1 Gbit/s) the peer is curl alone; at the full speed of this machine it is curl and sha256sum,
since hashing takes as long there as the transfer.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import compare
from flarebook.compendium.data.batch import fetch_files
from flarebook.compendium.data.manifest import DataFile

LARGE, MANY, SMALL, JOBS = 256 << 20, 200, 1_353_600, 4  # bytes; files of a CLEAN map's size
NETWORK = 125e6  # bytes per s
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # curl draws a bar for parallel transfers
GOAL = 1 / 1.05  # at most 5 % more time than the peer


def run():
    """Benchmark records of one large file and of many, at a network's rate and at full speed."""
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("served", "cache", "peer")]
        names = write_files(places[0])
        for rate in (NETWORK, None):
            speed, peer = ("gigabit", "curl") if rate else ("full_speed", "curl and sha256sum")
            with serving(places, rate) as address:
                files = [DataFile(url=f"{address}/{name}") for name in names]
                for kind, chosen in (("large_file", files[:1]), ("many_files", files[1:])):
                    ours, theirs = fetch(chosen, places[1]), curl(chosen, places[2], hashed=not rate)
                    yield compare(f"data.fetch.{kind}_{speed}", peer, ours, theirs, GOAL, repeats=7)


def write_files(folder):
    """Write a large file and many small ones; returns their names."""
    folder.mkdir()
    sizes = {f"{number:04d}.bin": size for number, size in enumerate([LARGE, *[SMALL] * MANY])}
    for name, size in sizes.items():
        with open(folder / name, "wb") as stream:
            for begin in range(0, size, 1 << 20):
                stream.write(os.urandom(min(1 << 20, size - begin)))
    return list(sizes)


@contextmanager
def serving(places, rate):
    """Serve the first folder at a rate, or at full speed; yields the address.  The second is the cache."""
    words = [sys.executable, "-m", "benchmarks.file_server", str(places[0]), *([str(rate)] if rate else [])]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    os.environ["FLAREBOOK_DATA"] = str(places[1])
    os.environ.pop("FLAREBOOK_MIRROR", None)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()


def empty(folder):
    """Remove the files of a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def fetch(files, cache):
    """Function that fetches files into the empty cache."""

    def ours():
        empty(cache)
        assert all(path for _, path, _ in fetch_files(files, JOBS))

    return ours


def curl(files, folder, hashed):
    """Function that has curl fetch the same files, and sha256sum hash them if wanted."""
    words = ["curl", "--silent", "--fail", "--parallel", "--parallel-max", str(JOBS), "--remote-name-all"]

    def theirs():
        empty(folder)
        subprocess.run([*words, *(file.url for file in files)], cwd=folder, check=True, **SILENT)
        if hashed:
            subprocess.run(["sha256sum", *(file.name for file in files)], cwd=folder, check=True, **SILENT)

    return theirs
