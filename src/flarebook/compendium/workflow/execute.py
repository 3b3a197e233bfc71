"""Run one notebook headless: papermill, strict parameters, whole results or none."""

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.errors import InputError, NotebookError
from flarebook.compendium.project import in_project, project_root, shown, split_name
from flarebook.compendium.provenance import sha256, to_json
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parameters import checked, from_text, known_notebook, read_profile

QUIET = {  # what TensorFlow and debuggers write to stderr would stand in the book
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONWARNINGS": "ignore:IProgress not found",  # tqdm, imported by pooch, wants widgets
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


PATIENCE = {"start_timeout": 600, "iopub_timeout": 120}  # s; a crowded machine starts and answers late


def execute(notebook, output, parameters=None, inputs="", progress=False):
    """Run a notebook into <output>/notebooks/<study>/<step>.ipynb; returns that path.

    notebook: "iris/6-classifiers".  parameters: {name: value} beside output and inputs.
    inputs: folder with the earlier steps' results; empty, the same as output.
    Raises InputError for bad parameters or an unwritable folder, NotebookError when a cell fails.
    """
    source, output = known_notebook(notebook), in_project(output)
    folders = {"output": shown(output), "inputs": shown(in_project(inputs)) if inputs else ""}
    values = checked(notebook, {**folders, **(parameters or {})})
    study, step = split_name(notebook)
    target = make_folder(output / "notebooks" / study) / f"{step}.ipynb"
    started = time.time()
    try:
        _papermill(source, target, values, progress)
    except BaseException:  # an interrupted run, too, has recorded half its metrics
        _set_aside(output / "results" / study / step)
        raise
    _write_checksums(output / "results" / study / step)
    _forget_older_figures(output / "figures", notebook, started)
    return target


def _papermill(source, target, values, progress):
    """Execute into a temporary file that takes its name on success; a failed one is kept as .failed.ipynb."""
    failed = target.with_suffix(".failed.ipynb")
    failed.unlink(missing_ok=True)
    with atomic_write(target) as partial, _kernel_settings() as config:
        settings = {"kernel_name": "python3", "language": "python", "cwd": project_root(), "config": config}
        try:
            papermill.execute_notebook(source, partial, values, progress_bar=progress, **settings, **PATIENCE)
        except (PapermillExecutionError, DeadKernelError) as error:
            os.replace(partial, failed)
            raise NotebookError(_sentence(source, error, failed)) from error
        _tidy(partial, source, target)


@contextlib.contextmanager
def _kernel_settings():
    """Environment and settings under which the kernel is this very Python; yields traitlets settings.

    The kernel talks over local sockets, so that two notebooks never race for a port; where the temporary folder's
    name is too long for a socket (some 100 characters with the kernel's own name), over ports after all.
    """
    spec = str(Path(sys.prefix) / "share" / "jupyter")
    paths = os.pathsep.join(filter(None, [spec, os.environ.get("JUPYTER_PATH")]))
    with tempfile.TemporaryDirectory(prefix="fb-") as runtime:
        settings = {**QUIET, "JUPYTER_PATH": paths, "JUPYTER_RUNTIME_DIR": runtime}
        sockets = {"transport": "ipc", "ip": f"{runtime}/kernel"}  # by default all kernels share one name
        with environment(settings):
            yield Config({"KernelManager": sockets if len(runtime) < 50 else {"transport": "tcp"}})


@contextlib.contextmanager
def environment(variables):
    """Set environment variables, {name: text}, for the kernels that are started inside; then restore their values."""
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


def _tidy(path, source, target):
    """Refuse tracebacks in an executed notebook (the book would build all the same) and name its files plainly."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if any(output.output_type == "error" for output in cell.get("outputs", ())):
            raise NotebookError(f"{shown(source)} holds an error output though it ran to its end: correct that cell")
    notebook.metadata.papermill.update(input_path=shown(source), output_path=shown(target))
    nbformat.write(notebook, path)


def _sentence(source, error, failed):
    """What happened, where, and where to look."""
    if isinstance(error, DeadKernelError):
        return f"{shown(source)} stopped because its kernel died, perhaps out of memory: see {shown(failed)}"
    message = " ".join(str(error.evalue).split())
    return f"{shown(source)} stopped in cell [{error.exec_count}] with {error.ename}: {message} (see {shown(failed)})"


def _set_aside(folder):
    """Take from a failed run what a later step would take for finished results."""
    for name in ("metrics.json", "sha256.json"):
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def _write_checksums(folder):
    """Write sha256.json, {file: hash}, of a step's results: what later steps depend on."""
    if not (folder / "metrics.json").is_file():
        raise InputError(f"the notebook of {shown(folder)} made no run: call open_run in its second code cell")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "sha256.json"]
    hashes = {str(path.relative_to(folder)): sha256(path) for path in files if not path.name.startswith(".")}
    with atomic_write(folder / "sha256.json") as path:
        path.write_text(to_json(hashes), encoding="utf-8")


def _forget_older_figures(folder, notebook, started):
    """Remove figures that an earlier version of this notebook published and the present one does not."""
    for path in folder.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["notebook"] == f"notebooks/{notebook}.ipynb" and path.stat().st_mtime < started - 1:
            for name in record["files"].values():
                (folder / name).unlink(missing_ok=True)


def run_notebook(notebook, assignments, profile, output, inputs=None, progress=False):
    """Run a notebook into `output`, with the profile's parameters and the reader's on top; returns its path.

    assignments: ["n_splits=8", ...].  inputs: folder of the earlier steps' results, default build/<profile>.
    Raises InputError for unknown names, NotebookError when a cell fails.
    """
    known_notebook(notebook)
    entries = read_profile(profile).notebooks
    check_known(notebook, entries, f"profile {profile} does not list", "add it there")
    own = from_text(notebook, assignments)
    if {"output", "inputs"} & own.keys():
        raise InputError("output and inputs are folders of the run: choose them with --output, --inputs and --profile")
    parameters = {**checked(notebook, entries[notebook].parameters), **own}
    inputs = inputs or f"build/{profile}"
    own_folder = in_project(output) == in_project(inputs)
    return execute(notebook, output, parameters, "" if own_folder else inputs, progress)
