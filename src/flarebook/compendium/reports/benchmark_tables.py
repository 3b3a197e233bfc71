"""The benchmarks page: races against another package, and this package's own targets, each with its verdict."""

import json
import re
from pathlib import Path

from flarebook.compendium.reports.gate_tables import NONE
from flarebook.compendium.reports.markdown_tables import table

RESULTS = ("build/bench/results.json", "benchmarks/results.json")  # of this machine, else those of the project
TARGET = re.compile(r"^(?:target|promised)(?: rate,| of)? ")  # peer of a record that nobody else ran in
OWN = re.compile(r"^our own ")  # peer that is code of this project, written in the obvious way
FACTS = ("range", "runs", "machine")


def benchmark_table(root):
    """Markdown of both tables, below how many goals were reached and which were missed.

    root: project folder, whose own results of `make bench` take the place of the shipped ones.
    """
    path = next((Path(root) / name for name in RESULTS if (Path(root) / name).is_file()), None)
    if path is None:
        return "No benchmark has run yet: `make bench` writes this table."
    results = json.loads(path.read_text(encoding="utf-8"))
    own = [result for result in results if OWN.match(result["peer"])]
    races = [result for result in results if not (TARGET.match(result["peer"]) or OWN.match(result["peer"]))]
    targets = [result for result in results if TARGET.match(result["peer"])]
    parts = [_summary(results)]
    head = ("benchmark", "goal", "ratio", "against", *FACTS)
    for title, found in (("Against other packages", races), ("Against code of our own", own)):
        parts += [f"## {title}", table(head, [_row(result) for result in found])] if found else []
    if targets:
        head = ("benchmark", "target", "target over measured", "the target", *FACTS)
        parts += ["## Against targets of this package", table(head, [_row(result) for result in targets])]
    return "\n\n".join(parts)


def is_missed(result):
    """Whether a benchmark's median ratio stays below its goal."""
    return result["goal"] is not None and result["ratio"] < result["goal"]


def _summary(results):
    """How many goals were reached, and the names of the others."""
    goals = [result for result in results if result["goal"] is not None]
    missed = [f"`{result['id']}`" for result in goals if is_missed(result)]
    text = f"**{len(goals) - len(missed)} of {len(goals)} goals were reached.**"
    return f"{text} Missed: {', '.join(missed)}." if missed else text


def _row(result):
    """One line of either table."""
    goal = NONE if result["goal"] is None else f"{result['goal']:.3g}"
    verdict = f"**missed** ({goal})" if is_missed(result) else goal
    ratio, low, high = (_shown(result[name]) for name in ("ratio", "low", "high"))
    against = TARGET.sub("", result["peer"])
    return f"`{result['id']}`", verdict, ratio, against, f"{low} to {high}", result["n"], result["machine"]


def _shown(ratio):
    """A ratio to two decimals, to none from ten on."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
