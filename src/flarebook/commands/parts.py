"""The commands `flarebook parts ...`: the data of a notebook made in parts, one job each, then gathered."""

import os
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.batch_report import counted, print_line, report_skipped
from flarebook.compendium.errors import InputError, plain

HELP = "Parts of a notebook's data: one job each, on this machine, by Snakemake or on a Dask cluster."
app = typer.Typer(no_args_is_help=True, help=HELP)
Target = Annotated[str, typer.Argument(metavar="STUDY|NOTEBOOK", help="Study, or notebook as STUDY/STEP.")]
Profile = Annotated[str, typer.Option(help="Profile, or its run on real data: paper, paper-real.")]
Output = Annotated[str | None, typer.Option(help="Folder of the run.", show_default="build/PROFILE")]
Parameter = Annotated[list[str] | None, typer.Option("-p", "--parameter", help="Parameter NAME=VALUE; repeatable.")]


def study_parts(study):
    """Module flarebook.<study>.parts, which names and makes the parts; InputError for a study without one."""
    try:
        return import_module(f"flarebook.{study}.parts")
    except ModuleNotFoundError as error:
        if not f"flarebook.{study}.parts".startswith(error.name or "?"):
            raise
        raise InputError(f"there is no study {study!r} whose data are made in parts: see `flarebook list`") from error


def opened(target, profile, output, assignments=()):
    """Yield (notebook, module, store) of a notebook with parts, or of all those of a study."""
    from flarebook.compendium.data.parts import PartStore
    from flarebook.compendium.project import in_project
    from flarebook.compendium.validation import check_known
    from flarebook.compendium.workflow.parameters import all_values, from_text, read_profile
    from flarebook.compendium.workflow.parts import parts_folder

    module, entries = study_parts(target.partition("/")[0]), read_profile(profile).notebooks
    if "/" in target:
        check_known(target, module.NOTEBOOKS, "there are no parts of", f"known are {', '.join(module.NOTEBOOKS)}")
    for notebook in [target] if "/" in target else module.NOTEBOOKS:
        values = {**entries[notebook].parameters, **from_text(notebook, assignments or [])}
        parameters = module.part_settings(notebook, all_values(notebook, values))
        folder = parts_folder(in_project(output or f"build/{profile}"), notebook)
        yield notebook, module, PartStore(folder, parameters, getattr(module, "SUFFIX", ".parquet"))


@app.command("list")
def list_parts(
    target: Target,
    profile: Profile = "paper",
    output: Output = None,
    p: Parameter = None,
    names: Annotated[Path | None, typer.Option(help="JSON file of the names.", show_default="none")] = None,
):
    """List the parts of a notebook, and which are made.

    Example: flarebook parts list iris/3-observations --profile paper-real
    """
    from flarebook.commands.tables import show
    from flarebook.compendium.atomic_files import atomic_write
    from flarebook.compendium.provenance import to_json

    rows, found = [], []
    for notebook, module, store in opened(target, profile, output, p):
        expected, there = module.part_names(store.parameters), set(store.names())
        rows += [(notebook, name, *_state(store, name, name in there)) for name in expected]
        found += expected
    if names:
        with atomic_write(names) as path:
            path.write_text(to_json(found), encoding="utf-8")
        return
    show(f"Parts of {target}, profile {profile}", ("notebook", "part", "rows", "state"), rows)


def _state(store, name, is_there):
    """Rows and state of a part, for a table."""
    if not is_there:
        return "", "missing"
    try:
        record = store.check(name)
    except InputError as error:
        return "", str(error)
    return record.get("rows", ""), record.get("skipped") or "made"


@app.command()
def make(
    target: Target,
    profile: Profile = "paper",
    output: Output = None,
    p: Parameter = None,
    only: Annotated[list[str] | None, typer.Option(help="Part; repeatable.", show_default="all missing")] = None,
    jobs: Annotated[int | None, typer.Option(help="Parts at a time.", show_default="all cores", min=1)] = None,
):
    """Make the parts of a notebook that are missing; what is there is kept, so that it may be stopped and run again.

    Where FLAREBOOK_SCHEDULER names a Dask scheduler (tcp://...), its workers make them; they need the same folder.
    An observation that is not available becomes a part without rows, and is tried again by the next call.
    A part that cannot be made is reported and skipped; the exit code is then 2.

    Example: flarebook parts make iris/3-observations --profile paper-real --jobs 2
    """
    from flarebook.compendium.progress import step_progress
    from flarebook.compendium.workflow.parts import make_parts

    os.environ.setdefault("NUMBA_NUM_THREADS", "1" if jobs != 1 else "2")  # a worker has one core
    reasons = []
    for notebook, module, store in opened(target, profile, output, p):
        wanted = only or unmade_parts(store, module.part_names(store.parameters))  # a job need not list them all
        if size := getattr(module, "part_size", None):  # the largest first, so that the last ones to end are small
            wanted = sorted(wanted, key=size, reverse=True)
        with step_progress(len(wanted), notebook) as report:
            reasons += make_parts(module.make_part, wanted, store.parameters, store, "processes", jobs, report)
        done = set(store.names()) & set(wanted)
        empty = [sentence for name in sorted(done) if (sentence := store.check(name).get("skipped"))]
        for sentence in empty:
            typer.secho(f"note: {plain(sentence)}", err=True)
        without = f", {len(empty)} of them without data" if empty else ""
        print_line(f"{counted(len(done), 'part')} of {notebook} made in {store.folder}{without}")
    report_skipped(reasons)


def unmade_parts(store, names):
    """Parts that are missing, and those without rows, of what was not available when they were made."""
    there = set(store.names())
    return [*store.missing(names), *(name for name in names if name in there and store.check(name).get("skipped"))]


@app.command()
def gather(target: Target, profile: Profile = "paper", output: Output = None, p: Parameter = None):
    """Read all parts, check that they are whole and of these parameters, and write their summary, gathered.json.

    Example: flarebook parts gather iris/3-observations --profile paper-real
    """
    from flarebook.compendium.atomic_files import atomic_write
    from flarebook.compendium.provenance import to_json

    for notebook, module, store in opened(target, profile, output, p):
        records = [store.read_through(name) for name in module.part_names(store.parameters)]
        summary = {
            "parts": len(records),
            "rows": sum(record.get("rows", 0) for record in records),
            "bytes": sum(record.get("bytes") or store.path(record["name"]).stat().st_size for record in records),
            "skipped": [record["skipped"] for record in records if record.get("skipped")],
        }
        with atomic_write(store.folder / "gathered.json") as path:
            path.write_text(to_json(summary), encoding="utf-8")
        print_line(
            f"{notebook}: {summary['rows']:,} rows in {counted(len(records), 'part')}, {summary['bytes']:,} bytes"
        )
