"""Time and memory of a pretraining step, for growing batch and tokens, on the device that is there."""

import copy
import weakref
from collections import Counter
from contextlib import nullcontext

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.measure import at_most, compare, seconds

CHANNELS = ("hmi", "171", "304")
PROMISED = 6.0  # milliseconds per picture of 64 patches, forward and backward, on one core
REPEATS = 3
STEPS = [(name, dates, 128) for name in ("vit-tiny", "cnn-tiny") for dates in (8, 32, 96)]
STEPS += [("vit-tiny", 32, 256), ("cnn-tiny", 32, 256)]  # name, dates, pixels along a side


def run():
    """Benchmark records of steps with all four terms, and of one batch in micro-batches against the same in one go."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name, dates, image in STEPS:
        yield step_record(name, dates, image, device)
    yield micro_batches_record("vit-tiny", 96, 4, device)


def step_record(name, dates, image, device):
    """Milliseconds per picture, with megabytes, pictures per second and the share of the device's peak besides."""
    objective, pictures = prepared(name, dates, image, device)
    work = lambda: step(objective, pictures)  # noqa: E731
    megabytes = memory(work, objective, device) / 1e6
    times = np.array([seconds(lambda: finished(work, device)) for _ in range(REPEATS)])
    n_pictures, tokens = dates * len(CHANNELS), (image // 16) ** 2
    values, goal = 1e3 * times / n_pictures, PROMISED * tokens / 64
    share = operations(objective, pictures) / np.median(times) / peak(device)
    found = at_most(f"solarchip.step.{name}.dates{dates}.patches{tokens}", values, "ms per picture", goal)
    speed = 1e3 / found["value"]
    words = f"measured {found['value']:.2g} ms, {speed:.0f} pictures/s, {share:.0%} of the matrix product's rate"
    found["peer"] += f"; {words}, {megabytes:.0f} MB kept for the way back, on {device}"
    return found | {"megabytes": megabytes, "pictures_per_s": speed, "share_of_peak": share, "device": device}


def micro_batches_record(name, dates, n_parts, device):
    """Time in one go over time in micro-batches, which keep all negatives, and the memory that it saves."""
    objective, pictures = prepared(name, dates, 128, device)
    whole = lambda: step(objective, pictures)  # noqa: E731
    pieces = lambda: step(objective, pictures, n_parts)  # noqa: E731
    megabytes = [memory(work, objective, device) / 1e6 for work in (pieces, whole)]
    peer = f"our own batch of {dates} in one go, {megabytes[1]:.0f} MB kept instead of {megabytes[0]:.0f}"
    ours, theirs = (lambda: finished(pieces, device)), (lambda: finished(whole, device))
    found = compare(f"solarchip.pieces.{name}.dates{dates}.in{n_parts}", peer, ours, theirs, 0.6, REPEATS)
    return found | {"megabytes": megabytes}


def prepared(name, dates, image, device):
    """Objective with all four terms on the device, and a batch of noise (dates, channels, image, image)."""
    from flarebook.solarchip.models.autoencoder import create_autoencoder
    from flarebook.solarchip.pretraining.objective import TERMS, Objective

    objective = Objective(create_autoencoder(name, image=image), dict.fromkeys(TERMS, 1.0)).to(device)
    return objective, torch.randn(dates, len(CHANNELS), image, image, device=device)


def step(objective, pictures, n_parts=1):
    """Forward and backward; in bfloat16 on a GPU, as one would train there."""
    with torch.autocast("cuda", torch.bfloat16) if pictures.is_cuda else nullcontext():
        if n_parts == 1:
            objective(pictures, CHANNELS)[0].backward()
        else:
            objective.by_micro_batches(pictures, CHANNELS, n_parts, torch.Tensor.backward)


def finished(work, device):
    """Do the work and wait until the device has done it."""
    work()
    if device == "cuda":
        torch.cuda.synchronize()


def operations(objective, pictures):
    """Floating-point operations of the autoencoders in a step (the contrast adds a percent), counted without data."""
    hollow = copy.deepcopy(objective).to("meta")
    hollow.weights = {"reconstruction": 1.0}
    with FlopCounterMode(display=False) as counter:
        step(hollow, pictures.to("meta"))
    return counter.get_total_flops()


def peak(device, n=2048):
    """Operations per second of a large matrix product in the step's precision: what the device gives at best."""
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    matrix = torch.randn(n, n, device=device, dtype=kind)
    return 2 * n**3 / min(seconds(lambda: finished(lambda: matrix @ matrix, device)) for _ in range(5))


def memory(work, objective, device):
    """Most bytes of one call beyond the weights: all that is allocated on a GPU, on a CPU what autograd keeps."""
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() - before
    kept = Kept(objective)
    with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda held: held.tensor):
        work()
    return kept.most


class Kept:
    """Counts the bytes of the different tensors that autograd holds at a time, those of the weights left out."""

    def __init__(self, model):
        self.weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
        self.users, self.now, self.most = Counter(), 0, 0

    def pack(self, tensor):
        """Note a tensor that is kept; it is forgotten when autograd lets go of what is returned."""
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        held = Held(tensor)
        if place not in self.weights:
            self.now += 0 if self.users[place] else size
            self.most, self.users[place] = max(self.most, self.now), self.users[place] + 1
            weakref.finalize(held, self.forget, place, size)
        return held

    def forget(self, place, size):
        """One user of a tensor less."""
        self.users[place] -= 1
        self.now -= 0 if self.users[place] else size


class Held:
    """A tensor in an envelope."""

    def __init__(self, tensor):
        self.tensor = tensor
