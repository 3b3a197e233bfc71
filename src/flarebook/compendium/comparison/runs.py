"""Numbers, parameters and figures of two runs side by side."""

import math
from pathlib import Path
from typing import NamedTuple

from flarebook.compendium.batch_report import counted
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import read_record, sha256
from flarebook.compendium.run import read_metrics
from flarebook.compendium.validation import nearest, read_json
from flarebook.compendium.workflow.parameters import known_parameters

VALUES = "plotted values"
FAR = 2  # spreads beyond which a number's change is counted apart


class Line(NamedTuple):
    """One metric in two runs; None where a run lacks it.  `sigmas`: difference in units of the spread."""

    name: str
    first: float | None
    second: float | None
    difference: float | None
    sigmas: float | None


class Pair(NamedTuple):
    """A figure in two runs: the record in each, None where it lacks the figure, and what differs, in words."""

    first: dict | None
    second: dict | None
    what: str


def run_folder(name):
    """Folder of a run: a path, a profile's name (build/<name>) or a run's label (build/runs/<label>).

    Raises InputError when there is none with results.
    """
    build = project_root() / "build"
    candidates = [build / str(name), build / "runs" / str(name), Path(name)]
    for folder in candidates:
        if (folder / "results").is_dir():
            return folder
    known = [path.parent.name for pattern in ("*/results", "runs/*/results") for path in sorted(build.glob(pattern))]
    some = ", ".join(known[:8]) + (" and others" if len(known) > 8 else "")
    here = f"here are {some}" if known else "none was made here yet, `make book PROFILE=ci` makes one"
    raise InputError(
        f"there is no run {str(name)!r}{nearest(name, known)}: give a profile, a run's label or a folder; {here}"
    )


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


def different_figures(first, second):
    """Figures of two runs' folders that differ in what they plot or in their picture: {id: Pair}."""
    folders = [Path(folder) / "figures" for folder in (first, second)]
    ids = sorted({path.stem for folder in folders for path in folder.glob("*.json")})
    pairs = {id: [read_record(one, id) if (one / f"{id}.json").is_file() else None for one in folders] for id in ids}
    found = {id: Pair(*records, _what_differs(id, records, folders)) for id, records in pairs.items()}
    return {id: pair for id, pair in found.items() if pair.what}


def _what_differs(id, records, folders):
    """What differs between a figure's records and pictures, in words; empty where both are the same."""
    one, two = records
    if one is None or two is None:
        return f"only in {'A' if two is None else 'B'}"
    parts = ["origin"] * (one["origin"] != two["origin"])
    parts += [VALUES] * (one["data_sha256"] != two["data_sha256"])
    pictures = [folder / f"{id}.png" for folder in folders]
    parts += ["picture"] * (len({sha256(path) if path.is_file() else "" for path in pictures}) > 1)
    return ", ".join(parts)


def summary_of(lines, parameters, figures):
    """What changed from one run to the other, in sentences.

    lines: of `compare`.  parameters: of `different_parameters`.  figures: of `different_figures`.
    """
    shared = [line for line in lines if line.difference is not None]
    changed = [line for line in shared if line.difference]
    far = [line for line in changed if line.sigmas is not None and abs(line.sigmas) > FAR]
    changes, plotted = sum(map(len, parameters.values())), sum(VALUES in pair.what for pair in figures.values())
    alone = sum(None in (pair.first, pair.second) for pair in figures.values())
    yield f"Recorded parameters that differ: {changes}, in {counted(len(parameters), 'notebook')}."
    yield f"Metrics that changed: {len(changed)} of {len(shared)}, {len(far)} of them by more than {FAR} spreads."
    yield f"Metrics of one run only: {len(lines) - len(shared)}."
    yield f"Figures that differ: {len(figures) - alone}, {plotted} of them in the plotted values."
    yield f"Figures of one run only: {alone}."


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
