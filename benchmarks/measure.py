"""Time two ways of doing the same, interleaved, with the ratio of their medians; measure what one command takes."""

import os
import subprocess
import threading
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import machine

PAUSE = 0.2  # s between two looks at the memory of a command
LIGHT = 0.01  # share of the time that the looks may take


def compare(id, peer, ours, theirs, goal, repeats=5, weight=1.0):
    """Time `ours()` and `theirs()` in turns and return one benchmark record.

    id: "iris.features.vs_published_loop"; peer: what `theirs` is, in words; goal: target ratio; repeats: turns after
    one turn for warming up; weight: work of one call of ours over that of theirs, when theirs does a part of it.
    Ratio above 1: ours is faster.  low and high: smallest and largest ratio of one turn.
    """
    ours(), theirs()
    times = np.array([(seconds(ours), seconds(theirs)) for _ in range(repeats)])
    ratios = weight * times[:, 1] / times[:, 0]
    ratio = weight * np.median(times[:, 1]) / np.median(times[:, 0])
    return record(id, peer, ratio, ratios, goal)


def rate(id, ours, work, unit, goal, repeats=5):
    """Time `ours()` alone against a target rate and return one benchmark record, with value and unit besides.

    work: amount that one call does, in the unit counted per second; goal: target rate; ratio: measured over target.
    """
    ours()
    rates = work / np.array([seconds(ours) for _ in range(repeats)])
    found = record(id, f"target rate, {goal:,.0f} {unit}", np.median(rates) / goal, rates / goal, 1.0)
    return found | {"value": float(np.median(rates)), "unit": unit}


def at_most(id, values, unit, goal):
    """Benchmark record of measured values meant to stay below a goal; ratio: goal over measured."""
    values = np.asarray(values, dtype=float)
    found = record(id, f"target at most {goal:g} {unit}", goal / np.median(values), goal / values, 1.0)
    return found | {"value": float(np.median(values)), "unit": unit}


def seconds(function):
    """Wall-clock seconds of one call."""
    start = perf_counter()
    function()
    return perf_counter() - start


def record(id, peer, ratio, ratios, goal):
    """One entry of build/bench/results.json."""
    return {
        "id": id,
        "peer": peer,
        "ratio": float(ratio),
        "low": float(np.min(ratios)),
        "high": float(np.max(ratios)),
        "goal": float(goal),
        "n": len(ratios),
        "machine": machine(),
    }


class Used(NamedTuple):
    """What a command took: s by the clock, s of all cores, and bytes of memory at their highest."""

    seconds: float
    core_seconds: float
    memory: int


def run_measured(command, environment=()):
    """Run a command and measure it and its children together: Used.

    environment: {name: text} beside that of this process.  The memory is looked at every PAUSE s, less often where a
    look takes more than a LIGHT share of the time, so that a shorter peak may be missed.  Raises InputError when the
    command fails.
    """
    began, peak, ended = perf_counter(), 0, threading.Event()
    process = subprocess.Popen(command, env={**os.environ, **dict(environment)}, stdout=subprocess.DEVNULL)

    def watch():
        nonlocal peak
        pause = PAUSE
        while not ended.wait(pause):
            looked = perf_counter()
            peak = max(peak, memory_of(process.pid))
            pause = max(PAUSE, (perf_counter() - looked) / LIGHT)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode, duration = os.waitstatus_to_exitcode(status), perf_counter() - began
    ended.set()
    watcher.join()
    if status:
        raise InputError(
            f"`{' '.join(map(str, command[2:7]))}` ended with exit code {process.returncode}: mend what it says above, "
            "then run this again for the rest"
        )
    return Used(duration, used.ru_utime + used.ru_stime, peak)


def memory_of(process):
    """Memory of a process and its children in bytes: the proportional set size, in which shared pages count once."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            for thread in Path(f"/proc/{number}/task").iterdir():
                waiting += [int(child) for child in (thread / "children").read_text().split()]
        except (OSError, StopIteration):  # it has just ended
            continue
    return 1024 * total
