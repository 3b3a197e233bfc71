"""Make a published figure again from its record: its code, its notebook, its parameters, its earlier steps."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from flarebook.compendium.atomic_files import make_folder, remove_stale
from flarebook.compendium.comparison.runs import run_folder
from flarebook.compendium.errors import InputError, NotebookError, reason_of
from flarebook.compendium.project import in_project, project_root, split_name
from flarebook.compendium.provenance import FIGURE_ID, FigureRecord, now, read_record, sha256
from flarebook.compendium.reports.citation import figure_record
from flarebook.compendium.reproduction.checkout import code_of
from flarebook.compendium.reproduction.differences import Difference, compare_figure
from flarebook.compendium.staging import environment
from flarebook.compendium.validation import validated
from flarebook.compendium.workflow.parameters import known_parameters, read_profile

FOLDERS = ("output", "inputs")  # parameters that name folders of the run, which differ from run to run
REPRODUCED = "build/reproduced"  # folder of the figures that were made again
PATIENCE = 60  # s that a stopped notebook has to remove what it had begun
NEEDED = ("id", "notebook", "parameters", "data_sha256")  # of a record, to make its figure again


class _Followed(FigureRecord):
    """What a record must say in addition, for its figure to be made again from it."""

    id: Annotated[str, Field(pattern=rf"^(?:{FIGURE_ID.pattern})$")]
    commit: Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")] | None = None
    parameters: dict[str, Any]
    versions: dict[str, str] = {}
    threads: str | None = None
    earlier: dict[str, str] | None = None


class Reproduction(NamedTuple):
    """A figure made again: its record then and now, its folder, the steps that ran, and what differs.

    inputs: folder of the earlier steps' recorded results, None where those steps ran or there are none.
    """

    recorded: dict
    made: dict
    folder: Path
    steps: list
    inputs: Path | None
    difference: Difference

    @property
    def versions(self):
        """Versions that differ: {name: (recorded, now)}."""
        then, today = self.recorded.get("versions", {}), self.made["versions"]
        pairs = {name: (then.get(name), today.get(name)) for name in sorted(then.keys() | today.keys())}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def reproduce(figure, run="laptop", output=None, profile=None, here=False, from_start=False, report=print):
    """Make a figure again in a fresh folder, from its record alone, and compare it with the recorded one.

    figure: id, or path of a record.  run: where the record of an id is looked for.  output: folder, default below
    build/reproduced.  profile: of the earlier steps, default the one whose folder the record names.  here: with the
    code as it lies here, whatever commit the record names.  from_start: run the earlier steps too, though their results
    lie in the run as recorded.  report: called with one line before each step.
    Returns a Reproduction.  Raises InputError when the record, its commit or its profile is missing, or the folder is
    not empty, and NotebookError when a notebook fails.  Of one that is stopped nothing is left.
    """
    recorded, files = recorded_figure(figure, run)
    notebook, builds = "/".join(split_name(recorded["notebook"])), project_root() / "build"
    output = in_project(output or f"{REPRODUCED}/{recorded['id']}-{now()[:19].replace(':', '')}").absolute()
    for folder in (output, *in_project(REPRODUCED).glob("*")):
        remove_stale(folder)  # of one that was killed
    with code_of(recorded, here) as root, environment({"FLAREBOOK_ROOT": str(root)}):
        profile = profile or profile_of_record(recorded)
        earlier = earlier_steps(profile, notebook)
        places = (files.parent, builds / profile) if earlier and not from_start else ()
        inputs = next((folder for folder in places if has_results(folder, recorded, earlier)), None)
        steps = [notebook] if inputs else [*earlier, notebook]
        with _fresh(output):
            for number, step in enumerate(steps, 1):
                report(f"Running {step} ({number} of {len(steps)})")
                parameters = own_parameters(recorded, notebook) if step == notebook else {}
                _run(root, step, profile, output, inputs or output, parameters, recorded.get("threads"))
    made = read_record(output / "figures", recorded["id"])
    difference = compare_figure(recorded, files, output / "figures")
    return Reproduction(recorded, made, output, steps, inputs, difference)


def recorded_figure(figure, run):
    """Record of a figure and the folder with its files; figure: an id, or the path of a record.

    Raises InputError for an unknown figure, a missing or broken record, and one that no notebook made.
    """
    path = Path(figure).expanduser()
    if path.is_dir():
        raise InputError(f"{figure} is a folder: give the id of a figure, or the path of its record (.json)")
    if figure.endswith(".json"):
        _check_record(path)
        folder, record = path.parent, read_record(path.parent, path.stem)
    else:
        folder, record = run_folder(run) / "figures", figure_record(figure, run)
    if lacking := [name for name in NEEDED if not record.get(name)]:
        raise InputError(
            f"the record of figure {Path(figure).stem} does not say {', '.join(lacking)}: only figures of notebooks "
            "can be made again"
        )
    return validated(_Followed, record, f"the record of figure {Path(figure).stem}").model_dump(), folder.resolve()


def _check_record(path):
    """Raise InputError for the path of a record that is not there, or not named for its figure."""
    if not path.is_file():
        raise InputError(f"there is no file {path}: give the path of a figure's record, or the figure's id")
    if not FIGURE_ID.fullmatch(path.stem):
        raise InputError(
            f"{path.name} is not named for a figure, as iris-12-performance.json is: give a record under its own name, "
            "with its CSV and PNG beside it"
        )


def profile_of_record(record):
    """Profile whose folder a record names, as output or as inputs.  Raises InputError when neither is a profile's."""
    folders = [record["parameters"].get(name) or "" for name in FOLDERS]
    for folder in folders:
        try:
            read_profile(Path(folder).name)
        except InputError:
            continue
        return Path(folder).name
    made = " with inputs of ".join(filter(None, folders)) or "a folder without name"
    raise InputError(
        f"figure {record['id']} was made in {made}, which is no profile's: name the profile with --profile"
    )


def earlier_steps(profile, notebook):
    """Notebooks that a notebook comes after, at any depth, in the profile's order.

    Raises InputError for a profile without that notebook.
    """
    entries = read_profile(profile).notebooks
    if notebook not in entries:
        raise InputError(f"profile {profile} has no notebook {notebook}: name another one with --profile")
    found, waiting = set(), [notebook]
    while waiting:
        after = set(entries[waiting.pop()].after) - found
        found, waiting = found | after, [*waiting, *after]
    return [name for name in entries if name in found]


def has_results(folder, record, steps):
    """Whether a run's folder holds the earlier steps, and the files that a figure's run has read, as it read them."""
    results, read = Path(folder) / "results", record.get("earlier")
    if read is None or not all((results / step / "metrics.json").is_file() for step in steps):
        return False
    return all((results / file).is_file() and sha256(results / file) == hash for file, hash in read.items())


def own_parameters(record, notebook):
    """Parameters of a figure's record that its notebook has; its folders and a seed that it does not take are none."""
    known = known_parameters(notebook)
    left = {*FOLDERS, *({"seed"} - known.keys())}
    return {name: value for name, value in record["parameters"].items() if name not in left}


@contextmanager
def _fresh(folder):
    """Make a folder and remove it when the block is stopped.  Raises InputError for one that holds files."""
    if any(path.is_file() for path in make_folder(folder).rglob("*")):
        raise InputError(f"{folder} is not empty: give another --output, so that nothing else enters the figure")
    try:
        yield
    except (SystemExit, KeyboardInterrupt):
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _run(root, step, profile, output, inputs, parameters, threads):
    """Run one notebook with the code below `root`.  Raises NotebookError with what it complained of."""
    command = [sys.executable, "-m", "flarebook.commands.main", "run", step, "--profile", profile]
    command += ["--output", str(output), "--inputs", str(inputs), *(["--threads", threads] if threads else [])]
    for name, value in parameters.items():
        command += ["-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    path = os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH")]))
    settings = {"cwd": root, "env": {**os.environ, "PYTHONPATH": path}, "text": True, "start_new_session": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings) as process:
        try:
            complaint = process.communicate()[1]
        except BaseException:  # a signal, which in a session of its own does not reach it twice
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            raise
    if process.returncode:
        lines = [line for line in complaint.splitlines() if line.startswith("flarebook: ")] or [complaint]
        raise NotebookError(f"{step} did not run again: {reason_of(lines[-1].removeprefix('flarebook: '))}")
