"""How far rounding moves a metric: the same notebooks under other instruction sets and numbers of threads.

A sum of floating-point numbers depends on its order, and the order on the width of the processor's vectors and on the
number of threads.  Most metrics move in their seventh digit.  A few amplify it: shares of a few queries after a
training that learned nothing, scores at a threshold chosen among a few days, numbers of clusters.  Their tolerances
rest on this scatter.
"""

import csv

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.project import project_root
from flarebook.compendium.run import read_metrics
from flarebook.compendium.workflow.execute import environment, execute

SETTINGS = {  # environment variables by which torch, oneDNN, MKL, OpenBLAS and numpy take other instructions
    "as it is": {},
    "sse": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    },
    "avx, two threads": {
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "MKL_ENABLE_INSTRUCTIONS": "AVX",
        "OPENBLAS_CORETYPE": "Sandybridge",
        "OMP_NUM_THREADS": "2",
        "NUMBA_NUM_THREADS": "2",
    },
}
COLUMNS = ("metric", "lowest", "highest", "runs")
RANGES = 2.0  # tolerance in ranges of the runs: the range of three or four is about two standard deviations


def run_settings(profile, entries, report=lambda text: None):
    """Run a profile's notebooks under each of SETTINGS into build/<profile>-processors; finished ones are kept.

    entries: {name: Entry}, each with those it comes after.  report: called with a line before each notebook.
    Returns the folders.
    """
    folders = []
    for setting, variables in SETTINGS.items():
        folders.append(make_folder(project_root() / "build" / f"{profile}-processors" / setting.replace(", ", "-")))
        with environment({"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", **variables}):
            for name, entry in entries.items():
                report(f"{setting}: {name}")
                if not (folders[-1] / "results" / name / "sha256.json").is_file():
                    execute(name, folders[-1], entry.parameters)
    return folders


def scatter_file(profile):
    """File that holds the measured scatter of a profile's metrics."""
    return project_root() / "metrics" / f"{profile}-processors.csv"


def write_scatter(profile, folders):
    """Write a profile's scatter file from runs on other processors; returns {metric: (lowest, highest, runs)}.

    folders: of runs with the profile's own seed.  Metrics that no run moves by more than a millionth are left out.
    """
    values = {}
    for folder in folders:
        for name, metric in read_metrics(folder).items():
            if metric["value"] is not None:
                values.setdefault(name, []).append(metric["value"])
    found = {name: (min(some), max(some), len(some)) for name, some in sorted(values.items()) if len(some) > 1}
    moved = {name: row for name, row in found.items() if row[1] - row[0] > 1e-6 * max(map(abs, row[:2]))}
    with atomic_write(scatter_file(profile)) as path, path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((name, f"{low:.6g}", f"{high:.6g}", runs) for name, (low, high, runs) in moved.items())
    return moved


def read_scatter(profile):
    """Measured scatter of a profile's metrics, {metric: (range, runs)}; empty before any was measured."""
    path = scatter_file(profile)
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["metric"]: (float(row["highest"]) - float(row["lowest"]), int(row["runs"])) for row in rows}
