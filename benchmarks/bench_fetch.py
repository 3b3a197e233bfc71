"""Fetching from a server of this machine, beside curl, which neither hashes nor resumes nor records anything."""

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

LARGE, MANY, SMALL, JOBS = 512 << 20, 200, 1_353_600, 4  # bytes; files of a CLEAN map's size
GOAL = 1 / 1.05  # at most 5 % more time than the peer


def run():
    """Benchmark records of one large file and of many, against curl alone and against curl and sha256sum."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (files, cache, peer):
        large, many = files[:1], files[1:]
        for hashed in ("", "_and_sha256sum"):
            words = f"curl{hashed.replace('_', ' ')}"
            for name, chosen in (("large_file", large), ("many_files", many)):
                ours, theirs = fetch(chosen, cache), curl(chosen, peer, bool(hashed))
                yield compare(f"data.fetch.{name}_vs_curl{hashed}", words, ours, theirs, GOAL, repeats=7)


@contextmanager
def serving(folder):
    """Serve a large file and many small ones; yields them as DataFile, and two empty folders."""
    places = [folder / name for name in ("served", "cache", "peer")]
    for place in places:
        place.mkdir()
    sizes = [LARGE, *[SMALL] * MANY]
    for number, size in enumerate(sizes):
        with open(places[0] / f"{number:04d}.bin", "wb") as stream:
            for begin in range(0, size, 1 << 20):
                stream.write(os.urandom(min(1 << 20, size - begin)))
    words = [sys.executable, "-m", "benchmarks.file_server", str(places[0])]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    os.environ["FLAREBOOK_DATA"] = str(places[1])
    os.environ.pop("FLAREBOOK_MIRROR", None)
    try:
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        yield [DataFile(url=f"{address}/{n:04d}.bin") for n in range(len(sizes))], *places[1:]
    finally:
        server.terminate()


def empty(folder):
    """Remove the files of a folder."""
    shutil.rmtree(folder)
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
        subprocess.run([*words, *(file.url for file in files)], cwd=folder, check=True)
        if hashed:
            subprocess.run(
                ["sha256sum", *(file.name for file in files)], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )

    return theirs
