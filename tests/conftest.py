"""Order of the tests: units, notebooks of the ci profile, book; and a small project for tests of the machinery."""

import os
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

LAST = ("notebooks", "book")
TESTS = Path(__file__).parent
STUDIES = {path.name for path in (TESTS.parent / "notebooks").iterdir()}


def folder_of(item):
    """First folder below tests/ that holds a test."""
    return item.path.relative_to(TESTS).parts[0]


def pytest_collection_modifyitems(config, items):
    """Sort by folder and leave out the other studies when FLAREBOOK_STUDY names one."""
    items.sort(key=lambda item: LAST.index(folder_of(item)) if folder_of(item) in LAST else -1)
    study = os.environ.get("FLAREBOOK_STUDY")
    others = [item for item in items if study and folder_of(item) in STUDIES - {study}]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def checkout():
    """Folder of the project."""
    return TESTS.parent


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep every test, and the commands that it starts, out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAREBOOK_DATA", str(tmp_path_factory.mktemp("cache")))
        yield


PARAMETERS = """output: str = "build/laptop"  # folder of this run
inputs: str = ""  # folder that holds the earlier steps' results
seed: int = 1  # seed of every random draw
n_flares: int = 5  # flares to draw
threshold: float = 0.5  # score from which a flare is forecast
widths: list[int] = [4, 2]  # hidden layers"""
OPEN = "from flarebook.compendium.run import open_run\nrun = open_run('{}', output, inputs, seed)"
DRAW = """import pandas as pd
table = pd.DataFrame({"flux": run.rng.normal(1.0, 0.1, n_flares)})
run.save_table("flares", table)
run.metric("flares.flux", table.flux.mean(), spread=table.flux.std(), n=n_flares)"""
FIGURE = """import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.plot(table.flux)
axes.set(xlabel="flare, its number", ylabel="flux [W/m$^2$]")
run.figure("sun-01-flux", figure, caption="Flux of each flare.", data=table,
           alt="A line of the flux of five simulated flares, which scatters around one.")"""
READ = """table = run.load_table("1-draw", "flares")
run.metric("flares.largest", table.flux.max())"""

WORK = """[project]
version = "1.2.0"
license = "MIT"
authors = [{ name = "The authors" }]
[tool.flarebook]
title = "Suns"
abstract = "Flares."
"""


def write_notebook(path, *codes, title="# A step"):
    """Write a notebook of a title, the parameters cell and further code cells."""
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [nbformat.v4.new_markdown_cell(title), parameters, *map(nbformat.v4.new_code_cell, codes)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "P"}})
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _write_project(folder):
    """Write a project with the notebooks sun/1-draw and sun/2-read, and a ci profile with gates."""
    (folder / "_toc.yml").write_text("root: book/index\n")
    (folder / "pyproject.toml").write_text(WORK)
    write_notebook(folder / "notebooks/sun/1-draw.ipynb", OPEN.format("sun/1-draw"), DRAW, FIGURE, title="# Flares")
    write_notebook(folder / "notebooks/sun/2-read.ipynb", OPEN.format("sun/2-read"), READ, title="# The largest")
    profile = {"sun/1-draw": {"parameters": {"n_flares": 4}}, "sun/2-read": {"after": ["sun/1-draw"]}}
    for name in ("profiles", "metrics"):
        (folder / name).mkdir()
    (folder / "profiles/ci.yaml").write_text(yaml.safe_dump({"notebooks": profile}, sort_keys=False))
    (folder / "metrics/ci.yaml").write_text("sun.flares.flux: {expected: 1.0, abs: 0.3, why: 6 sd of 4 draws}\n")


@pytest.fixture(scope="session")
def write_project():
    """Function that writes the tiny project into a folder."""
    return _write_project


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Folder of the tiny project, which is the working directory and FLAREBOOK_ROOT."""
    _write_project(tmp_path)
    monkeypatch.setenv("FLAREBOOK_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def blob_archive(tmp_path_factory):
    """Folder with a small archive of blobs at two widths, and its flare list; the last image is a real one."""
    rng, n = np.random.default_rng(5), 96
    y, x = np.mgrid[-1:1:177j, -1:1:177j]
    place, width = rng.uniform(-0.3, 0.3, (2, n, 1, 1)), np.where(np.arange(n) % 2, 0.15, 0.45)[:, None, None]
    blobs = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / width**2) + 0.05 * rng.random((n, 177, 177))
    images = (255 * blobs / blobs.max((1, 2), keepdims=True)).astype(np.uint8)
    records = pd.DataFrame(
        {
            "image_id": [f"{number:010d}" for number in range(n)],
            "origin": ["simulated"] * (n - 1) + ["real"],
            "flag": ["blank" if number == 3 else "" for number in range(n)],
            "band": "4-10",
            "peak_counts": np.where(np.arange(n) % 2, 300.0, 90000.0),
            "attenuator": np.arange(n) % 3 == 0,
            "distance": 0.7,
            "x": 300.0,
            "y": -200.0,
        }
    )
    folder = tmp_path_factory.mktemp("archive")
    np.savez_compressed(folder / "images.npz", images=images)
    records.to_parquet(folder / "records.parquet")
    return folder
