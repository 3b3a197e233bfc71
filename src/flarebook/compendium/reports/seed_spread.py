"""Tolerances from measured spreads: over other seeds, and over processors where rounding is amplified."""

import math
import statistics

import yaml

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.reports.gates import gates_file, read_gates
from flarebook.compendium.reports.processors import RANGES, read_scatter
from flarebook.compendium.run import read_metrics
from flarebook.compendium.validation import nearest
from flarebook.compendium.workflow.execute import execute
from flarebook.compendium.workflow.parameters import known_parameters, read_profile

NARROW = 0.05  # of a score that the seeds scatter more widely: one that let nearly any value pass would guard nothing
FLOOR = 0.005  # share of the expected value: rounding and other processors move a metric that no seed moves


def chosen(profile, study=None, notebooks=(), start_from=None):
    """Notebooks of a profile to run: all, one study's, those named, or those from one on.

    Returns {name: Entry} in the profile's order.  Raises InputError for a name that the profile lacks.
    """
    entries = read_profile(profile, study).notebooks
    for name in (*notebooks, *filter(None, [start_from])):
        if name not in entries:
            raise InputError(
                f"profile {profile} has no notebook {name!r}{nearest(name, entries)}: see `flarebook list`"
            )
    names = list(entries)
    names = names[names.index(start_from) :] if start_from else names
    return {name: entries[name] for name in names if not notebooks or name in notebooks}


def run_seeds(profile, seeds, entries, report=lambda text: None):
    """Run notebooks with each seed into build/<profile>-seeds/<seed>; what is there already is kept.

    seeds: iterable of int.  entries: {name: Entry}.  report: called with a line before each notebook.
    Earlier steps outside `entries` are taken from build/<profile>.  Returns the folders.
    """
    folders = [make_folder(project_root() / "build" / f"{profile}-seeds" / str(seed)) for seed in seeds]
    for seed, folder in zip(seeds, folders, strict=True):
        for name, entry in entries.items():
            report(f"seed {seed}: {name}")
            if (folder / "results" / name / "sha256.json").is_file():
                continue
            _borrow(folder, profile, [step for step in entry.after if step not in entries])
            seeded = {"seed": seed} if "seed" in known_parameters(name) else {}
            execute(name, folder, {**entry.parameters, **seeded})
    return folders


def _borrow(folder, profile, steps):
    """Link earlier steps' results of the profile's own run into a seed's folder."""
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


def proposed(values, profile, scatter=None):
    """Gates from measured values, {name: list}: the first seed's value, and one sd of them all.

    A run with its own seed repeats its numbers nearly to the last digit, so a number that moves by as much as another
    seed would move it has moved for a reason.  What rounding on another processor moves further than that is given room
    for it: scatter, {name: (range, runs)} over processors (processors.read_scatter).
    """
    gates = {}
    for name, measured in sorted(values.items()):
        if len(measured) >= 3:  # no spread from one or two
            why = f"1 sd over {len(measured)} seeds of the {profile} profile"
            gates[name] = _gate(measured[0], statistics.stdev(measured), why, _is_score(measured))
            _widen(gates[name], (scatter or {}).get(name))
    return gates


def _widen(gate, scatter):
    """Give a gate room for the scatter over processors, (range, runs), where its tolerance has less."""
    if scatter and RANGES * scatter[0] > gate["abs"]:
        gate["why"] = f"{RANGES:g} ranges over {scatter[1]} processor settings, which rounding explains; {gate['why']}"
        gate["abs"] = _rounded_up(RANGES * scatter[0])


def borrowed(metrics, values, profile, scatter=None):
    """Gates of one run with the spread of a profile's seeds, for sizes that are too long to run ten times.

    metrics: {name: value} of the run.  values: {name: list} over the seeds of `profile`.  Where a metric grows with the
    size of the run, as an F-score does, the spread is taken to grow in proportion.
    """
    gates = {}
    for name, value in sorted(metrics.items()):
        measured = values.get(name, [])
        if value is None or len(measured) < 3:
            continue  # no spread from one or two
        score = _is_score(measured)
        growth = 1.0 if score else max(1.0, abs(value / (statistics.fmean(measured) or value or 1.0)))
        why = f"1 sd over {len(measured)} seeds of the {profile} profile"
        why += ", in proportion to the value" if growth > 1.5 else ""
        gates[name] = _gate(value, statistics.stdev(measured) * growth, why, score)
        _widen(gates[name], (scatter or {}).get(name))
    return gates


def _is_score(measured):
    """Whether all values lie between -1 and 1, as those of a score do."""
    return max(map(abs, measured)) <= 1


def _gate(value, spread, why, score):
    """A gate about a value, no narrower than FLOOR and, for a score between -1 and 1, no wider than NARROW."""
    expected = _rounded(value, 4)
    floor = max(FLOOR * abs(expected), 1e-6)
    if spread < floor:
        spread, why = floor, f"{FLOOR:.1%} of the value; {why} is less"
    if score and spread > NARROW:
        spread, why = NARROW, f"{NARROW}; {why} is {spread:.2f}, too wide to guard"
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
    seeds = list(seeds)
    values = collect(run_seeds(profile, seeds, entries, report), entries)
    return write_proposal(profile, proposed(values, profile, read_scatter(profile)))


def propose_with_spread_of(other, profile, entries):
    """Write a proposal for a profile that was run once, its tolerances from the seeds of another that were run before.

    Returns the path and the proposed gates.  Raises InputError when either run is missing.
    """
    folders = sorted((project_root() / "build" / f"{other}-seeds").glob("[0-9]*"))
    measured = {
        name: metric["value"]
        for name, metric in read_metrics(project_root() / "build" / profile).items()
        if metric["notebook"] in entries
    }
    new = borrowed(measured, collect(folders, entries), other, read_scatter(profile))
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
    gates = {name: gate.model_dump(exclude_none=True) for name, gate in kept.items()} | new
    path = project_root() / "build" / profile / "proposed-gates.yaml"
    with atomic_write(path) as partial:
        partial.write_text(as_yaml(gates), encoding="utf-8")
    return path, new


def as_yaml(gates):
    """Gates as YAML, one line each."""
    lines = ["# Expected value, tolerance (abs or rel, never both) and its reason, per metric: `flarebook check`."]
    for name, gate in sorted(gates.items()):
        text = yaml.safe_dump(gate, default_flow_style=True, sort_keys=False, width=1000).strip()
        lines.append(f"{name}: {text}")
    return "\n".join(lines) + "\n"
