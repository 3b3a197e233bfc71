"""A notebook runs whole, or leaves nothing that a later step would take for finished."""

import json
import os
import shutil
import sys

import nbformat
import pytest

from flarebook.compendium.atomic_files import own_folder
from flarebook.compendium.errors import InputError, NotebookError
from flarebook.compendium.workflow.execute import _kernel_settings, execute, run_folder

SEVEN = {"n_flares": 2, "seed": 7}
OPEN = "from flarebook.compendium.run import open_run\nrun = open_run('{}', output, inputs, seed)"


def rewrite(project, step, *codes):
    """Replace the code cells after a notebook's parameters."""
    path = project / f"notebooks/sun/{step}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [*notebook.cells[:2], *map(nbformat.v4.new_code_cell, [OPEN.format(f"sun/{step}"), *codes])]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, write_project):
    """Folder of a project whose sun/1-draw ran once, two flares with seed 7; tests only read it."""
    folder = tmp_path_factory.mktemp("finished")
    write_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAREBOOK_ROOT", str(folder))
        execute("sun/1-draw", "build/ci", SEVEN)
    return folder


@pytest.fixture
def executed(finished):
    """The executed notebook."""
    return nbformat.read(finished / "build/ci/notebooks/sun/1-draw.ipynb", as_version=4)


@pytest.fixture
def rerun(finished, project):
    """Project of one's own with the finished build in it."""
    shutil.copytree(finished / "build", project / "build")
    return project


def outputs(notebook):
    """All outputs of a notebook's cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_parameters_reach_the_notebook_and_its_figure_record(finished):
    record = json.loads((finished / "build/ci/figures/sun-01-flux.json").read_text())
    wanted = {"output": "build/ci", "inputs": "", "seed": 7, "n_flares": 2, "threshold": 0.5, "widths": [4, 2]}
    assert record["parameters"] == wanted
    metrics = json.loads((finished / "build/ci/results/sun/1-draw/metrics.json").read_text())
    assert metrics[0]["n"] == 2 and metrics[0]["seed"] == 7


def test_the_figure_is_shown_once_and_names_itself(executed):
    shown = [output for output in outputs(executed) if "image/png" in output.get("data", {})]
    assert [output.metadata["flarebook"] for output in shown] == [{"figure": "sun-01-flux"}]


def test_numbers_are_glued_as_plain_floats(executed):
    glued = {o.metadata["scrapbook"]["name"]: o.data for o in outputs(executed) if "scrapbook" in o.metadata}
    assert set(glued) == {"sun.flares.flux", "sun.flares.flux.spread"}
    assert float(next(iter(glued["sun.flares.flux"].values()))) == pytest.approx(1, abs=0.4)


def test_an_executed_notebook_names_no_folder_of_this_machine(executed, finished):
    assert executed.metadata.papermill.output_path == "build/ci/notebooks/sun/1-draw.ipynb"
    assert str(finished) not in nbformat.writes(executed)
    assert executed.metadata.papermill.duration > 0
    assert executed.metadata.papermill.core_seconds > 0.1  # the kernel has started
    assert " of " in executed.metadata.papermill.processor


def test_nothing_is_written_to_stderr(executed):
    assert not [output for output in outputs(executed) if output.get("name") == "stderr"]


def test_the_kernel_is_the_running_python_though_another_is_registered(project, monkeypatch):
    other = project / "share/kernels/python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["/nowhere/python"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(project / "share"))
    rewrite(project, "1-draw", "import sys; print(sys.executable, get_ipython().kernel.log.handlers[0].level)")
    notebook = nbformat.read(execute("sun/1-draw", "build/ci"), as_version=4)
    assert outputs(notebook)[-1].text.split() == [sys.executable, "50"]  # a stopped kernel logs no traceback


def test_two_kernels_share_no_socket():
    with _kernel_settings() as one, _kernel_settings() as other:
        managers = [settings["KernelManager"] for settings in (one, other)]
    assert len({manager.get("ip") for manager in managers}) == 2 or managers[0]["transport"] == "tcp"


def test_earlier_results_may_come_from_another_folder(rerun):
    execute("sun/2-read", "build/runs/mine", inputs="build/ci")
    assert (rerun / "build/runs/mine/results/sun/2-read/metrics.json").is_file()


@pytest.mark.slow
def test_a_missing_earlier_step_is_named(project):
    with pytest.raises(NotebookError, match=r"2-read.ipynb stopped in cell .* run `flarebook run sun/1-draw"):
        execute("sun/2-read", "build/ci")


def snapshot(project):
    """Everything below build/, {path: content}."""
    return {path: path.read_bytes() for path in (project / "build").rglob("*") if path.is_file()}


def test_a_failing_cell_leaves_the_earlier_run_as_it_was(rerun):
    before = snapshot(rerun)
    rewrite(rerun, "1-draw", "run.metric('flares.flux', 1.0)", "1 / 0")
    with pytest.raises(NotebookError, match=r"with ZeroDivisionError: division by zero .*the earlier run is kept"):
        execute("sun/1-draw", "build/ci")
    folder = rerun / "build/ci/notebooks/sun"
    assert [path.name for path in folder.glob("*fail*")] == ["1-draw.failed.ipynb"]
    (folder / "1-draw.failed.ipynb").unlink()
    assert snapshot(rerun) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), OSError(28, "No space left on device")])
def test_an_interrupted_run_leaves_the_earlier_one_as_it_was(rerun, monkeypatch, error):
    before = snapshot(rerun)

    def interrupt(*_, **__):
        raise error

    monkeypatch.setattr("papermill.execute_notebook", interrupt)
    expected = pytest.raises(InputError, match="cannot write .*No space left") if error.args[:1] == (28,) else None
    with expected or pytest.raises(type(error)):
        execute("sun/1-draw", "build/ci")
    assert snapshot(rerun) == before


def test_two_processes_never_mix_their_runs(rerun):
    with own_folder(rerun / "build/ci/sun-1-draw"):
        with pytest.raises(InputError, match="another process is writing .*sun-1-draw: wait for its end"):
            execute("sun/1-draw", "build/ci")


def test_what_a_killed_run_left_is_gone_after_the_next(rerun):
    left = rerun / "build/ci/.partial-sun-1-draw/results"
    left.mkdir(parents=True)
    (left / "half.json").write_text("[")
    execute("sun/1-draw", "build/ci", SEVEN)
    assert not list((rerun / "build/ci").glob(".partial*"))


def test_a_crafted_record_removes_no_file_of_another_s(rerun):
    figures = rerun / "build/ci/figures"
    record = json.loads((figures / "sun-01-flux.json").read_text())
    (rerun / "precious.txt").write_text("keep me")
    outside = {"svg": "../../../precious.txt", "png": str(rerun / "precious.txt")}
    for name in ("sun-02-old.json", "spec.json"):
        (figures / name).write_text(json.dumps({**record, "id": "../../x", "files": outside}))
    (figures / "chart.json").write_text('{"mark": "bar"}')
    (figures / "sun-03-cut.json").write_text("{")
    execute("sun/1-draw", "build/ci", SEVEN)
    assert (rerun / "precious.txt").is_file()
    assert {path.name for path in figures.glob("*.json")} == {
        *("sun-01-flux.json", "spec.json", "chart.json", "sun-03-cut.json")
    }


@pytest.mark.slow
def test_a_project_s_path_may_hold_braces_and_spaces(tmp_path, write_project, monkeypatch):
    folder = tmp_path / "br{a}ce and space"
    folder.mkdir()
    write_project(folder)
    monkeypatch.setenv("FLAREBOOK_ROOT", str(folder))
    execute("sun/1-draw", run_folder("a{b} c", "sun/1-draw"), SEVEN)
    assert (folder / "build/runs/a{b} c/results/sun/1-draw/sha256.json").is_file()


@pytest.mark.parametrize("label", ["../../x", "a/b", ".", "..", "", ".hidden", "a\x1b[2J", "x" * 101, "/tmp"])
def test_a_label_names_a_folder_and_no_other_place(project, label):
    with pytest.raises(InputError, match="is no label"):
        run_folder(label, "sun/1-draw")


def test_a_label_in_use_is_replaced_on_request_only(rerun):
    shutil.copytree(rerun / "build/ci", rerun / "build/runs/mine")
    with pytest.raises(InputError, match="holds a run of sun/1-draw: give another --label, or .* --force"):
        run_folder("mine", "sun/1-draw")
    assert run_folder("mine", "sun/1-draw", force=True) == run_folder("mine", "sun/2-read")


def test_a_dead_kernel_is_said_to_be_one(project):
    rewrite(project, "1-draw", "import os; os._exit(9)")
    with pytest.raises(NotebookError, match="its kernel died"):
        execute("sun/1-draw", "build/ci")


def test_a_traceback_that_was_let_pass_is_refused(project):
    rewrite(project, "1-draw", "1 / 0")
    path = project / "notebooks/sun/1-draw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata.tags = ["raises-exception"]
    nbformat.write(notebook, path)
    with pytest.raises(NotebookError):
        execute("sun/1-draw", "build/ci")
    assert not (project / "build/ci/notebooks/sun/1-draw.ipynb").exists()


def test_a_notebook_that_opens_no_run_is_refused(project):
    path = project / "notebooks/sun/1-draw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = notebook.cells[:2]
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match="call open_run"):
        execute("sun/1-draw", "build/ci")


@pytest.mark.slow
def test_figures_that_a_notebook_no_longer_publishes_disappear(rerun):
    old = rerun / "build/ci/figures"
    for path in old.iterdir():
        os.utime(path, (1, 1))
    rewrite(rerun, "1-draw", "run.metric('flares.flux', 1.0)")
    execute("sun/1-draw", "build/ci")
    assert not list(old.iterdir())


@pytest.mark.slow
def test_the_checksums_follow_the_results(rerun):
    path = rerun / "build/ci/results/sun/1-draw/sha256.json"
    before = json.loads(path.read_text())
    assert set(before) == {"flares.parquet", "metrics.json"}
    execute("sun/1-draw", "build/ci", SEVEN)
    assert json.loads(path.read_text()) == before
    execute("sun/1-draw", "build/ci", {**SEVEN, "seed": 8})
    assert json.loads(path.read_text()) != before
