"""A figure is made again from its record: the recorded commit, parameters and earlier results, or a clear sentence."""

import json
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from flarebook.commands import main
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import read_record
from flarebook.compendium.reproduction import checkout
from flarebook.compendium.reproduction.figure import earlier_steps, has_results, profile_of_record, reproduce
from flarebook.compendium.run import open_run
from flarebook.compendium.workflow.execute import run_notebook
from tests.conftest import OPEN, write_notebook

ALT = "A line of the flux of some flares, times their number."
SHOW = """import matplotlib.pyplot as plt
table = run.load_table("1-draw", "flares") * {factor}
figure, axes = plt.subplots()
axes.plot(table.flux * n_flares)
run.figure("sun-x-read", figure, caption="Flux.", alt="{alt}",
           data=table * n_flares)"""


def git(folder, *arguments):
    """Run one git command as a test author."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


def write_steps(folder, factor=1):
    """Write the notebook sun/2-read, whose figure shows the earlier step's flux times a factor."""
    code = SHOW.format(factor=factor, alt=ALT)
    write_notebook(folder / "notebooks/sun/2-read.ipynb", OPEN.format("sun/2-read"), code, title="# The flux")


def write_checkout(folder):
    """Make a folder with the tiny project a git checkout; sun/2-read shows the earlier step's flux."""
    write_steps(folder)
    (folder / ".gitignore").write_text("build\n")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        git(folder, *command)


@pytest.fixture(scope="module")
def executed(tmp_path_factory, write_project):
    """A checkout whose ci profile has run with a parameter of the reader's, from the first of its two commits."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder)
    write_checkout(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLAREBOOK_ROOT", str(folder))
        run_notebook("sun/1-draw", [], "ci", "build/ci")
        run_notebook("sun/2-read", ["n_flares=7"], "ci", "build/ci")
    write_steps(folder, factor=2)
    git(folder, "commit", "-qam", "two")
    return folder


@pytest.fixture
def made(executed, monkeypatch):
    """That checkout as FLAREBOOK_ROOT."""
    monkeypatch.setenv("FLAREBOOK_ROOT", str(executed))
    return executed


@pytest.fixture
def recorded(project):
    """A checkout with the record of a figure that its second step drew, without a notebook."""
    write_checkout(project)
    table = pd.DataFrame({"flux": [1.0, 2.0]})
    open_run("sun/1-draw", "build/ci").save_table("flares", table)
    run = open_run("sun/2-read", "build/ci")
    run.parameters = {"output": "build/ci", "inputs": ""}
    table = run.load_table("1-draw", "flares")
    run.figure("sun-x-read", plt.figure(), caption="Flux.", alt=ALT, data=table)
    return project


def changed(folder, **values):
    """Path of a record with other values than the recorded one."""
    path = folder / "sun-x-read.json"
    path.write_text(json.dumps({**read_record(folder / "build/ci/figures", "sun-x-read"), **values}))
    return str(path)


@pytest.mark.slow
def test_the_recorded_commit_is_checked_out_and_gives_the_identical_figure(made, tmp_path):
    said = []
    again = reproduce("sun-x-read", "ci", tmp_path / "again", report=said.append)
    assert again.difference == ("identical", "identical") and again.difference.none and not again.versions
    assert again.made["commit"] == again.recorded["commit"] and again.made["parameters"]["n_flares"] == 7
    assert said == ["Running sun/2-read (1 of 1)"] and again.inputs == made / "build/ci"
    listed = subprocess.run(["git", "-C", made, "worktree", "list"], capture_output=True, text=True).stdout
    assert len(listed.splitlines()) == 1  # the checkout is gone


@pytest.mark.slow
def test_a_downloaded_record_alone_runs_all_steps_and_another_commit_gives_other_data(made, tmp_path, capsys):
    (tmp_path / "download").mkdir()
    record = made / "build/ci/figures/sun-x-read.json"
    for suffix in ("json", "csv", "png"):
        copy = record.with_suffix(f".{suffix}")
        (tmp_path / "download" / copy.name).write_bytes(copy.read_bytes())
    text = json.loads(record.read_text()) | {"earlier": {"sun/1-draw/flares.parquet": "0"}}
    (tmp_path / "download" / record.name).write_text(json.dumps(text))
    arguments = ["reproduce", str(tmp_path / "download" / record.name), "--output", str(tmp_path / "again"), "--here"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "argv", ["flarebook", *arguments])
        main.main()
    out = capsys.readouterr().out
    assert end.value.code == 1 and "Running sun/1-draw (1 of 2)" in out and "1 earlier step run again" in out
    assert "Data: largest difference" in out and "(1 of its largest value)" in out  # twice the recorded flux
    assert "Picture: " in out and " pixels " in out and "Versions: all as recorded" in out


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"dirty": True}, "made from code changed since commit"),
        ({"commit": None}, "names no commit"),
        ({"id": "../../stolen"}, "the record of figure sun-x-read: id: .*: correct the file"),
        ({"commit": "--orphan"}, "commit: .*'--orphan'"),
        ({"parameters": ["n_flares"]}, "parameters: .*valid dictionary"),
        ({"threads": 2, "earlier": {}}, "threads: .*valid string"),
        ({"earlier": ["sun/1-draw/flares.parquet"]}, "earlier: .*valid dictionary"),
        ({"commit": "0" * 40}, "failed for 0000000000 .*git fetch --all"),
        ({"notebook": ""}, "does not say notebook"),
        (
            {"parameters": {"output": "elsewhere"}},
            "made in elsewhere, which is no profile's: name the profile with --profile",
        ),
        ({"notebook": "notebooks/sun/3-none.ipynb"}, "profile ci has no notebook sun/3-none"),
    ],
)
def test_a_record_that_cannot_be_followed_is_one_sentence(recorded, tmp_path, values, sentence):
    with pytest.raises(InputError, match=sentence):
        reproduce(changed(recorded, **values), output=tmp_path / "again")


def test_an_unknown_figure_a_missing_record_and_a_full_folder_are_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="did you mean sun-x-read"):
        reproduce("sun-x-red", "ci")
    with pytest.raises(InputError, match="did you mean sun-x-read"):
        reproduce("SUN-X-READ", "ci")
    for name in ("sun-x-lost.json", "nothing.json"):
        with pytest.raises(InputError, match=f"there is no file .*{name}: give the path of a figure's record"):
            reproduce(str(tmp_path / name))
    with pytest.raises(InputError, match="is a folder: give the id of a figure"):
        reproduce(str(tmp_path))
    (tmp_path / "kept").write_text("")
    with pytest.raises(InputError, match="is not empty: give another --output"):
        reproduce("sun-x-read", "ci", tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("metrics.json", "[]", "metrics.json is not named for a figure, as iris-12-performance.json is"),
        ("sun-x-read (1).json", "{}", "is not named for a figure"),
        ("sun-x-read.json", "", "is cut or no JSON"),
        ("sun-x-read.json", "[1]", "the file: input should be a valid dictionary.*: correct the file"),
        ("sun-x-read.json", '{"mark": "bar"}', "label: field required: correct the file"),
    ],
)
def test_a_file_of_another_kind_is_one_sentence(recorded, tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        reproduce(str(tmp_path / name))


@pytest.mark.slow
def test_one_that_is_stopped_leaves_nothing(recorded):
    (recorded / "notebooks/sun/2-read.ipynb").unlink()
    write_notebook(recorded / "notebooks/sun/2-read.ipynb", OPEN.format("sun/2-read"), "import time; time.sleep(99)")
    output = recorded / "again"
    command = [sys.executable, "-m", "flarebook.commands.main", "reproduce", changed(recorded), "--here"]
    process = subprocess.Popen([*command, "--output", output], stderr=subprocess.PIPE, text=True)
    while not list(output.glob(".partial-*/results/sun/2-read/metrics.json")) and process.poll() is None:
        time.sleep(0.1)  # until the notebook runs
    process.terminate()
    complaint = process.communicate(timeout=60)[1]
    assert process.returncode == 143 and "stopped by SIGTERM" in complaint and not output.exists()


def test_outside_a_checkout_the_commit_cannot_be_had(recorded, tmp_path_factory, write_project, monkeypatch):
    record, other = changed(recorded), tmp_path_factory.mktemp("other")
    write_project(other)
    monkeypatch.setenv("FLAREBOOK_ROOT", str(other))
    with pytest.raises(InputError, match="is no git checkout"):
        reproduce(record, output=other / "again")


def test_earlier_results_count_only_with_the_hashes_of_the_record(recorded):
    record, run = read_record(recorded / "build/ci/figures", "sun-x-read"), recorded / "build/ci"
    assert set(record["earlier"]) == {"sun/1-draw/flares.parquet"} and "threads" in record
    assert earlier_steps("ci", "sun/2-read") == ["sun/1-draw"] and has_results(run, record, ["sun/1-draw"])
    assert not has_results(run, record | {"earlier": {"sun/1-draw/flares.parquet": "0"}}, ["sun/1-draw"])
    assert not has_results(run, record | {"earlier": None}, ["sun/1-draw"])  # of an older record
    assert not has_results(run, record, ["sun/1-draw", "sun/0-none"])


def test_the_profile_is_that_of_the_output_or_of_the_inputs(recorded):
    folders = {"output": "build/runs/mine", "inputs": "build/ci"}
    assert profile_of_record({"id": "sun-x-read", "parameters": folders}) == "ci"


def test_a_checkout_that_is_stopped_half_way_is_forgotten(recorded, monkeypatch):
    record, git_command = read_record(recorded / "build/ci/figures", "sun-x-read"), checkout._git

    def stopped(*arguments):
        git_command(*arguments)
        raise SystemExit(130)

    (recorded / "notebooks/sun/2-read.ipynb").write_text("{}")  # so that the recorded commit is checked out
    monkeypatch.setattr(checkout, "_git", stopped)
    with pytest.raises(SystemExit), checkout.code_of(record):
        pass
    assert not list((recorded / ".git").glob("worktrees/*"))
