"""Commands on data sets: list, plan and fetch them, verify what is here, show and clear what is under way."""

import importlib
import shutil
from typing import Annotated

import typer

from flarebook.compendium.batch_report import counted, noting, print_line, report_skipped
from flarebook.compendium.errors import InputError
from flarebook.compendium.validation import check_known

ARCHIVES = {  # modules with archive_files, check_file, typical_size and NAMES, and the data set of the manifest
    "iris": ("flarebook.iris.rasters.archive", "iris-level2-paper"),
    "stix": ("flarebook.stix.maps.client", "stix-clean-maps"),
    "solarchip": ("flarebook.solarchip.images.jsoc", "sdo-hmi-aia-daily"),
}
app = typer.Typer(no_args_is_help=True, help="Data sets: list, plan, fetch, verify, status and clearing up.")
Study = Annotated[str | None, typer.Option(help="Study, for example iris.", show_default="all")]
Only = Annotated[
    list[str] | None, typer.Option(help='Pattern of a name, such as "PF 1?" or "*20140329*".', show_default="all")
]
Parameters = Annotated[
    list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Which files: see the examples.", show_default="")
]


@app.command("list")
def list_data(study: Study = None):
    """List the data sets with origin, size, licence and where they are.

    Example: flarebook data list --study stix
    """
    from flarebook.commands.tables import licence_table, show

    show(*licence_table(study))


@app.command()
def status(study: Study = None):
    """Show each data set: shipped, mirrored, cached or absent; size; whether its hash is right; downloads under way.

    Example: flarebook data status --study iris
    """
    from flarebook.commands.tables import data_table, show
    from flarebook.compendium.data.cache import DAY, listing_ages, parts_of_downloads

    title, columns, rows = data_table(study)
    show(title, columns, rows)
    if parts := parts_of_downloads():
        cells = [(part.name, part.size / 1e6, part.total and part.total / 1e6, part.state) for part in parts]
        show("Downloads that are not complete", ("file", "MB", "of MB", "state"), cells)
    if ages := listing_ages():
        print_line(
            f"{counted(len(ages), 'listing')} of archives in the cache, the oldest {max(ages) / DAY:.1f} days old"
        )
    raise typer.Exit(1 if {"wrong", "missing"} & {row[columns.index("hash")] for row in rows} else 0)


@app.command()
def plan(
    study: Annotated[str, typer.Argument(help="Study: iris, stix or solarchip; or the id of a data set.")],
    only: Only = None,
    parameters: Parameters = None,
    rate: Annotated[float, typer.Option(help="Assumed rate, MB/s.", min=1e-6, max=1e6)] = 10.0,
):
    """Show what a fetch would get: files, bytes, what is here, free disk, licence, hours.

    No file is fetched; a query of the STIX archive is asked, and what it leaves open is told, with the exit code 2.
    Sizes that are not stated are estimated from that of a typical file, and the table says so.

    Example: flarebook data plan iris --only "PF *" --rate 5

    Example: flarebook data plan solarchip -p start=2011-01-01 -p end=2011-12-31 -p channels=hmi,171
    """
    from flarebook.commands.tables import plan_table, show
    from flarebook.compendium.data.batch import make_plan
    from flarebook.compendium.project import cache_folder

    source, skipped = _source(study), []
    with noting():
        files = _wanted(source, study, only, parameters, resolve=False, skipped=skipped)
        made = make_plan(files, source.typical_size)
    if files or not skipped:
        folder = next(place for place in (cache_folder(), *cache_folder().absolute().parents) if place.is_dir())
        show(*plan_table(study, source.entries, made, shutil.disk_usage(folder).free, rate))
    report_skipped(skipped)


@app.command()
def fetch(
    study: Annotated[str, typer.Argument(metavar="STUDY|ID", help="Study, or id of a data set.")] = "",
    only: Only = None,
    parameters: Parameters = None,
    jobs: Annotated[int, typer.Option(help="Files at a time; at most 4 connections go to one host.", min=1)] = 4,
):
    """Get the archive's files of a study, or a data set: from FLAREBOOK_MIRROR, the cache (FLAREBOOK_DATA) or the net.

    What is here is not fetched again, and an interrupted fetch goes on where it ended. Files that fail are listed, also
    in failed-NAME.csv in the cache, and the exit code is then 2.

    Example: flarebook data fetch stix-flare-list

    Example: flarebook data fetch iris --only "PF 1?" -p sji=2796 --jobs 8
    """
    from flarebook.compendium.data.batch import check_plan, fetch_files, make_plan, write_failures
    from flarebook.compendium.data.hosts import Unreachable
    from flarebook.compendium.progress import batch_progress

    if not study:
        raise InputError("say which data set to fetch: `flarebook data status` lists their ids")
    source, skipped, failures = _source(study), [], []
    with noting():
        files = _wanted(source, study, only, parameters, resolve=True, skipped=skipped)
        made = make_plan(files, source.typical_size)
    check_plan(made)
    source.show_here(made)
    try:
        with batch_progress(study, made.bytes_known) as report:
            for file, path, reason in fetch_files(made.missing, jobs, source.check, report):
                if path:
                    print_line(path)
                else:
                    failures.append((file, reason))
    except Unreachable as error:
        skipped.append(str(error))
    reports = write_failures(study, failures)
    if reports:
        print_line(f"{counted(len(failures), 'file')} could not be fetched: see {reports}, and run the same again")
    report_skipped(skipped + [reason if file.name in reason else f"{file.name}: {reason}" for file, reason in failures])


@app.command()
def verify():
    """Compare all files that are here with the hashes of the manifest and of the lock; wrong ones are named and kept.

    Example: flarebook data verify
    """
    from flarebook.compendium.data.cache import verify_files
    from flarebook.compendium.progress import progress

    right, wrong, unknown = verify_files(progress("verifying"))
    print_line(f"{counted(right, 'file')} as recorded, {len(wrong)} changed, {unknown} of which no hash is known")
    remedy = "delete it and fetch it again, or restore it with `git checkout` if it ships with the project"
    report_skipped([f"{path} has another sha256 than recorded: {remedy}" for path in wrong])


@app.command()
def gc(yes: Annotated[bool, typer.Option("--yes", help="Remove what is listed.")] = False):
    """List parts of downloads that stopped, and cached files that no entry names or that fail their hash.

    Nothing is removed without --yes, and never anything in the folder FLAREBOOK_MIRROR.

    Example: flarebook data gc --yes
    """
    from flarebook.commands.tables import show
    from flarebook.compendium.data.cache import find_waste
    from flarebook.compendium.progress import progress

    waste = find_waste(_named, progress("looking"))
    if not waste:
        return print_line("there is nothing to remove")
    show("Removed" if yes else "May go", ("file", "MB", "why"), [(str(w.path), w.size / 1e6, w.reason) for w in waste])
    for one in waste if yes else ():
        one.remove()
    if not yes:
        print_line(f"{sum(one.size for one in waste) / 1e6:.3g} MB: `flarebook data gc --yes` removes them")


def _named(name):
    """Whether the archive of a study gives such names."""
    from flarebook.compendium.data.batch import matches

    return any(matches(importlib.import_module(module).NAMES, name) for module, _ in ARCHIVES.values())


def _source(name):
    """What a study's or a data set's files are; InputError for a name that is neither."""
    from flarebook.compendium.data.manifest import read_manifest

    entries = read_manifest()
    archives = {entry: study for study, (_, entry) in ARCHIVES.items()}
    if (study := archives.get(name, name)) in ARCHIVES:
        return _Archive(study, entries)
    check_known(name, [*ARCHIVES, *entries], "there is no study or data set", "see `flarebook data status`")
    return _Entry(entries[name])


def _wanted(source, study, only, parameters, resolve, skipped):
    """Files of a source that are wanted; InputError for patterns that none matches, when no listing is missing."""
    files = source.files(only, parameters, resolve, skipped)
    if only and not files and not skipped:
        raise InputError(f"no file of {study} matches {' or '.join(map(repr, only))}: leave out --only to see all")
    return files


class _Archive:
    """The archive of a study."""

    def __init__(self, study, entries):
        module, entry = ARCHIVES[study]
        self.module, self.entries = importlib.import_module(module), [entries[entry]] if entry in entries else []
        self.check, self.typical_size = self.module.check_file, self.module.typical_size

    def files(self, only, parameters, resolve, skipped):
        """Its files that are wanted."""
        chosen = dict(_pair(text) for text in parameters or ())
        return self.module.archive_files(chosen, only or (), resolve, skipped)

    def show_here(self, plan):
        """Say how many are here: thousands of names would hide the rest."""
        print_line(f"{len(plan.here)} of {counted(len(plan.here) + len(plan.missing), 'file')} are here")


class _Entry:
    """One data set of the manifest."""

    check = typical_size = None

    def __init__(self, entry):
        self.entries = [entry]

    def files(self, only, parameters, resolve, skipped):
        """Its files that are wanted."""
        from flarebook.compendium.data.batch import matches

        (entry,) = self.entries
        if parameters:
            raise InputError(f"{entry.id} takes no parameters: choose among its files with --only")
        if not entry.files:
            raise InputError(f"{entry.id} is no single file: get it from {entry.url}; the book uses {entry.stands_in}")
        return [file for file in entry.files if matches(only, file.name)]

    def show_here(self, plan):
        """Print the paths of those that are here, their hashes checked."""
        from flarebook.compendium.data.download import fetch

        for file in self.entries[0].files:
            if file.name in plan.here:
                print_line(fetch(file))


def _pair(text):
    """Name and value of a parameter, "name=value"."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is no parameter: write it as name=value")
    return name, value
