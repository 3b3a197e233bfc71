"""Tolerances from a measured spread: the same notebooks with other seeds, three standard deviations."""

import math
import statistics

import yaml

from flarebook.compendium.errors import InputError
from flarebook.compendium.execute import execute
from flarebook.compendium.files import make_folder, whole_file
from flarebook.compendium.gates import gates_file, read_gates
from flarebook.compendium.parameters import known_parameters, nearest, read_profile
from flarebook.compendium.project import project_root
from flarebook.compendium.run import read_metrics

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


def proposed(values, profile):
    """Gates from measured values, {name: list}: the mean, and three standard deviations (at least FLOOR)."""
    gates = {}
    for name, measured in sorted(values.items()):
        if len(measured) < 3:
            continue  # no spread from one or two
        expected = _rounded(statistics.fmean(measured), 4)
        wide, floor = 3 * statistics.stdev(measured), max(FLOOR * abs(expected), 1e-6)
        why = f"3 sd over {len(measured)} seeds of the {profile} profile"
        if wide < floor:
            why = f"{FLOOR:.1%} of the value; 3 sd over {len(measured)} seeds of the {profile} profile are less"
        gates[name] = {"expected": expected, "abs": _rounded_up(max(wide, floor)), "why": why}
    return gates


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
    new = proposed(collect(run_seeds(profile, seeds, entries, report), entries), profile)
    kept = read_gates(profile) if gates_file(profile).is_file() else {}
    gates = {name: gate.model_dump(exclude_none=True) for name, gate in kept.items()} | new
    path = project_root() / "build" / profile / "proposed-gates.yaml"
    with whole_file(path) as partial:
        partial.write_text(as_yaml(gates), encoding="utf-8")
    return path, new


def as_yaml(gates):
    """Gates as YAML, one line each."""
    lines = ["# Expected value, tolerance (abs or rel, never both) and its reason, per metric: `flarebook check`."]
    for name, gate in sorted(gates.items()):
        text = yaml.safe_dump(gate, default_flow_style=True, sort_keys=False, width=1000).strip()
        lines.append(f"{name}: {text}")
    return "\n".join(lines) + "\n"
