"""The lock: exact pins of everything that `pyproject.toml` asks for, made from pip's own resolution report."""

import json
import re
import sys
from pathlib import Path

PROJECT = "flarebook"
HEADER = "# Exact versions for Python 3.11, made from pyproject.toml by `make lock`; do not edit by hand.\n"


def canonical(name):
    """A package name as indexes compare it (PEP 503); written out because `make lock` runs before any package is."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_from_report(report):
    """Sorted `name==version` pins of a pip resolution report, the project itself left out.

    report: dict, the JSON that `pip install --dry-run --report` writes.  Local version labels such as `+cpu` are
    dropped, because they name one machine's build and no public index serves them.
    """
    pins = {}
    for package in report["install"]:
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        if canonical(name) != PROJECT:
            pins[canonical(name)] = version.split("+")[0]
    return [f"{name}=={version}" for name, version in sorted(pins.items())]


def write_lock(report_path, lock_path):
    """Write the lock file next to its final name first, so that an interrupted run leaves the old one whole."""
    pins = pins_from_report(json.loads(Path(report_path).read_text()))
    partial = Path(lock_path).with_suffix(".partial")
    partial.write_text(HEADER + "\n".join(pins) + "\n")
    partial.replace(lock_path)
    return len(pins)


def read_lock(lock_path):
    """Pins of a lock file as a dict of canonical name to version."""
    lines = (line.strip() for line in Path(lock_path).read_text().splitlines())
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {name: version for name, version in pairs}


if __name__ == "__main__":
    print(f"{sys.argv[2]}: {write_lock(sys.argv[1], sys.argv[2])} pins")
