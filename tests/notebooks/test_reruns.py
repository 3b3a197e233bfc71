"""A touched file of the package makes the workflow run the notebooks that reach it and those after them, no others."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flarebook.compendium.workflow.dependencies import notebook_sources
from flarebook.compendium.workflow.parameters import read_profile

pytestmark = pytest.mark.notebooks
ROOT = Path(__file__).parents[2]
STUDY = os.environ.get("FLAREBOOK_STUDY") or None
ENTRIES = read_profile("ci", STUDY).notebooks
FILES = (
    "compendium/run.py",
    "evaluation/bootstrap.py",
    "encoders/dinov2_onnx.py",
    "encoders/data/encoders.yaml",
    "iris/mg2.py",
    "iris/data/observations.csv",
    "iris/data/preflare_ensemble.safetensors",
    "stix/imaging/clean.py",
    "stix/data/explorer/page.js",
    "solarchip/figures/translation.py",
    "solarchip/data/published_flare_skill.yaml",
    "commands/stix.py",
)


def planned():
    """Rules that a dry run lists, by the times of files alone."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--rerun-triggers", "mtime", "--nolock"]
    command += ["--max-checksum-file-size", "0", "--config", "profile=ci", *([f"study={STUDY}"] if STUDY else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return set(re.findall(r"^rule (\w+):", done.stdout + done.stderr, re.MULTILINE)) - {"all"}


@pytest.fixture(scope="module")
def sources(built):
    """Files that each notebook depends on, when nothing is left to run."""
    assert planned() == set()
    return {name: set(notebook_sources(name)) for name in ENTRIES}


@pytest.mark.parametrize("file", FILES)
def test_a_touched_file_runs_the_notebooks_that_reach_it_and_those_after_them(sources, file):
    path = ROOT / "src/flarebook" / file
    stale = {name for name in ENTRIES if f"src/flarebook/{file}" in sources[name]}
    for name, entry in ENTRIES.items():  # in the order of the book: earlier steps come first
        stale |= {name} if stale & set(entry.after) else set()
    before = path.stat()
    try:
        os.utime(path)
        assert planned() == {name.replace("/", "_").replace("-", "_") for name in stale}
    finally:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
