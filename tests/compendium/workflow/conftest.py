"""The small project with a study whose notebook has four parts, which tests let die."""

import shutil
from pathlib import Path

import nbformat
import pytest
import yaml

REAL = Path(__file__).parents[3]
PARTS = '''"""Parts of a study of suns. A part that finds its fate in `fates` dies of it once."""
import os
import signal
import time
from pathlib import Path

import pandas as pd

from flarebook.compendium.validation import check_known

NOTEBOOKS = ("sun/1-draw",)


def part_settings(notebook, values):
    return {"seed": values["seed"], "n_flares": values["n_flares"]}


def part_names(parameters):
    return ["a", "b", "c", "d"]


def make_part(name, parameters, store):
    check_known(name, part_names(parameters), "there is no part", "see `flarebook parts list`")
    with open("made.txt", "a") as stream:
        stream.write(name)
    if (path := Path("fates", name)).exists():
        meet(path)
    store.write(name, pd.DataFrame({"flux": [parameters["n_flares"]]}))


def meet(path):
    fate = path.read_text()
    path.unlink()
    if "STUB_JOB" not in os.environ:
        os.kill(os.getpid(), signal.SIGKILL)
    job = Path(os.environ["STUB_JOB"])
    (job / "victim").write_text(str(os.getpid()))
    if fate != "endless":
        (job / "fate.new").write_text(fate)
        os.replace(job / "fate.new", job / "fate")
    time.sleep(600)
'''
GATHER = """from flarebook.compendium.workflow.parts import gathered_parts
from flarebook.sun import parts
settings = parts.part_settings("sun/1-draw", {"seed": seed, "n_flares": n_flares})
with gathered_parts(run, settings, ["a", "b", "c", "d"], None) as store:
    table = store.dataset().to_table().to_pandas()
run.save_table("flares", table)
run.metric("flares.flux", table.flux.sum())"""


@pytest.fixture
def scattered(project, monkeypatch):
    """The small project with a study whose notebook has four parts; the file `fates/b` lets part b die once."""
    shutil.copy(REAL / "Snakefile", project)
    without = shutil.ignore_patterns("__pycache__", "*.fits*", "*.safetensors", "*.npz")
    shutil.copytree(REAL / "src/flarebook", project / "src/flarebook", ignore=without)
    (project / "src/flarebook/sun").mkdir()
    (project / "src/flarebook/sun/parts.py").write_text(PARTS)
    (project / "fates").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(project / "src"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # each job would compile its imports anew
    notebook = nbformat.read(project / "notebooks/sun/1-draw.ipynb", as_version=4)
    notebook.cells[3].source = GATHER
    del notebook.cells[4:]
    nbformat.write(notebook, project / "notebooks/sun/1-draw.ipynb")
    profile = yaml.safe_load((project / "profiles/ci.yaml").read_text())
    profile["notebooks"]["sun/1-draw"] |= {"parts": {"memory_mb": 500, "minutes": 5}, "threads": 1}
    (project / "profiles/ci.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    return project
