"""Time two ways of doing the same, interleaved, and tell the ratio of their medians with its range."""

import os
import platform
from pathlib import Path
from time import perf_counter

import numpy as np


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


def machine():
    """Processor and number of cores in words."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{models[0] if models else platform.processor() or platform.machine()}, {cores} cores"
