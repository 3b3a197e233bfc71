"""The command line's tables and progress bars."""

from collections import Counter

import nbformat
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flarebook.compendium.data.download import check_hash, locate
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import notebook_path, project_root
from flarebook.compendium.reports.citation import figure_records
from flarebook.compendium.reports.gates import GREEN, MISSING, RED, UNGATED
from flarebook.compendium.validation import nearest
from flarebook.compendium.workflow.parameters import known_parameters, read_profile

COLOURS = {GREEN: "green", UNGATED: "dim"}


def show(table):
    """Print a table; as wide as its content when the output is a file or a pipe."""
    plain = {"markup": False, "emoji": False}  # list[int] is a type here, not a colour
    wide = None if Console().is_terminal else 200
    Console(width=wide, **plain).print(table)


def _table(title, *columns, right=()):
    """Empty table with columns; those named in `right` hold numbers."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def notebooks_table(profile, study=None):
    """Table of a profile's notebooks: name, title, whether built."""
    table = _table(f"Notebooks, profile {profile}", "notebook", "title", "built")
    for name in read_profile(profile, study).notebooks:
        built = project_root() / "build" / profile / "notebooks" / f"{name}.ipynb"
        table.add_row(name, _title(notebook_path(name)), "yes" if built.is_file() else "no")
    return table


def _title(path):
    """First heading of a notebook."""
    if not path.is_file():
        return "(not written yet)"
    for cell in nbformat.read(path, as_version=4).cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("# "):
                return line[2:].strip()
    return "(no title)"


def parameters_table(notebook):
    """Table of a notebook's parameters."""
    table = _table(f"Parameters of {notebook}", "name", "type", "default", "meaning")
    for parameter in known_parameters(notebook).values():
        table.add_row(parameter["name"], parameter["type"], repr(parameter["default"]), parameter["help"])
    return table


def verdicts_table(verdicts, profile):
    """Table of measured metrics, expected values, tolerances and verdicts."""
    columns = ("metric", "data", "measured", "expected", "tolerance", "verdict", "why")
    table = _table(f"Gates, profile {profile}", *columns, right=("measured", "expected", "tolerance"))
    for line in verdicts:
        colour = COLOURS.get(line.verdict, "bold red")
        gate = line.gate
        wanted = (_number(gate.expected), _tolerance(gate)) if gate else ("", "")
        verdict = Text(line.verdict, style=colour)
        table.add_row(line.name, line.origin, _number(line.measured), *wanted, verdict, gate.why if gate else "")
    return table


def summary(verdicts):
    """How many gates are green, red, missing, and how many metrics have none, in one line."""
    counts = Counter(line.verdict for line in verdicts)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in (GREEN, RED, MISSING, UNGATED))


def _tolerance(gate):
    """Tolerance as the gate's file has it."""
    return _number(gate.abs) if gate.abs is not None else f"{gate.rel:.3g} x"


def _number(value):
    """Number with five significant digits; a dash for none."""
    return "-" if value is None else f"{value:.5g}"


def figures_table(run):
    """Table of a run's figures."""
    table = _table(f"Figures of {run}", "id", "paper", "data", "caption", "files")
    for record in figure_records(run):
        number = str(record["paper_figure"] or "-")
        files = " ".join(record["files"])
        table.add_row(record["id"], number, record["origin"], record["caption"].split(". ")[0], files)
    return table


def comparison_table(lines, first, second):
    """Table of two runs' metrics."""
    columns = ("metric", str(first), str(second), "difference", "in spreads")
    table = _table("Metrics side by side", *columns, right=columns[1:])
    for line in lines:
        numbers = (line.first, line.second, line.difference, line.sigmas)
        table.add_row(line.name, *(_number(value) for value in numbers))
    return table


def data_table(study=None):
    """Table of the data sets, and whether every hash that can be read is right."""
    table = _table("Data sets", "id", "data", "where", "size", "hash", "stands in", right=("size",))
    sound, studies = True, set()
    for dataset in read_manifest().values():
        studies.add(dataset.study)
        if study in (None, dataset.study):
            where, size, hash_state = dataset_state(dataset)
            sound &= hash_state not in ("wrong", "missing")
            table.add_row(dataset.id, dataset.origin, where, size, hash_state, dataset.stands_in or "-")
    if study and study not in studies:
        raise InputError(
            f"no data set belongs to study {study!r}{nearest(study, studies)}: see `flarebook data status`"
        )
    return table, sound


def dataset_state(dataset):
    """Where a data set is, its size, and the state of its hashes, as text."""
    places = [(file, *locate(file)) for file in dataset.files]
    found = [(file, path) for file, _, path in places if path]
    where = ", ".join(sorted({place for _, place, _ in places})) or "absent"
    size = sum(path.stat().st_size for _, path in found)
    if dataset.ships and len(found) < len(places):
        return where, "-", "missing"
    return where, _bytes(size) if found else "-", _hash_state(found)


def _hash_state(found):
    """ "ok", "wrong", "unknown" or "-" for the hashes of files, [(file, path)]."""
    if not found:
        return "-"
    if any(file.sha256 is None for file, _ in found):
        return "unknown"
    try:
        for file, path in found:
            check_hash(path, file.sha256, "")
    except InputError:
        return "wrong"
    return "ok"


def _bytes(size):
    """A file's size as a reader wants it."""
    return f"{size / 1e6:.2f} MB" if size > 1e5 else f"{size / 1e3:.1f} kB"
