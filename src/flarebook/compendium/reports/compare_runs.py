"""Metrics of two runs side by side."""

import math
from pathlib import Path
from typing import NamedTuple

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.run import read_metrics
from flarebook.compendium.validation import nearest, read_json
from flarebook.compendium.workflow.parameters import known_parameters


class Line(NamedTuple):
    """One metric in two runs; None where a run lacks it.  `sigmas`: difference in units of the spread."""

    name: str
    first: float | None
    second: float | None
    difference: float | None
    sigmas: float | None


def run_folder(name):
    """Folder of a run: a path, a profile's name (build/<name>) or a run's label (build/runs/<label>).

    Raises InputError when there is none with results.
    """
    build = project_root() / "build"
    candidates = [build / str(name), build / "runs" / str(name), Path(name)]
    for folder in candidates:
        if (folder / "results").is_dir():
            return folder
    known = [path.parent.name for pattern in ("*/results", "runs/*/results") for path in build.glob(pattern)]
    raise InputError(f"there is no run {str(name)!r}{nearest(name, known)}: give a folder, a profile or a run's label")


def compare(first, second):
    """Metrics of two runs' folders, side by side: list of Line, sorted by name."""
    one, two = read_metrics(first), read_metrics(second)
    return [_line(name, one.get(name, {}), two.get(name, {})) for name in sorted(one.keys() | two.keys())]


def different_parameters(first, second):
    """Parameters with which two runs' folders were made and that differ: {notebook: {name: (first, second)}}.

    Of notebooks in both that record their parameters; one that was not given has its default of today.
    """
    found = {}
    for path in sorted(Path(first).glob("results/*/*/metrics.json")):
        name = "/".join(path.parent.parts[-2:])
        one, two = (_parameters(Path(folder) / f"notebooks/{name}.ipynb") for folder in (first, second))
        if one is None or two is None or one == two or not (project_root() / f"notebooks/{name}.ipynb").is_file():
            continue
        defaults = {key: parameter["default"] for key, parameter in known_parameters(name).items()}
        pairs = {key: ((defaults | one).get(key), (defaults | two).get(key)) for key in sorted(one.keys() | two.keys())}
        if different := {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}:
            found[name] = different
    return found


def _parameters(path):
    """Parameters that an executed notebook records, without its folders; None for one that records none."""
    try:
        made = read_json(path)["metadata"]["papermill"]["parameters"]
        return {key: value for key, value in made.items() if key not in ("output", "inputs")}
    except (InputError, KeyError, TypeError, AttributeError):
        return None


def _line(name, one, two):
    """One metric's line; the spread is the root sum of squares of the two runs' spreads."""
    first, second = one.get("value"), two.get("value")
    if first is None or second is None:
        return Line(name, first, second, None, None)
    spread = math.hypot(one.get("spread") or 0.0, two.get("spread") or 0.0)
    return Line(name, first, second, second - first, (second - first) / spread if spread else None)
