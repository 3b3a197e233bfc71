"""On SLURM, a run ends right although jobs are killed for memory or time and a node is lost; a second run completes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.compendium.workflow import slurm_stub

REAL = Path(__file__).parents[3]
STATES = {"a": "OUT_OF_MEMORY", "b": "TIMEOUT", "c": "NODE_FAIL"}
QUICK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")  # no wait for a shared file system
LIMIT = 300  # s until a run must have come to a point, on a machine that does other work too


@pytest.fixture
def cluster(scattered, tmp_path_factory, monkeypatch):
    """The small project beside a SLURM cluster of four nodes with an empty queue; returns the project's folder."""
    pytest.importorskip("snakemake_executor_plugin_slurm")
    shutil.copytree(REAL / "profiles/slurm", scattered / "profiles/slurm")
    profile = yaml.safe_load((scattered / "profiles/ci.yaml").read_text())
    del profile["notebooks"]["sun/2-read"]
    (scattered / "profiles/ci.yaml").write_text(yaml.safe_dump(profile))
    place = tmp_path_factory.mktemp("slurm")
    slurm_stub.install(place / "bin")
    (place / "queue").mkdir()
    monkeypatch.setenv("PATH", str(place / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("STUB_QUEUE", str(place / "queue"))
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    yield scattered
    subprocess.run(["scancel", *(job.name for job in slurm_stub.queue())], check=True)
    wait_until(lambda: not queued())


def command(*arguments):
    """Command line of a run of the small project's ci profile on the cluster."""
    run = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", "--config", "profile=ci", "study=sun"]
    return [*run, *QUICK, *arguments]


def snakemake(*arguments):
    """Exit code and text of a run on the cluster."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=LIMIT)
    return done.returncode, done.stdout + done.stderr


def queued():
    """What squeue prints."""
    return subprocess.run(["squeue"], capture_output=True, text=True, check=True).stdout


def wait_until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def jobs_of(part):
    """Jobs of a part in their order."""
    comment = f"rule_part_wildcards_sun_1-draw_{part}"
    return [job for job in slurm_stub.queue() if slurm_stub.read(job, "comment") == comment]


def states_of(part):
    """States of the jobs of a part, in their order."""
    return [slurm_stub.read(job, "state") for job in jobs_of(part)]


def result():
    """The metric of the notebook, to which each part adds four."""
    (metric,) = json.loads(Path("build/ci/results/sun/1-draw/metrics.json").read_text())
    return metric["value"]


@pytest.mark.slow
def test_jobs_killed_for_memory_or_time_and_a_lost_node_are_tried_again(cluster):
    for part, state in STATES.items():
        Path("fates", part).write_text(state)
    code, text = snakemake()
    assert code == 0, text
    assert result() == 16
    for part, state in STATES.items():
        assert states_of(part) == [state, "COMPLETED"], part
    assert sorted(Path("made.txt").read_text()) == sorted("aabbccd")
    *_, lost, again = jobs_of("c")
    assert slurm_stub.read(again, "exclude") == slurm_stub.read(lost, "node") != slurm_stub.read(again, "node")
    assert (slurm_stub.read(again, "mem"), slurm_stub.read(again, "time")) == ("500", "5")  # as its profile states


@pytest.mark.slow
def test_without_retries_the_run_says_what_failed_and_a_run_that_is_killed_can_be_completed(cluster):
    for part, state in STATES.items():
        Path("fates", part).write_text(state)
    code, text = snakemake("--retries", "0")
    assert code != 0 and not Path("build/ci/parts/sun/1-draw/gathered.json").exists()
    for part, state in STATES.items():
        assert states_of(part) == [state] and f"SLURM status is: '{state}'" in text
    assert states_of("d") == ["COMPLETED"]
    Path("made.txt").unlink()
    Path("fates/a").write_text("endless")  # the job lasts until it is cancelled
    run = subprocess.Popen(command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: not Path("fates/a").exists())
    code, text = snakemake()
    assert code != 0 and "Directory cannot be locked" in text and "--unlock" in text
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert states_of("a") == ["OUT_OF_MEMORY", "RUNNING"]
    subprocess.run(["scancel", jobs_of("a")[-1].name], check=True)
    wait_until(lambda: not queued())
    assert snakemake()[0] != 0 and snakemake("--unlock")[0] == 0
    code, text = snakemake()
    assert code == 0, text
    assert result() == 16 and "d" not in Path("made.txt").read_text()
