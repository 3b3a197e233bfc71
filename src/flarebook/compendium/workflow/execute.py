"""Run one notebook headless: papermill, strict parameters, whole results or none."""

import contextlib
import os
import re
import resource
import sys
import tempfile
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.errors import InputError, NotebookError
from flarebook.compendium.project import in_project, project_root, shown, split_name
from flarebook.compendium.provenance import machine
from flarebook.compendium.staging import environment, staged_run
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parameters import checked, from_text, known_notebook, read_profile

QUIET = {  # what TensorFlow and debuggers write to stderr would stand in the book
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONWARNINGS": "ignore:IProgress not found",  # tqdm, imported by some libraries, wants widgets
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


LABEL = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,99}")
SILENT = ["--log-level=CRITICAL"]  # of the kernel: what it logs when it is stopped would reach the terminal
PATIENCE = {"start_timeout": 600, "iopub_timeout": 120}  # s; a crowded machine starts and answers late


def execute(notebook, output, parameters=None, inputs="", progress=False):
    """Run a notebook into <output>/notebooks/<study>/<step>.ipynb; returns that path.

    The run writes to a folder of its own and is put in place at its end: until then, and when it fails, is killed or
    interrupted, the earlier run stays as it was.
    notebook: "iris/6-classifiers".  parameters: {name: value} beside output and inputs.
    inputs: folder of the earlier steps' results that the output lacks; empty, none.
    Raises InputError for bad parameters, an unwritable folder or another process that runs the same notebook into the
    same output, NotebookError when a cell fails.
    """
    source, output = known_notebook(notebook), in_project(output)
    folders = {"output": shown(output), "inputs": shown(in_project(inputs)) if inputs else ""}
    values = checked(notebook, {**folders, **(parameters or {})})
    study, step = split_name(notebook)
    target = make_folder(output / "notebooks" / study) / f"{step}.ipynb"
    with staged_run(notebook, output) as staging:
        _papermill(source, staging / target.name, target, values, progress)
    return target


def _papermill(source, executed, target, values, progress):
    """Execute a notebook into the file `executed`; a failed one is kept as .failed.ipynb beside the target."""
    failed = target.with_suffix(".failed.ipynb")
    failed.unlink(missing_ok=True)
    before = _core_seconds()
    with _kernel_settings() as config:
        settings = {"kernel_name": "python3", "language": "python", "cwd": project_root(), "config": config}
        paths = [str(path).replace("{", "{{").replace("}", "}}") for path in (source, executed)]  # papermill formats
        try:
            papermill.execute_notebook(*paths, values, progress_bar=progress, **settings, **PATIENCE)
        except (PapermillExecutionError, DeadKernelError) as error:
            os.replace(executed, failed)
            kept = "the earlier run is kept" if target.is_file() else "nothing else was kept"
            raise NotebookError(f"{_sentence(source, error)} (see {shown(failed)}; {kept})") from error
        used = {"core_seconds": round(_core_seconds() - before, 1), "processor": machine()}
        _tidy(executed, source, target, used)


def _core_seconds():
    """Seconds that the processor has spent on the processes which this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
        transport = sockets if len(runtime) < 50 else {"transport": "tcp"}
        with environment(settings):
            yield Config({"KernelManager": transport, "NotebookClient": {"extra_arguments": SILENT}})


def _tidy(path, source, target, used):
    """Refuse tracebacks in an executed notebook (the book would build all the same) and name its files plainly.

    used: what the execution took beside time, which papermill records.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if any(output.output_type == "error" for output in cell.get("outputs", ())):
            raise NotebookError(f"{shown(source)} holds an error output though it ran to its end: correct that cell")
    notebook.metadata.papermill.update(input_path=shown(source), output_path=shown(target), **used)
    nbformat.write(notebook, path)


def _sentence(source, error):
    """What happened, and where."""
    if isinstance(error, DeadKernelError):
        return f"{shown(source)} stopped because its kernel died, perhaps out of memory"
    message = " ".join(str(error.evalue).split())
    return f"{shown(source)} stopped in cell [{error.exec_count}] with {error.ename}: {message}"


def run_folder(label, notebook, force=False):
    """Folder of a labelled run, build/runs/<label>.

    Raises InputError for a label that is no name of a folder, and for one with a run of the notebook unless `force`.
    """
    step = Path(*split_name(notebook))
    if not LABEL.fullmatch(label):
        raise InputError(f"{label!r} is no label: give a name of at most 100 characters, without / and no dot in front")
    folder = project_root() / "build" / "runs" / label
    if (folder / "results" / step).exists() and not force:
        raise InputError(f"{shown(folder)} holds a run of {notebook}: give another --label, or replace it with --force")
    return folder


def run_notebook(notebook, assignments, profile, output, inputs=None, progress=False):
    """Run a notebook into `output`, with the profile's parameters and the reader's on top; returns its path.

    assignments: ["n_splits=8", ...].  inputs: folder of the earlier steps' results that the output lacks, default
    build/<profile>.
    Raises InputError for unknown names and folders, NotebookError when a cell fails.
    """
    known_notebook(notebook)
    entries = read_profile(profile).notebooks
    check_known(notebook, entries, f"profile {profile} does not list", "add it there")
    own = from_text(notebook, assignments)
    if {"output", "inputs"} & own.keys():
        raise InputError("output and inputs are folders of the run: choose them with --output, --inputs and --profile")
    parameters = {**checked(notebook, entries[notebook].parameters), **own}
    same = in_project(output) == in_project(inputs or f"build/{profile}")
    if inputs and not same and not in_project(inputs).is_dir():
        raise InputError(
            f"there is no folder {inputs} of earlier steps: give --inputs one with results, or leave it out"
        )
    inputs = inputs or f"build/{profile}"
    return execute(notebook, output, parameters, "" if same else inputs, progress)
