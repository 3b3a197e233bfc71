"""Parts made on one machine, gathered for a notebook, and made by the notebook itself where nobody made them before."""

import errno
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from types import SimpleNamespace

import pandas as pd
import pytest

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.parts import PartStore
from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parts import gathered_parts, make_parts, parts_folder

PARAMETERS = {"seed": 1}
NAMES = ["a", "b", "c"]


def make(name, parameters, store):
    """Write a part of one row, with the process that made it."""
    if name == "too-large":
        with atomic_write(store.path(name)):
            raise OSError(errno.ENOSPC, "No space left on device")
    if name == "broken":
        raise InputError("broken has no spectrum: give another raster")
    if name == "deaf":  # ends a while after it is asked to
        signal.signal(signal.SIGTERM, lambda *_: time.sleep(2) or os._exit(1))
        (store.folder / "heard").touch()
        time.sleep(60)
    if name == "late-killer":
        while not (store.folder / "heard").exists():
            time.sleep(0.05)
    if "killer" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    store.write(name, pd.DataFrame({"name": [name], "process": [os.getpid()]}))


def names_of(store):
    return store.dataset(columns=["name"]).to_table().to_pandas()["name"].tolist()


@pytest.fixture
def store(tmp_path):
    return PartStore(tmp_path / "parts", PARAMETERS)


@pytest.mark.parametrize("scheduler", ["synchronous", "threads", "processes"])
def test_every_scheduler_makes_all_parts(store, scheduler):
    done = []
    assert make_parts(make, NAMES, PARAMETERS, store, scheduler, jobs=2, report=done.append) == []
    assert names_of(store) == NAMES and sorted(done) == NAMES
    processes = set(store.dataset().to_table()["process"].to_pylist())
    assert (processes == {os.getpid()}) == (scheduler != "processes")


def test_a_part_that_cannot_be_made_is_told_and_the_others_are_made(store):
    reasons = make_parts(make, ["a", "broken", "c"], PARAMETERS, store, jobs=1)
    assert reasons == ["broken has no spectrum: give another raster"] and names_of(store) == ["a", "c"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_ends_the_run_and_keeps_what_was_complete(store, jobs):
    with pytest.raises(InputError, match="No space left on device.*make room"):
        make_parts(make, ["a", "too-large", *map(str, range(40))], PARAMETERS, store, jobs=jobs)
    assert "a" in names_of(store) and len(names_of(store)) < 40


def test_a_killed_process_costs_its_part_and_the_next_run_makes_what_is_missing(store):
    names = ["a", "killer", "c"]
    with pytest.raises(InputError, match="process that made parts was killed.*run again.*only what is missing"):
        make_parts(make, names, PARAMETERS, store, "processes", jobs=2)
    assert "killer" in store.missing(names) and not store.path("killer").exists()
    make_parts(make, [name for name in store.missing(names) if name != "killer"], PARAMETERS, store)
    assert names_of(store) == ["a", "c"]


def test_a_run_that_lost_a_process_ends_after_its_others(store):
    with pytest.raises(InputError, match="process that made parts was killed"):
        make_parts(make, ["deaf", "late-killer"], PARAMETERS, store, "processes", jobs=2)
    assert not multiprocessing.active_children()
    with store.claim("deaf"):
        pass


def test_an_unknown_scheduler_is_refused(store):
    with pytest.raises(InputError, match="no scheduler 'thread': choose one of synchronous, threads, processes"):
        make_parts(make, NAMES, PARAMETERS, store, "thread", jobs=2)


@pytest.fixture
def run(tmp_path):
    output = tmp_path / "build"
    folder = output / "results/sun/1-draw"
    folder.mkdir(parents=True)
    return SimpleNamespace(sources=[output], folder=folder, study="sun", step="1-draw")


def test_a_notebook_makes_its_parts_where_no_job_did_and_keeps_none(run):
    with gathered_parts(run, PARAMETERS, NAMES, make) as store:
        assert names_of(store) == NAMES
    assert list(run.folder.iterdir()) == []


def test_a_notebook_reads_the_parts_that_jobs_made_and_makes_none(run):
    store = PartStore(parts_folder(run.sources[0], "sun/1-draw"), PARAMETERS)
    make_parts(make, NAMES[:2], PARAMETERS, store)
    with pytest.raises(InputError, match="lacks 1 part, the first c: make them with `flarebook parts make sun/1-draw`"):
        with gathered_parts(run, PARAMETERS, NAMES, make):
            pass
    make_parts(make, NAMES[2:], PARAMETERS, store)
    with gathered_parts(run, PARAMETERS, NAMES, None) as gathered:
        assert names_of(gathered) == NAMES
    with pytest.raises(InputError, match="seed 1 instead of 2"), gathered_parts(run, {"seed": 2}, NAMES, make):
        pass


def test_a_scheduler_that_does_not_answer_is_named_at_once(store, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv("FLAREBOOK_SCHEDULER", "tcp://127.0.0.1:9")
    monkeypatch.setattr("flarebook.compendium.workflow.parts.ANSWER", 1)
    with pytest.raises(InputError, match="Dask scheduler at tcp://127.0.0.1:9 does not answer .*unset FLAREBOOK_SCHED"):
        make_parts(make, NAMES, PARAMETERS, store)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_service_at_the_scheduler_s_address_is_told(store, monkeypatch, answer):
    pytest.importorskip("distributed")
    silent = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                silent.accept()[0].sendall(answer)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("FLAREBOOK_SCHEDULER", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
    monkeypatch.setattr("flarebook.compendium.workflow.parts.ANSWER", 1)
    with silent, pytest.raises(InputError, match="Dask scheduler at .* does not answer .*unset FLAREBOOK_SCHED"):
        make_parts(make, NAMES, PARAMETERS, store)


def test_a_scheduler_without_dask_is_one_sentence(store, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_SCHEDULER", "tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="Dask is not installed: install the extra `scale`, or unset FLAREBOOK_SCHED"):
        make_parts(make, NAMES, PARAMETERS, store)


def wait_for_end(name, parameters, store):
    """Make a part, the second one never."""
    if name == "b":
        time.sleep(60)
    store.write(name, pd.DataFrame({"name": [name]}))


@pytest.mark.slow
def test_a_dask_cluster_makes_the_parts_and_one_that_vanishes_leaves_what_was_made(store, monkeypatch):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    monkeypatch.setenv("FLAREBOOK_SCHEDULER", cluster.scheduler_address)
    assert make_parts(make, NAMES, PARAMETERS, store) == [] and names_of(store) == NAMES
    other = PartStore(store.folder.with_name("other"), PARAMETERS)
    with pytest.raises(InputError, match="has vanished with 1 part to be made.*only what is missing is made"):
        make_parts(wait_for_end, ["a", "b"], PARAMETERS, other, report=lambda name: cluster.close())
    assert names_of(other) == ["a"] and other.missing(["a", "b"]) == ["b"]
