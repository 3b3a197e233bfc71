"""Checkpoints of a pretraining: every number that the next step depends on, as safetensors, whole or absent."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from flarebook.compendium.atomic_files import whole_file
from flarebook.compendium.errors import InputError

MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of each weight


def save_state(path, objective, optimiser, settings, rows):
    """Write a checkpoint.

    objective: the trained Module; optimiser: its AdamW; settings, rows: of this pretraining and of its history, plain.
    """
    tensors = {f"weights.{name}": value.contiguous() for name, value in objective.state_dict().items()}
    for number, kept in optimiser.state_dict()["state"].items():
        tensors |= {f"adamw.{number}.{moment}": kept[moment].contiguous() for moment in MOMENTS}
    with whole_file(path) as partial:
        save_file(tensors, partial, metadata={"note": json.dumps({"settings": settings, "rows": rows})})


def load_state(path, objective, optimiser, settings):
    """Take a checkpoint over into a Module and its optimiser; returns the rows of its history.

    settings: of this pretraining, which must be those of the checkpoint.
    Raises InputError when the file is damaged or belongs to another pretraining.
    """
    tensors, note = _read(path)
    changed = sorted(key for key in settings if note["settings"].get(key) != settings[key])
    if changed:
        key = changed[0]
        raise InputError(
            f"{path} was begun with {key} {note['settings'].get(key)}, now it is {settings[key]}: "
            "give the same settings to go on, or another --out to begin anew"
        )
    weights = {name.removeprefix("weights."): value for name, value in tensors.items() if name.startswith("weights.")}
    objective.load_state_dict(weights)
    state = optimiser.state_dict()
    state["state"] = _moments(tensors)
    optimiser.load_state_dict(state)
    return note["rows"]


def _read(path):
    """Tensors and note of a checkpoint."""
    try:
        with safe_open(Path(path), framework="pt") as file:
            note = json.loads((file.metadata() or {})["note"])
            return {name: file.get_tensor(name) for name in file.keys()}, note
    except (SafetensorError, OSError, KeyError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is no whole checkpoint (pickles are not read): remove it to begin anew") from error


def _moments(tensors):
    """State of AdamW: {number of the weight: {moment: tensor}}."""
    state = {}
    for name, value in tensors.items():
        kind, number, *moment = name.split(".")
        if kind == "adamw":
            state.setdefault(int(number), {})[moment[0]] = value.clone()
    return state


def random_numbers(seed, step):
    """torch's generator, set so that the draws of a step depend on the seed and the step alone.

    Thereby a resumed pretraining draws what it would have drawn.  It is torch's own generator because lightly's masks
    take no other; call inside torch.random.fork_rng.
    """
    return torch.manual_seed(seed * 1_000_003 + step)


def pick_batch(n_images, settings, step):
    """Numbers of a step's images: each epoch goes through all once, in a new order, but for the odd rest."""
    epoch, place = divmod(step, n_images // settings.batch_size)
    order = np.random.default_rng((settings.seed, epoch)).permutation(n_images)
    return order[place * settings.batch_size : (place + 1) * settings.batch_size]


def learning_rate(settings, step):
    """Learning rate of a step: a linear warm-up, then half a cosine down to a hundredth."""
    from lightly.utils.scheduler import cosine_warmup_schedule

    top, warm = settings.learning_rate, max(1, round(settings.warm_up * settings.n_steps))
    return cosine_warmup_schedule(step, settings.n_steps, top, top / 100, warm, 0.0)
