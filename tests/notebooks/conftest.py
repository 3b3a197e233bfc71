"""The built ci profile, shared by the tests of notebooks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUDY = os.environ.get("FLAREBOOK_STUDY") or None


@pytest.fixture(scope="session")
def built():
    """Folder build/ci after the workflow ran; only what changed is run again."""
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--rerun-incomplete", "--config", "profile=ci"]
    done = subprocess.run([*command, *([f"study={STUDY}"] if STUDY else [])], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return ROOT / "build/ci"
