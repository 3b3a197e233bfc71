"""Runs of one profile made again: how many notebooks, numbers and figures are identical under another condition."""

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import now, sha256
from flarebook.compendium.reports.citation import figure_records
from flarebook.compendium.reports.markdown_tables import MISSING, table
from flarebook.compendium.run import read_metrics

KINDS = ("notebooks", "numbers", "tables", "pictures")
COLUMNS = ["condition", *(f"{kind}{end}" for kind in KINDS for end in ("", "_identical")), "commit", "python"]
COLUMNS += ["threads", "date", "machine"]
CODE = ("src", "notebooks")
NAMELESS = re.compile(r"\bT_[0-9a-f]{5}|\b0x[0-9a-f]{6,}")  # pandas' random name of a table, an object's address


def compare_runs(first, second, study=None):
    """Compare two runs of one profile and commit, item by item: {kind: {name: whether it is identical}}.

    first, second: folders.  study: only this one, where a run holds no other.
    A notebook is identical when every output of every cell is, a number to its last digit, a table and a picture of a
    figure to its last byte.  What only one run has is not identical.
    Raises InputError for a run without figures, and for runs of other code.
    """
    refuse_other_code(first, second)
    kinds = (_notebooks, _numbers, _tables, _pictures)
    found = {}
    for kind, read in zip(KINDS, kinds, strict=True):
        one, two = read(Path(first)), read(Path(second))
        names = [name for name in sorted({*one, *two}) if study in (None, re.split("[/.-]", name)[0])]
        found[kind] = {name: name in one and name in two and one[name] == two[name] for name in names}
    return found


def refuse_other_code(first, second):
    """Raise InputError unless commits that agree in all code and notebooks, none changed since, made both runs."""
    records = [record for folder in (first, second) for record in _records(folder)]
    commits = sorted({record["commit"] or "none" for record in records})
    diff = ["git", "--no-optional-locks", "-C", str(project_root()), "diff", "--quiet"]
    same = [subprocess.run([*diff, commits[0], one, "--", *CODE], capture_output=True) for one in commits[1:]]
    if any(record["dirty"] is not False for record in records) or any(done.returncode for done in same):
        named = ", ".join(commit[:10] for commit in commits)
        raise InputError(
            f"the code of {shown(first)} and {shown(second)} ({named}) differs, is unknown or was changed since its "
            "commit: make both runs from one clean commit, so that only the condition differs"
        )


def row_of(condition, compared, second, machine):
    """Row of the table of repeats, with COLUMNS: counts of what is identical, and how the second run was made.

    compared: of `compare_runs`.  second: folder of that run.  machine: in words.
    """
    counts = {f"{kind}{end}": number for kind in KINDS for end, number in _counts(compared[kind])}
    records = _records(second)
    facts = {"commit": records[0]["commit"][:10], "python": records[0]["versions"]["python"]}
    threads = "/".join(sorted({str(record.get("threads") or "") for record in records}))
    return {"condition": condition, **counts, **facts, "threads": threads, "date": now()[:10], "machine": machine}


def write_row(path, row):
    """Put a row into the table of repeats, in place of an earlier one of that condition."""
    rows = [*(old for old in read_rows(path).to_dict("records") if old["condition"] != row["condition"]), row]
    with atomic_write(path) as partial:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(partial, index=False)


def repeats_file(root, profile):
    """File of the repeats of a profile."""
    return root / "metrics" / f"{profile}-repeats.csv"


def read_rows(path):
    """Table of repeats with COLUMNS as text; empty before any was measured."""
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame(columns=COLUMNS)


def repeat_table(root, profile):
    """Markdown table of a profile's repeats: identical of all, for each condition and kind."""
    rows = [
        (
            row["condition"],
            *(_share(row, kind) for kind in KINDS),
            f"Python {row['python']}, {row['machine']}, {row['date']}, commit {row['commit']}",
        )
        for row in read_rows(repeats_file(root, profile)).to_dict("records")
    ]
    return table(("condition", *KINDS, "run on"), rows) if rows else "*Not measured yet.*"


def _share(row, kind):
    """How many are identical, of how many, and in per cent."""
    same, number = int(row[f"{kind}_identical"]), int(row[kind])
    return f"{same} of {number} ({same / number:.0%})" if number else MISSING


def _counts(found):
    """Ends of two columns and their numbers: of all items, and of those that are identical."""
    return ("", len(found)), ("_identical", sum(found.values()))


def _records(folder):
    """Records of a run's figures.  Raises InputError for a run without any, and the first fault of one."""
    records, faults = figure_records(folder)
    if faults or not records:
        raise InputError(faults[0] if faults else f"{shown(folder)} holds no figures: run its notebooks first")
    return records


def _notebooks(folder):
    """Outputs of the cells of each executed notebook: {name: text}."""
    paths = [path for path in sorted(folder.glob("notebooks/*/*.ipynb")) if not path.stem.endswith(".failed")]
    return {"/".join(path.with_suffix("").parts[-2:]): _outputs(nbformat.read(path, as_version=4)) for path in paths}


def _outputs(notebook):
    """Outputs of an executed notebook as JSON, without the counters of its cells and what NAMELESS matches."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    kept = [{key: value for key, value in output.items() if key != "execution_count"} for output in outputs]
    return NAMELESS.sub("", json.dumps(kept))


def _numbers(folder):
    """Value and spread of each metric: {name: (value, spread)}."""
    return {name: (metric["value"], metric["spread"]) for name, metric in read_metrics(folder).items()}


def _tables(folder):
    """Recorded hash of each figure's data: {id: hash}."""
    return {record["id"]: record["data_sha256"] for record in _records(folder)}


def _pictures(folder):
    """Hash of each figure's PNG: {id: hash}."""
    return {record["id"]: sha256(folder / "figures" / record["files"]["png"]) for record in _records(folder)}
