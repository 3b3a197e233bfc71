"""No damage of a file stops a reader with anything but one sentence."""

import os
import subprocess
import sys

import numpy as np
import pytest

from flarebook.compendium.project import project_root
from tests.commands import fuzz

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.slow
@pytest.mark.parametrize("reader", fuzz.READERS)
def test_damaged_files_give_a_result_or_one_sentence(reader):
    command = [sys.executable, "-m", "tests.commands.fuzz", reader, "--number", "60"]
    done = subprocess.run(command, cwd=project_root(), env=os.environ | ONE_THREAD, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    results, sentences = (int(word) for word in np.array(done.stdout.split())[[-8, -6]])
    assert results and sentences, "the damage is neither harmless each time nor fatal each time"


def test_the_damage_is_seen_when_a_reader_lets_it_through(tmp_path, monkeypatch):
    def careless(path):
        return int(path.read_text(encoding="utf-8").splitlines()[3].split(",")[1][:4])

    monkeypatch.setitem(fuzz.READERS, "careless", (fuzz.list_file, fuzz.text_mutation, careless))
    monkeypatch.setattr(fuzz.resource, "setrlimit", lambda *_: None)
    assert fuzz.run("careless", 40, 1, tmp_path)[2]
