"""The workflow reruns what changed and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

REAL = Path(__file__).parents[3]


def snakemake(project, *arguments):
    """Run snakemake on the ci profile of the small project; returns (exit code, all that it wrote)."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", "profile=ci", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def planned(project, *arguments):
    """Names of the notebooks that a dry run would execute."""
    code, text = snakemake(project, *arguments, "--dry-run")
    assert code == 0, text
    return {name for name in ("sun_1_draw", "sun_2_read") if f"rule {name}" in text}


@pytest.fixture
def workflow(project):
    """The small project with the real Snakefile and a copy of the package without its data."""
    shutil.copy(REAL / "Snakefile", project)
    without = shutil.ignore_patterns("__pycache__", "*.fits*", "*.safetensors", "*.npz")
    shutil.copytree(REAL / "src/flarebook", project / "src/flarebook", ignore=without)
    return project


@pytest.fixture
def built(workflow):
    """The same after one complete run."""
    code, text = snakemake(workflow)
    assert code == 0, text
    return workflow


@pytest.mark.slow
def test_only_what_changed_is_run_again(built):
    assert planned(built) == set()
    with open(built / "src/flarebook/compendium/reports/gates.py", "a") as stream:
        stream.write("\n# no notebook imports the gates\n")
    assert planned(built) == set()
    profile = yaml.safe_load((built / "profiles/ci.yaml").read_text())
    profile["notebooks"]["sun/2-read"]["parameters"] = {"threshold": 0.7}
    (built / "profiles/ci.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    assert planned(built) == {"sun_2_read"}
    assert snakemake(built)[0] == 0
    with open(built / "src/flarebook/compendium/run.py", "a") as stream:
        stream.write("\n# every notebook opens a run\n")
    assert planned(built) == {"sun_1_draw", "sun_2_read"}


@pytest.mark.slow
def test_a_changed_notebook_runs_again_with_those_after_it(built):
    path = built / "notebooks/sun/1-draw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# Flares, retitled"
    nbformat.write(notebook, path)
    assert planned(built) == {"sun_1_draw", "sun_2_read"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("n_flares", "n_flare", "sun/1-draw has no parameter 'n_flare' (did you mean n_flares?)"),
        ("n_flares: 4", "n_flares: many", "parameter n_flares is 'many', but it takes int"),
        ("sun/2-read", "sun/3-none", "there is no notebook 'sun/3-none'"),
    ],
)
def test_a_mistyped_profile_stops_before_anything_runs(workflow, old, new, sentence):
    path = workflow / "profiles/ci.yaml"
    path.write_text(path.read_text().replace(old, new))
    code, text = snakemake(workflow)
    assert code != 0 and sentence in text and "Traceback" not in text
    assert not (workflow / "build").exists()


def test_a_mistyped_profile_name_is_told(workflow):
    code, text = snakemake(workflow, "profile=cii")
    assert code != 0 and "did you mean ci?" in text and "Traceback" not in text


def test_the_slurm_profile_asks_for_memory_and_time_of_each_notebook(workflow):
    """A dry run: there is no cluster here, so the plan is read and nothing is submitted."""
    shutil.copytree(REAL / "profiles/slurm", workflow / "profiles/slurm")
    profile = yaml.safe_load((workflow / "profiles/ci.yaml").read_text())
    profile["notebooks"]["sun/2-read"] |= {"memory_mb": 9000, "minutes": 90}
    (workflow / "profiles/ci.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    code, text = snakemake(workflow, "--profile", "profiles/slurm", "--executor", "dryrun")
    assert code == 0 and "slurm_partition=standard" in text
    assert "mem_mb=4000" in text and "mem_mb=9000" in text and "runtime=90" in text


GRAPH = """rule all:
    input: "failed", "later", "cut"
rule failed:
    output: "failed"
    shell: "exit 1"
rule long:
    output: "long"
    shell: "sleep 4; touch {output}"
rule later:
    input: "long"
    output: "later"
    shell: "touch {output}"
rule cut:
    output: "cut"
    shell: "echo begun >> {output}; if [ -e fate ]; then rm fate; kill -9 $PPID; fi"
"""


@pytest.mark.slow
def test_on_slurm_a_failed_job_stops_no_other_and_one_that_was_cut_is_run_again(tmp_path):
    """The profile's settings of the graph, with jobs that run here; $PPID is snakemake."""
    (tmp_path / "Snakefile").write_text(GRAPH)
    settings = ("--profile", str(REAL / "profiles/slurm"), "--executor", "local", "--latency-wait", "1", "--cores", "4")

    def run(*arguments):
        command = [sys.executable, "-m", "snakemake", *settings, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    (tmp_path / "fate").touch()
    assert run("cut").returncode == -9 and (tmp_path / "cut").read_text() == "begun\n"
    assert run("--unlock").returncode == 0
    done = run("--retries", "0")  # a second try would let the others start all the same
    assert done.returncode == 1 and "Error in rule failed" in done.stderr
    assert (tmp_path / "later").exists() and not (tmp_path / "failed").exists(), done.stderr
    assert (tmp_path / "cut").read_text() == "begun\n", done.stderr  # its cut output was removed before


def test_the_slurm_profile_names_notebooks_that_exist():
    settings = yaml.safe_load((REAL / "profiles/slurm/config.yaml").read_text())
    listed = yaml.safe_load((REAL / "profiles/paper.yaml").read_text())["notebooks"]
    assert settings["executor"] == "slurm"
    rules = {name.replace("/", "_").replace("-", "_") for name in listed}
    assert settings["set-threads"].keys() | settings["set-resources"].keys() <= rules
