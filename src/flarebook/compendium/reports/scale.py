"""Tables of what it takes: the book at each size, the studies at full scale, and the job of a notebook."""

import csv
from itertools import groupby
from operator import itemgetter

import pandas as pd

from flarebook.compendium.reports.markdown_tables import MISSING, NARROW, shown_bytes, table
from flarebook.compendium.validation import read_yaml
from flarebook.compendium.workflow.parameters import SHORT, read_profile

COSTS, CLUSTER = "book/costs.csv", "profiles/slurm/config.yaml"
PROFILE = "paper"
TIMES = ["profile", "minutes", "core_minutes", "memory_mb", "load", "processor", "commit", "date"]
MEASURED = ["notebook", "threads", "minutes", "core_minutes", "memory_mb", "load", "processor"]


def cost_table(root):
    """Costs of the three studies, a table for each work, every number with its kind and its origin.

    root: project folder, whose book/costs.csv scripts/estimate_costs.py writes.
    """
    with open(root / COSTS, newline="", encoding="utf-8") as stream:
        works = [(work, list(rows)) for work, rows in groupby(csv.DictReader(stream), itemgetter("work"))]
    head = ("what", "amount", "kind", "origin")
    shown = {work: [(*_quantity(row), row["kind"], row["origin"]) for row in rows] for work, rows in works}
    return "\n\n".join(f"### {work[0].upper()}{work[1:]}\n\n{table(head, rows)}" for work, rows in shown.items())


def _quantity(row):
    """What is counted, and its amount with the unit."""
    what, _, unit = row["quantity"].removesuffix(")").rpartition(" (")
    if not row["value"]:
        return what, f"{MISSING}{NARROW}{unit}"
    value = float(row["value"])
    if unit == "bytes":
        return what, shown_bytes(value)
    spread = f"{NARROW}±{NARROW}{float(row['spread']):.2g}" if row["spread"] else ""
    return what, f"{value:,.2g}{spread}{NARROW}{unit}" if value < 100 else f"{value:,.0f}{spread}{NARROW}{unit}"


def resource_table(root):
    """What the jobs of each notebook of the paper profile may use on SLURM: cores, memory, time, GPUs, parts."""
    settings, rows = read_yaml(root / CLUSTER), []
    for name, entry in read_profile(PROFILE).notebooks.items():
        rule = name.replace("/", "_").replace("-", "_")
        cores = settings["set-threads"].get(rule, entry.threads)
        gpus = settings["set-resources"].get(rule, {}).get("gres", MISSING)
        rows.append((name, cores, _gigabytes(entry), f"{entry.minutes / 60:g}", gpus, _part(entry.parts)))
    return table(("notebook", "cores", "memory [GB]", "hours", "GPUs", "a job of a part"), rows)


def measured_file(root, profile):
    """File of what the notebooks of a profile took, which scripts/measure_notebooks.py writes."""
    return root / "metrics" / f"{profile}-costs.csv"


def read_measured(path):
    """Table of what notebooks took, with the columns MEASURED; empty before any was measured."""
    return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=MEASURED)


def measured_table(root):
    """What each notebook of the paper profile took, whole or of few steps; dashes where neither ran.

    root: project folder, whose metrics/paper-costs.csv and paper-short-costs.csv scripts/measure_notebooks.py writes.
    """
    runs = {"few steps": f"{PROFILE}-{SHORT}", "whole": PROFILE}
    tables = [read_measured(measured_file(root, run)).assign(run=name) for name, run in runs.items()]
    taken = {row.notebook: row for rows in tables for row in rows.itertuples()}  # a whole run takes the place
    rows = [(name, *_measured(taken.get(name))) for name in read_profile(PROFILE).notebooks]
    head = ("notebook", "run", "threads", "minutes", "core-minutes", "memory [GB]", "load")
    machines = sorted({row.processor for row in taken.values()})
    few = " Rows named *few steps* were measured with fewer training steps." * any("few steps" in row for row in rows)
    return f"{table(head, rows)}\n\nProcessor: {'; '.join(machines) or MISSING}.{few}"


def times_file(root):
    """File of what `make book` took, which scripts/measure_book.py writes."""
    return root / "metrics" / "book-times.csv"


def read_times(path):
    """Table of what whole books took, with the columns TIMES; empty before any was measured."""
    return pd.read_csv(path, dtype={"commit": str}) if path.is_file() else pd.DataFrame(columns=TIMES)


def times_table(root):
    """What `make book` took from nothing at each size, the environment aside, with the processor."""
    rows = [
        (f"*{row.profile}*", f"{row.minutes:.0f}", f"{row.core_minutes:.0f}", _gigabytes(row), f"{row.load:.1f}",
         row.processor, row.date) for row in read_times(times_file(root)).itertuples()
    ]  # fmt: skip
    return table(("profile", "minutes", "core-minutes", "memory [GB]", "load before", "processor", "day"), rows)


def _measured(row):
    """Numbers of a row of what was measured, as text; dashes for none."""
    if row is None:
        return (MISSING,) * 6
    return row.run, row.threads, f"{row.minutes:.1f}", f"{row.core_minutes:.1f}", _gigabytes(row), f"{row.load:.1f}"


def _gigabytes(entry):
    """Memory of a job in GB."""
    return f"{entry.memory_mb / 1000:.3g}"


def _part(part):
    """What the job of a part may use."""
    return f"{_gigabytes(part)} GB, {part.minutes} min" if part else MISSING


TABLES = {  # by the names under which pages call them; each takes the project folder
    "book-times": times_table,
    "cost-table": cost_table,
    "measured-table": measured_table,
    "resource-table": resource_table,
}
