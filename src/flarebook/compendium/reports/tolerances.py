"""Tolerances from measured spreads: over other seeds, and over processors where rounding is amplified.

A sum of floating-point numbers depends on its order, and the order on the width of the processor's vectors and on the
number of threads.  Most metrics move in their seventh digit.  A few amplify it: shares of a few queries after a
training that learned nothing, scores at a threshold chosen among a few days, numbers of clusters.  Their tolerances
rest on this scatter.
"""

import math
import statistics

import pandas as pd
import yaml

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.reports.findings import DEVIATIONS, references
from flarebook.compendium.reports.gates import gates_file, read_gates
from flarebook.compendium.run import read_metrics
from flarebook.compendium.staging import environment
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.execute import execute
from flarebook.compendium.workflow.parameters import known_parameters, read_profile

NARROW = 0.05  # of a score that the seeds scatter more widely: one that let nearly any value pass would guard nothing
FLOOR = 0.005  # share of the expected value: rounding and other processors move a metric that no seed moves
RANGES = 2.0  # tolerance in ranges of the runs: the range of three or four is about two standard deviations
ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
SETTINGS = {  # environment variables by which torch, oneDNN, MKL, OpenBLAS and numpy take other instructions
    "as it is": ONE_THREAD,
    "sse": {
        **ONE_THREAD,
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    },
    "avx-two threads": {
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "MKL_ENABLE_INSTRUCTIONS": "AVX",
        "OPENBLAS_CORETYPE": "Sandybridge",
        "OMP_NUM_THREADS": "2",
        "NUMBA_NUM_THREADS": "2",
    },
}


def chosen(profile, study=None, notebooks=(), start_from=None):
    """Notebooks of a profile to run: all, one study's, those named, or those from one on.

    Returns {name: Entry} in the profile's order.  Raises InputError for a name that the profile lacks.
    """
    entries = read_profile(profile, study).notebooks
    for name in (*notebooks, *filter(None, [start_from])):
        check_known(name, entries, f"profile {profile} has no notebook", "see `flarebook list`")
    names = list(entries)
    names = names[names.index(start_from) :] if start_from else names
    return {name: entries[name] for name in names if not notebooks or name in notebooks}


def run_seeds(profile, seeds, entries, report=lambda text: None):
    """Run notebooks with each seed into build/<profile>-seeds/<seed>; see `repeat_runs`."""
    variants = {str(seed): ({"seed": seed}, {}) for seed in seeds}
    return repeat_runs(profile, "seeds", variants, entries, report)


def run_settings(profile, entries, report=lambda text: None):
    """Run notebooks under each of SETTINGS into build/<profile>-processors/<setting>; see `repeat_runs`."""
    variants = {setting: ({}, variables) for setting, variables in SETTINGS.items()}
    return repeat_runs(profile, "processors", variants, entries, report)


def repeat_runs(profile, kind, variants, entries, report=lambda text: None):
    """Run a profile's notebooks once per variant into build/<profile>-<kind>/<variant>; finished ones are kept.

    variants: {name: (parameters, environment variables)}; a notebook takes those of the parameters that it has.
    entries: {name: Entry}.  report: called with a line before each notebook.
    Earlier steps outside `entries` are taken from build/<profile>.  Returns the folders.
    """
    folders = []
    for variant, (parameters, variables) in variants.items():
        folder = make_folder(project_root() / "build" / f"{profile}-{kind}" / variant)
        folders.append(folder)
        for name, entry in entries.items():
            report(f"{kind} {variant}: {name}")
            if (folder / "results" / name / "sha256.json").is_file():
                continue
            _borrow(folder, profile, [step for step in entry.after if step not in entries])
            known = known_parameters(name)
            own = {key: value for key, value in parameters.items() if key in known}
            with environment(variables):
                execute(name, folder, {**entry.parameters, **own})
    return folders


def _borrow(folder, profile, steps):
    """Link earlier steps' results of the profile's own run into the folder of a repeated run."""
    for step in steps:
        source = project_root() / "build" / profile / "results" / step
        link = folder / "results" / step
        if not (source / "sha256.json").is_file():
            raise InputError(f"build/{profile} lacks the results of {step}: run the profile first, or include {step}")
        if not link.exists():
            make_folder(link.parent)
            link.symlink_to(source, target_is_directory=True)


def collect(folders, entries):
    """Values of each metric over runs: {name: list of finite float}, only of the notebooks in `entries`."""
    values = {}
    for folder in folders:
        for name, metric in read_metrics(folder).items():
            if metric["notebook"] in entries and metric["value"] is not None:
                values.setdefault(name, []).append(metric["value"])
    return values


def scatter_file(profile):
    """File that holds the measured scatter of a profile's metrics."""
    return project_root() / "metrics" / f"{profile}-processors.csv"


def write_scatter(profile, values):
    """Write a profile's scatter file from runs on other processors, {metric: list}, with its own seed.

    Metrics that no run moves by more than a millionth are omitted; what the file holds of other metrics is kept.
    """
    rows = {name: (min(v), max(v), len(v)) for name, v in sorted(values.items()) if len(v) > 1}
    moved = [(name, *row) for name, row in rows.items() if row[1] - row[0] > 1e-6 * max(map(abs, row[:2]))]
    table = pd.DataFrame(moved, columns=["metric", "lowest", "highest", "runs"])
    table = table.astype({"lowest": float, "highest": float, "runs": int})  # an empty table has no types of its own
    if scatter_file(profile).is_file():
        earlier = pd.read_csv(scatter_file(profile))
        table = pd.concat([table, earlier[~earlier["metric"].isin(list(values))]])
    with atomic_write(scatter_file(profile)) as path:
        table.sort_values("metric").to_csv(path, index=False, float_format="%.6g")


def read_scatter(profile):
    """Measured scatter of a profile's metrics, {metric: (range, runs)}; empty before any was measured."""
    if not scatter_file(profile).is_file():
        return {}
    table = pd.read_csv(scatter_file(profile), index_col="metric")
    return dict(zip(table.index, zip(table["highest"] - table["lowest"], table["runs"], strict=True), strict=True))


def proposed(values, profile, scatter=None):
    """Gates from measured values, {name: list}: the first seed's value, and one sd of them all, three for a finding.

    A run with its own seed repeats its numbers nearly to the last digit, so a number that moves by as much as another
    seed would move it has moved for a reason.  What rounding on another processor moves further than that is given room
    for it: scatter, {name: (range, runs)} over processors (`read_scatter`).
    """
    scatter, found = scatter or {}, references(values, profile)
    return {
        name: _gate(measured[0], measured, profile, scatter.get(name), science=name in found)
        for name, measured in sorted(values.items())
        if len(measured) >= 3  # no spread from one or two
    }


def borrowed(metrics, values, profile, scatter=None):
    """Gates of one run with the spread of a profile's seeds, for sizes that are too long to run ten times.

    metrics: {name: value} of the run.  values: {name: list} over the seeds of `profile`.  Where a metric grows with the
    size of the run, as an F-score does, the spread is taken to grow in proportion.
    """
    scatter, found = scatter or {}, references(metrics, profile)
    return {
        name: _gate(value, values[name], profile, scatter.get(name), grows=True, science=name in found)
        for name, value in sorted(metrics.items())
        if value is not None and len(values.get(name, [])) >= 3
    }


def recorded(metrics, gates):
    """Gates of one run with the tolerances that another profile's gates record, where its seeds' runs are not here.

    metrics: {name: value} of the run.  gates: {name: Gate} of the other profile.  The tolerance of what is no score
    grows with the value, as in `borrowed`, to the value at most: the ratio to one near zero says nothing.
    """
    new = {}
    for name in sorted(metrics.keys() & gates.keys()):
        gate, value = gates[name], metrics[name]
        score = max(abs(value), abs(gate.expected)) <= 1
        growth = 1.0 if score or gate.fixed else max(1.0, abs(value / (gate.expected or value)))
        why = gate.why + (", in proportion to the value" if growth > 1.5 and "in proportion" not in gate.why else "")
        tolerance = min(growth * gate.tolerance, max(gate.tolerance, abs(value))) or 1e-6
        new[name] = {"expected": _rounded(value, 4), "abs": _rounded_up(tolerance), "why": why}
        new[name] |= gate.model_dump(include={"fixed", "edition"}, exclude_none=True)
    return new


def _gate(value, measured, profile, scatter=None, grows=False, science=False):
    """A gate about a value, no narrower than FLOOR and, for a score between -1 and 1, no wider than NARROW.

    measured: over the seeds.  scatter: (range, runs) over processors, for which a gate has room in any case.
    grows: whether the spread of what is no score grows with the value.  science: whether a finding rests on it; then
    the tolerance is DEVIATIONS of the seeds, however wide.
    """
    expected, score = _rounded(value, 4), max(map(abs, measured)) <= 1
    growth = max(1.0, abs(value / (statistics.fmean(measured) or value or 1.0))) if grows and not score else 1.0
    sd = DEVIATIONS if science else 1
    spread = sd * statistics.stdev(measured) * growth
    why = f"{sd} sd over {len(measured)} seeds of the {profile} profile"
    why += ", in proportion to the value" if growth > 1.5 else ""
    floor = max(FLOOR * abs(expected), 1e-6)
    if spread < floor:
        spread, why = floor, f"{FLOOR:.1%} of the value; {why} is less"
    if score and spread > NARROW and not science:
        spread, why = NARROW, f"{NARROW}; {why} is {spread:.2f}, too wide to guard"
    if scatter and RANGES * scatter[0] > _rounded_up(spread):
        spread = RANGES * scatter[0]
        why = f"{RANGES:g} ranges over {scatter[1]} processor settings, which rounding explains; {why}"
    return {"expected": expected, "abs": _rounded_up(spread), "why": why}


def _rounded(value, digits):
    """Value rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def _rounded_up(value):
    """Value rounded up to two significant digits."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return _rounded(math.ceil(value / unit - 1e-9) * unit, 2)


def propose(profile, seeds, entries, report=lambda text: None):
    """Run the seeds and write build/<profile>/proposed-gates.yaml, with the present gates of other notebooks.

    seeds: iterable of int.  Returns the path and the proposed gates.
    """
    values = collect(run_seeds(profile, seeds, entries, report), entries)
    return write_proposal(profile, proposed(values, profile, read_scatter(profile)))


def propose_with_spread_of(other, profile, entries):
    """Write a proposal for a profile that was run once, its tolerances from the seeds of another that were run before.

    Without those seeds' runs, the tolerances are those of its gates.  Returns the path and the proposed gates.
    Raises InputError when a run is missing.
    """
    folders = sorted((project_root() / "build" / f"{other}-seeds").glob("[0-9]*"))
    measured = {name: values[0] for name, values in collect([project_root() / "build" / profile], entries).items()}
    new = borrowed(measured, collect(folders, entries), other, read_scatter(profile))
    new = new or recorded(measured, read_gates(other))
    if not new:
        raise InputError(
            f"no spread to borrow: run `flarebook gates --profile {other}` and `make book PROFILE={profile}` first"
        )
    return write_proposal(profile, new)


def write_proposal(profile, new):
    """Write new gates, and the present gates of other metrics, as build/<profile>/proposed-gates.yaml.

    Returns the path and the new gates.
    """
    kept = read_gates(profile) if gates_file(profile).is_file() else {}
    gates = written(kept)
    fixed = {name: {key: gate[key] for key in ("fixed", "edition") if key in gate} for name, gate in gates.items()}
    gates |= {name: gate | fixed.get(name, {}) for name, gate in new.items()}
    path = project_root() / "build" / profile / "proposed-gates.yaml"
    with atomic_write(path) as partial:
        partial.write_text(as_yaml(gates), encoding="utf-8")
    return path, new


def written(gates):
    """Gates as they are written: {metric: {field: value}}."""
    return {name: gate.model_dump(exclude_none=True) for name, gate in gates.items()}


def as_yaml(gates):
    """Gates as YAML, one line each."""
    lines = ["# Expected value, tolerance (abs or rel, never both) and its reason, per metric: `flarebook check`."]
    for name, gate in sorted(gates.items()):
        text = yaml.safe_dump(gate, default_flow_style=True, sort_keys=False, width=1000).strip()
        lines.append(f"{name}: {text}")
    return "\n".join(lines) + "\n"
