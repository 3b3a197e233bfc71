"""Parts of a data set made one by one, by local processes or on a Dask cluster, and gathered for a notebook.

A study's module `flarebook.<study>.parts` offers part_settings(notebook, values), part_names(parameters) and
make_part(name, parameters, store), which raises InputError for a name that is none of those.
"""

import asyncio
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from flarebook.compendium.atomic_files import own_folder
from flarebook.compendium.batch_report import counted, skipping
from flarebook.compendium.data.parts import PARAMETERS, PartStore
from flarebook.compendium.errors import InputError, Unwritable, reason_of
from flarebook.compendium.project import shown

ADDRESS = "FLAREBOOK_SCHEDULER"  # variable with the address of a Dask scheduler, tcp://...
SCHEDULERS = {"synchronous": None, "threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
ANSWER, PAUSE = 20, 0.1  # s until a scheduler must answer, and between two looks at a cluster


def parts_folder(output, notebook):
    """Folder of the parts of a notebook in a run: <output>/parts/<study>/<step>."""
    return output / "parts" / notebook


def make_one(make, name, parameters, store):
    """Make one part while no other run does; returns what make_part returns."""
    with store.claim(name):
        return make(name, parameters, store)


def make_parts(make, names, parameters, store, scheduler="processes", jobs=None, report=lambda name: None):
    """Make parts on the cluster that FLAREBOOK_SCHEDULER names, or on this machine.

    make: make_part of a study; scheduler: one of SCHEDULERS; jobs: parts at a time, all cores by default; report:
    called with the name of each part that is done.  Returns one sentence for each part that was not made.
    Raises InputError when the cluster or a process is lost, or the store cannot be written, since no further part could
    be stored either; parts that were complete are kept.
    """
    reasons, tasks = [], {name: (make_one, make, name, parameters, store) for name in names}
    for name, result in run_tasks(tasks, scheduler, jobs):
        with skipping(reasons, name, passing=Unwritable):
            result()
        report(name)
    return reasons


def run_tasks(tasks, scheduler="processes", jobs=None):
    """Run tasks on the cluster that FLAREBOOK_SCHEDULER names, or on this machine.

    tasks: {name: (function, *arguments)}; scheduler, jobs: as of `make_parts`.  Yields, as they end, the name and a
    function that returns the result or raises what the task raised.
    Raises InputError when the cluster or a process is lost.
    """
    if address := os.environ.get(ADDRESS):
        yield from _on_cluster(tasks, address)
    elif scheduler == "synchronous" or jobs == 1 or len(tasks) < 2:
        yield from ((name, lambda task=task: task[0](*task[1:])) for name, task in tasks.items())
    else:
        yield from _on_machine(tasks, scheduler, min(jobs or os.cpu_count(), len(tasks)))


def _on_machine(tasks, scheduler, jobs):
    """Run tasks by threads or processes; yields as `run_tasks`."""
    if scheduler not in SCHEDULERS:
        raise InputError(f"there is no scheduler {scheduler!r}: choose one of {', '.join(SCHEDULERS)}")
    options = {"mp_context": multiprocessing.get_context("spawn")} if scheduler == "processes" else {}
    executor = SCHEDULERS[scheduler](jobs, **options)
    try:
        futures = {executor.submit(*task): name for name, task in tasks.items()}
        for future in as_completed(futures):
            if isinstance(future.exception(), BrokenProcessPool):
                raise InputError(
                    "a process that made parts was killed, perhaps for want of memory: what was complete is kept; "
                    "run again with fewer --jobs, and only what is missing is made"
                )
            yield futures[future], future.result
    finally:
        executor.shutdown(cancel_futures=True)  # its processes have ended: the next run can claim their parts


def _on_cluster(tasks, address):
    """Run tasks on a Dask cluster; yields as `run_tasks`.

    Raises InputError when no scheduler answers or it vanishes: parts lie in the store as soon as they are complete.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            f"{ADDRESS} is set, but Dask is not installed: install the extra `scale`, or unset {ADDRESS}"
        ) from error
    lost = f"the Dask scheduler at {address}"
    try:
        with ThreadPoolExecutor(1) as executor:  # a notebook's own thread runs an event loop already
            executor.submit(asyncio.run, _reach(address)).result()
        client = Client(address, timeout=ANSWER)
    except (OSError, ValueError, MemoryError) as error:  # MemoryError: another service's first bytes, read as a length
        raise InputError(f"{lost} does not answer ({reason_of(error)}): start it, or unset {ADDRESS}") from error
    with client:
        pending = {name: client.submit(*task, pure=False) for name, task in tasks.items()}
        while pending:
            done = [name for name, future in pending.items() if future.status in ("finished", "error")]
            for name in done:
                yield name, pending.pop(name).result
            if client.status != "running" or any(f.status in ("cancelled", "lost") for f in pending.values()):
                raise InputError(
                    f"{lost} has vanished with {counted(len(pending), 'part')} to be made: those that were complete "
                    "are kept; start it and run again, and only what is missing is made"
                )
            time.sleep(0 if done else PAUSE)


async def _reach(address):
    """Raise an error where no Dask scheduler answers in time; `Client` waits for ever where another service listens."""
    from distributed.comm import connect

    try:
        async with asyncio.timeout(ANSWER):
            await (await connect(address, timeout=ANSWER)).close()
    except TimeoutError as error:
        raise TimeoutError(f"no answer within {ANSWER} s") from error


@contextmanager
def gathered_parts(run, parameters, names, make, scheduler="threads", suffix=".parquet"):
    """Give the store of a notebook's parts with all names in it.

    run: of the notebook; suffix: of PartStore.  The workflow fills <output>/parts/<study>/<step> with one job a part;
    where it did not, the parts are made here, in a folder that is removed afterwards.
    Raises InputError for parts that are missing, cut or of other parameters, and when one cannot be made.
    """
    folder = parts_folder(run.sources[0], f"{run.study}/{run.step}")
    if (folder / PARAMETERS).is_file():
        store = PartStore(folder, parameters, suffix)
        if absent := store.missing(names):
            raise InputError(
                f"{shown(folder)} lacks {counted(len(absent), 'part')}, the first {absent[0]}: make them with "
                f"`flarebook parts make {run.study}/{run.step}`, or remove the folder to have all made by the notebook"
            )
        yield store
        return
    with own_folder(run.folder / "parts") as own:
        store = PartStore(own, parameters, suffix)
        if reasons := make_parts(make, names, parameters, store, scheduler):
            raise InputError(reasons[0])
        yield store
