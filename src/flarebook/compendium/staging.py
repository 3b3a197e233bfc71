"""Runs that are whole or absent: written to a folder of their own, put in place of the earlier run at their end."""

import contextlib
import os
from pathlib import Path

from pydantic import RootModel

from flarebook.compendium.atomic_files import atomic_write, make_folder, own_folder, writing
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import STAGING, split_name
from flarebook.compendium.provenance import FIGURE_ID, read_record, sha256, to_json
from flarebook.compendium.validation import read_json, validated

CHECKSUMS = "sha256.json"  # of a step's results: what later steps depend on
Checksums = RootModel[dict[str, str]]  # content of that file: {file: hash}


@contextlib.contextmanager
def staged_run(notebook, output):
    """Give the run that `open_run` opens inside a folder of its own; it takes its place when the block succeeds.

    notebook: "iris/6-classifiers"; output: Path of the run's folder.  Yields the folder, in which the executed
    notebook may be written as <step>.ipynb.  Until the end, and when the block fails, is killed or interrupted, the
    earlier run stays as it was.
    Raises InputError for an unwritable folder, a block that opened no run, or another process that runs the same
    notebook into the same output.
    """
    study, step = split_name(notebook)
    with own_folder(output / f"{study}-{step}") as staging, writing(output):
        with environment({STAGING: str(staging)}):
            yield staging
        _write_checksums(staging / "results" / study / step)
        _put_in_place(staging, output, study, step)


@contextlib.contextmanager
def environment(variables):
    """Set environment variables, {name: text}, for what is started inside; then restore their values."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _write_checksums(folder):
    """Write sha256.json, {file: hash}, of a step's results: what later steps depend on."""
    if not (folder / "metrics.json").is_file():
        name = "/".join(folder.parts[-2:])
        raise InputError(f"notebook {name} made no run: call open_run in its second code cell")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != CHECKSUMS]
    hashes = {str(path.relative_to(folder)): sha256(path) for path in files if not path.name.startswith(".")}
    with atomic_write(folder / CHECKSUMS) as path:
        path.write_text(to_json(hashes), encoding="utf-8")


def recorded_hash(folder, file):
    """SHA-256 of a step's result as its run recorded it; computed where the run recorded none.

    folder: of the step's results.  file: name in it.
    """
    path = Path(folder) / CHECKSUMS
    hashes = validated(Checksums, read_json(path), path).root if path.is_file() else {}
    return hashes.get(file) or sha256(Path(folder) / file)


def _put_in_place(staging, output, study, step):
    """Put a step's results, figures and notebook in place of its earlier ones; the checksums tell, last, that all are.

    staging: folder of the run.
    """
    new, old = staging / "results" / study / step, output / "results" / study / step
    os.replace(new / CHECKSUMS, staging / CHECKSUMS)
    if make_folder(old.parent) and old.exists():
        os.replace(old, staging / "earlier")
    os.replace(new, old)
    published = sorted((staging / "figures").iterdir())
    _remove_figures(make_folder(output / "figures"), f"notebooks/{study}/{step}.ipynb")
    for path in published:
        os.replace(path, output / "figures" / path.name)
    if (executed := staging / f"{step}.ipynb").is_file():
        os.replace(executed, make_folder(output / "notebooks" / study) / executed.name)
    os.replace(staging / CHECKSUMS, old / CHECKSUMS)


def _remove_figures(folder, notebook):
    """Remove the figures that a notebook published; a record names no other file than those of its own figure."""
    for path in folder.glob("*.json"):
        with contextlib.suppress(InputError):  # another's file
            if FIGURE_ID.fullmatch(path.stem) and read_record(folder, path.stem)["notebook"] == notebook:
                for file in folder.glob(f"{path.stem}.*"):
                    file.unlink(missing_ok=True)
