"""Notebooks open the shipped files that the data manifest says they read, and no others of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flarebook.compendium.data.manifest import read_manifest

pytestmark = [pytest.mark.notebooks, pytest.mark.slow]
ROOT, HOOK = Path(__file__).parents[2], Path(__file__).with_name("opened_files")


@pytest.mark.parametrize(
    "notebook", ["iris/1-real-raster", "stix/1-real-flare"]
)  # need no earlier step, open in Python
def test_a_notebook_opens_the_shipped_files_that_the_manifest_enters_for_it(notebook, tmp_path):
    paths = os.pathsep.join(filter(None, (str(HOOK), str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": paths, "OPENED_FILES": str(tmp_path / "opened")}
    command = [sys.executable, "-m", "flarebook.commands.main", "run", notebook, "--profile", "ci"]
    subprocess.run([*command, "--output", str(tmp_path / "run")], env=environment, check=True, cwd=ROOT)
    opened = set((tmp_path / "opened").read_text(encoding="utf-8").splitlines())
    readers = {file.path: data.read_by for data in read_manifest().values() for file in data.files if file.path}
    found = {path for path in readers if str(ROOT / path) in opened}
    assert found == {path for path, notebooks in readers.items() if notebook in notebooks}
