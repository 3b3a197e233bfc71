"""Where a figure or a number comes from: real or simulated rows, code, versions, notebook, parameters, time."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import Annotated

from packaging.requirements import Requirement
from pydantic import AfterValidator, BaseModel, ConfigDict

from flarebook.compendium.errors import InputError, plain
from flarebook.compendium.project import REHEARSAL, project_root
from flarebook.compendium.validation import read_json, validated

KINDS = ("real", "simulated", "rehearsal")  # of a row; rehearsal: simulated, and read as if from a real archive
AND = " and "
MIXTURES = tuple(AND.join(kinds) for n in (2, 3) for kinds in combinations(KINDS, n))
MIXED = MIXTURES[0]
ORIGINS = (*KINDS, *MIXTURES, "schematic")
Line = Annotated[str, AfterValidator(plain)]  # no control characters on a terminal or a page
FIGURE_ID = re.compile(r"[a-z]+-([0-9]{2}|x)-[a-z0-9-]+")
PLAIN = (bool, int, float, str, list, tuple, dict, type(None))


def mix_origins(*origins):
    """Origin of what is made of data of several: "real and simulated"."""
    found = {kind for origin in origins for kind in origin.split(AND)}
    return AND.join(kind for kind in (*KINDS, "schematic") if kind in found)


def file_origin(simulated, name):
    """Origin of an archive's file: "real", or "rehearsal" for a simulated one when FLAREBOOK_REHEARSAL is set.

    simulated: whether the file says that it holds no observation.  Raises InputError for such a file otherwise.
    """
    if not simulated:
        return "real"
    if not os.environ.get(REHEARSAL):
        raise InputError(
            f"{plain(name)} says of itself that it is no observation: keep it apart from real data, or set "
            f"{REHEARSAL}=1 to rehearse a real run, which is then labelled so"
        )
    return "rehearsal"


def origin_record(origin):
    """Origin as it is recorded with a number or a figure.

    origin: one of ORIGINS, or the rows that entered, a DataFrame with a column "origin" (of KINDS).
    Returns {"origin": one of ORIGINS}, and for rows also {"rows": {kind: number}}, from which the origin follows; {}
    for a table of no rows.  Raises InputError for another origin, a table without that column, and a row that does
    not say.
    """
    if isinstance(origin, str):
        if origin not in ORIGINS:
            raise InputError(f"origin {origin!r} is unknown: say which of {', '.join(ORIGINS)} it is")
        return {"origin": origin}
    if "origin" not in getattr(origin, "columns", ()):
        raise InputError(f"the rows have no column 'origin': add one that says of each row: {', '.join(KINDS)}")
    counts = {str(kind): int(number) for kind, number in origin["origin"].value_counts(dropna=False).items()}
    if unknown := counts.keys() - set(KINDS):
        raise InputError(f"rows have origin {', '.join(sorted(unknown))}: each must be one of {', '.join(KINDS)}")
    rows = {kind: counts[kind] for kind in KINDS if kind in counts}
    return {"origin": AND.join(rows), "rows": rows} if rows else {}


def describe_origin(record):
    """Origin in words, with the numbers of rows where both kinds entered: "480 simulated and 1 real".

    record: a metric's or a figure's, or what `origin_record` takes.
    """
    record = record if isinstance(record, dict) else origin_record(record)
    rows = record.get("rows", {})
    if len(rows) < 2:
        return record.get("origin", "no")
    kinds = sorted(rows, key=rows.get, reverse=True)
    return AND.join(f"{rows[kind]:,} {kind}" for kind in kinds)


def describe_sources(record):
    """Origin of a recorded number or figure, and the encoder behind it: "simulated, encoder dinov2-focus"."""
    return ", encoder ".join(filter(None, (describe_origin(record), record.get("encoder"))))


def code_state(folder=None):
    """Commit of the project and whether the working tree differs from it.

    Returns {"commit": str or None, "dirty": bool or None}; None outside a git checkout.
    """
    folder = Path(folder or project_root())
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if commit is None else bool(changes)}


def _git(folder, *arguments):
    """Output of one git command, or None when git or the repository is missing."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def versions():
    """Versions of Python, of the package and of each library that it requires: {name: version}."""
    found = {"python": platform.python_version(), "flarebook": metadata.version("flarebook")}
    for line in metadata.requires("flarebook") or ():
        requirement = Requirement(line)
        try:
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                found[requirement.name] = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue  # what is not installed had no part in the figure
    return dict(sorted(found.items()))


def machine():
    """Number of cores and name of the processor: "2 cores of AMD EPYC"."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores of {models[0] if models else platform.processor() or platform.machine()}"


def now():
    """Present time in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sha256(path):
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class FigureRecord(BaseModel):
    """What the record of a published figure must say; whatever else it says is kept."""

    model_config = ConfigDict(extra="allow")
    label: Line
    caption: Line
    alt: Line
    origin: Line
    id: Line = ""
    notebook: Line = ""
    paper_figure: int | None = None
    width: int | None = None  # CSS pixels at which its type has the size of all others
    files: dict[str, str] = {}
    data_sha256: Line = ""
    commit: Line | None = None
    dirty: bool | None = None
    time: Line = ""


def read_record(folder, figure):
    """Record of a published figure, dict.  Raises InputError when its file is missing, cut or another's."""
    path = Path(folder) / f"{figure}.json"
    if not FIGURE_ID.fullmatch(figure):
        raise InputError(f"{path.name} is no record of a figure, which are named as iris-12-performance: remove it")
    if not path.is_file():
        raise InputError(f"figure {figure} has no record {path.name} in {path.parent}: run its notebook again")
    return validated(FigureRecord, read_json(path), path).model_dump()


def cell_parameters():
    """Parameters of the running notebook: the annotated names of its cells so far, with their present values.

    The tagged cell annotates each parameter (`seed: int = 1`), papermill's injected values overwrite them,
    and nothing else has run when a notebook opens its run.  Returns {} outside a notebook.
    """
    if "IPython" not in sys.modules:
        return {}
    shell = sys.modules["IPython"].get_ipython()
    names = {} if shell is None else shell.user_ns
    return {name: names[name] for name in names.get("__annotations__", {}) if isinstance(names.get(name), PLAIN)}


def to_json(record):
    """Record as indented JSON text; paths and numpy scalars become plain values."""
    return json.dumps(record, indent=2, ensure_ascii=False, default=to_jsonable) + "\n"


def to_jsonable(value):
    """Convert a numpy scalar or a path to a JSON value."""
    return value.item() if hasattr(value, "item") else str(value)
