"""Run `python -m benchmarks [part of a name ...]` from the repository's root; writes build/bench/results.json."""

import importlib
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.project import project_root


def main(wanted):
    """Run the benchmark modules whose name holds one of the wanted words, all by default; earlier results stay."""
    out = project_root() / "build" / "bench" / "results.json"
    known = {entry["id"]: entry for entry in json.loads(out.read_text(encoding="utf-8"))} if out.is_file() else {}
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if wanted and not any(word in path.stem for word in wanted):
            continue
        for entry in importlib.import_module(f"benchmarks.{path.stem}").run():
            known[entry["id"]] = entry
            with atomic_write(out) as partial:
                partial.write_text(json.dumps([known[id] for id in sorted(known)], indent=1), encoding="utf-8")
    show(known.values())


def show(entries):
    """Print the results as a table."""
    table = Table("benchmark", "against", "ratio", "range", "goal", title="build/bench/results.json")
    for entry in entries:
        span = f"{entry['low']:.2f}-{entry['high']:.2f}"
        verdict = "green" if entry["ratio"] >= entry["goal"] else "red"
        ratio = f"[{verdict}]{entry['ratio']:.2f}[/]"
        table.add_row(entry["id"], entry["peer"], ratio, span, f"{entry['goal']:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
