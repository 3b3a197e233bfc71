"""The command line's tables: title, column names and rows of each, and how they are printed."""

from collections import Counter

import nbformat
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flarebook.compendium.batch_report import counted
from flarebook.compendium.data.download import check_hash, locate
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.errors import InputError
from flarebook.compendium.errors import plain as without_controls
from flarebook.compendium.project import notebook_path, project_root, shown
from flarebook.compendium.reports.citation import figure_records, opening_sentence
from flarebook.compendium.reports.gates import GREEN, KINDS, MISSING, RED, UNGATED
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parameters import known_parameters, read_profile

COLOURS = {GREEN: "green", UNGATED: "dim"}


def show(title, columns, rows):
    """Print a table; as wide as its content when the output is a file or a pipe.

    Numbers stand on the right with five significant digits, a dash stands for none.
    """
    table = Table(title=without_controls(title), title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    plain = {"markup": False, "emoji": False}  # list[int] is a type here, not a colour
    wide = None if Console().is_terminal else 200
    Console(width=wide, **plain).print(table)


def _cell(value):
    """Text without control characters, or a number with five significant digits; a dash for none."""
    if isinstance(value, str):
        return without_controls(value)
    return value if isinstance(value, Text) else Text("-" if value is None else _digits(value), justify="right")


def _digits(number):
    """A number with five significant digits; all those before the point, where there are more."""
    return f"{number:,.0f}" if 1e5 <= abs(number) < 1e12 else f"{number:.5g}"


def notebooks_table(profile, study=None):
    """Table of a profile's notebooks: name, title, whether built."""
    folder = project_root() / "build" / profile / "notebooks"
    rows = [
        (name, _title(notebook_path(name)), "yes" if (folder / f"{name}.ipynb").is_file() else "no")
        for name in read_profile(profile, study).notebooks
    ]
    return f"Notebooks, profile {profile}", ("notebook", "title", "built"), rows


def _title(path):
    """First heading of a notebook."""
    if not path.is_file():
        return "(not written yet)"
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    lines = [line for cell in cells for line in cell.source.splitlines() if line.startswith("# ")]
    return lines[0].removeprefix("# ").strip() if lines else "(no title)"


def parameters_table(notebook):
    """Table of a notebook's parameters."""
    rows = [(p["name"], p["type"], repr(p["default"]), p["help"]) for p in known_parameters(notebook).values()]
    return f"Parameters of {notebook}", ("name", "type", "default", "meaning"), rows


def verdicts_table(verdicts, profile):
    """Table of measured metrics, the kind of gate, expected values, tolerances and verdicts."""
    rows = []
    for line in verdicts:
        gate = line.gate
        kind, *expected, why = (gate.kind, gate.expected, gate.tolerance, gate.why) if gate else ("",) * 4
        verdict = Text(line.verdict, style=COLOURS.get(line.verdict, "bold red"))
        rows.append((line.name, kind, line.origin, line.measured, *expected, verdict, why))
    columns = ("metric", "kind", "data", "measured", "expected", "tolerance", "verdict", "why")
    return f"Gates, profile {profile}", columns, rows


def summary(verdicts):
    """How many gates of each kind are green, red and missing, and how many metrics have none, in one line."""
    counts = Counter((line.gate.kind if line.gate else UNGATED, line.verdict) for line in verdicts)
    kinds = [f"{kind}: " + ", ".join(f"{counts[kind, v]} {v}" for v in (GREEN, RED, MISSING)) for kind in KINDS]
    return "; ".join([*kinds, f"{counts[UNGATED, UNGATED]} {UNGATED}"])


def figures_table(run):
    """Table of a run's figures, and the reasons why files among them are none."""
    records, skipped = figure_records(run)
    rows = [
        (r["id"], str(r["paper_figure"] or "-"), r["origin"], opening_sentence(r["caption"]), " ".join(r["files"]))
        for r in records
    ]
    return (f"Figures of {run}", ("id", "paper", "data", "caption", "files"), rows), skipped


def reproduction_lines(made):
    """What a figure that was made again says: its origin, its steps, its versions, data and picture; list of lines.

    made: Reproduction.
    """
    then, today = made.recorded, made.made
    code = f"{(today['commit'] or 'no commit')[:10]}{', changed since' if today['dirty'] else ''}"
    again = f"{counted(len(made.steps) - 1, 'earlier step')} run again" if len(made.steps) > 1 else "no earlier step"
    used = f"the results of {shown(made.inputs)}, as recorded" if made.inputs else again
    versions = [f"{name} {one or 'none'} recorded, {two or 'none'} now" for name, (one, two) in made.versions.items()]
    return [
        f"Figure {then['id']} of {then['notebook']}, recorded {then['time']}, {(then['commit'] or 'no commit')[:10]}",
        f"Made again with the code of {code}, from {used}: {shown(made.folder)}",
        f"Versions: {'; '.join(versions) or 'all as recorded'}",
        f"Data: {made.difference.data}",
        f"Picture: {made.difference.picture}",
    ]


def data_table(study=None):
    """Table of the data sets; their hashes are "ok", "wrong", "missing", "unknown" or "-"."""
    rows = [(entry.id, entry.origin, *_state(entry), entry.stands_in or "-") for entry in _datasets(study)]
    return "Data sets", ("id", "data", "where", "MB", "hash", "stands in"), rows


def licence_table(study=None):
    """Table of the data sets with their licences; files and sizes as far as they are known."""
    rows = [
        (entry.id, entry.origin, entry.count, entry.bytes and entry.bytes / 1e6, *_places(entry), entry.licence)
        for entry in _datasets(study)
    ]
    return "Data sets", ("id", "data", "files", "MB", "where", "licence"), rows


def _datasets(study):
    """Data sets of a study, or all; InputError for a study that has none."""
    datasets = read_manifest().values()
    if study:
        studies = {dataset.study for dataset in datasets}
        check_known(study, studies, "no data set belongs to study", "see `flarebook data status`")
    return [dataset for dataset in datasets if study in (None, dataset.study)]


def plan_table(name, entries, plan, free, rate):
    """Table of what a fetch would get: batch.Plan; free: bytes of the disk; rate: MB/s."""
    at_rate = f"at {rate:g} MB/s{', estimated' if plan.unknown else ''}"
    too_little = "" if free > plan.bytes_to_come else "too little: FLAREBOOK_DATA may name a folder on a larger disk"
    rows = [
        ("files", len(plan.here) + len(plan.missing), ""),
        ("already here", _gigabytes(plan.bytes_here), counted(len(plan.here), "file")),
        ("to fetch, size stated", _gigabytes(plan.bytes_known), counted(len(plan.missing) - plan.unknown, "file")),
        ("to fetch, size estimated", _gigabytes(plan.bytes_estimated), counted(plan.unknown, "file")),
        ("free disk", _gigabytes(free), too_little),
        ("time", Text(f"{plan.hours(rate):.3g} h", justify="right"), at_rate),
        *(("licence", entry.licence, entry.id) for entry in entries),
    ]
    return f"Plan of {name}", ("what", "amount", "remark"), rows


def _gigabytes(number):
    """Bytes as a cell in GB."""
    return Text(f"{number / 1e9:.3g} GB", justify="right")


def _state(dataset):
    """Where a data set is, its size in megabytes, and the state of its hashes."""
    places = [(file, *locate(file)) for file in dataset.files]
    files = [(file, path) for file, _, path in places if path]
    (where,) = _places(dataset)
    if dataset.ships and len(files) < len(places):
        return where, None, "missing"
    return where, sum(path.stat().st_size for _, path in files) / 1e6 if files else None, _hash_state(files)


def _places(dataset):
    """Where the files of a data set are, in words: (str,)."""
    return (", ".join(sorted({locate(file)[0] for file in dataset.files})) or "absent",)


def _hash_state(files):
    """ "ok", "wrong", "unknown" or "-" for the hashes of files, [(file, path)]."""
    if any(file.sha256 is None for file, _ in files):
        return "unknown"
    try:
        for file, path in files:
            check_hash(path, file.sha256, "")
    except InputError:
        return "wrong"
    return "ok" if files else "-"
