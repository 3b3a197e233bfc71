"""Pretraining of a small transformer on the simulated archive, with one of four objectives."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from flarebook.compendium.errors import InputError
from flarebook.encoders import compact_vit
from flarebook.encoders.compact_vit import OBJECTIVES, pooling_of
from flarebook.evaluation.feature_geometry import effective_rank, spread
from flarebook.learning.checkpoints import Checkpoint
from flarebook.learning.training import (
    Monitoring,
    descend,
    diverged,
    epoch_batch,
    seed_step,
    training_loop,
    warmup_cosine,
)
from flarebook.stix.pretraining.captions import to_numbers, vocabulary, write_captions
from flarebook.stix.pretraining.objectives import create

MOMENTA = {"dino": 0.98, "msn": 0.98, "ijepa": 0.996, "clip": 0.0}  # of the slow copy at the beginning; clip has none
PROBE = 256  # held-out images on which the spread of the features is watched
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides the outcome besides the images; equal values give equal weights on one CPU."""

    objective: str
    n_steps: int
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.04
    warm_up: float = 0.1  # share of the steps
    momentum: tuple[float, float] = (0.98, 1.0)  # of the slow copy, first and last, along half a cosine
    seed: int = 1
    every: int = 10  # steps between two rows of the history


def usable(records):
    """Which images pretraining may see, (n,) bool: simulated, and with something in them."""
    broken = records["flag"].fillna("").astype(str) != "" if "flag" in records else False
    return ((records["origin"] == "simulated") & ~broken).to_numpy()


def pretrain(images, captions, config, folder=None, held_out=None, progress=None):
    """Train one objective; resume from a checkpoint in `folder` when there is one.

    images: (n, h, w), 0 to 255; captions: list of n str, used by clip alone; folder: of the checkpoint, none: nothing
    is written; held_out: images on which the spread of the features is monitored, default the first ones; progress:
    called with each row of the history.
    Returns (encoder, history): the network to ship, and a DataFrame with step, images_seen, loss (mean since the row
    before), spread, effective_rank, learning_rate and seconds (of the processor, all threads).
    Raises InputError for an unknown objective, fewer images than a batch, missing captions, a loss that is NaN.
    """
    check(images, captions, config)
    batch, words, n_words = as_tensors(images, captions, config)
    objective, optimiser = begin(config, n_words)
    probe = (images if held_out is None or not len(held_out) else held_out)[:PROBE]

    def row(step, means):
        features = compact_vit.features(objective.encoder, probe, pooling_of(config.objective))
        if not np.isfinite(features).all():
            raise diverged(config.objective, step, config.n_steps)
        return {
            "step": step + 1,
            "images_seen": (step + 1) * config.batch_size,
            **means,
            "spread": spread(features),
            "effective_rank": effective_rank(features),
            "learning_rate": warmup_cosine(config, step),
        }

    rows = training_loop(
        lambda step: {"loss": train_step(objective, optimiser, batch, words, config, step)},
        config.n_steps,
        config.objective,
        Monitoring(config.every, row, progress=progress),
        Checkpoint(Path(folder) / CHECKPOINT, objective, optimiser, plain_settings(config)) if folder else None,
    )
    return objective.encoder.eval(), pd.DataFrame(rows)


def as_tensors(images, captions, config):
    """Images (n, 1, 48, 48), captions as numbers of words (n, 24) or None, and how many words there are."""
    batch = compact_vit.prepare(images)
    if config.objective != "clip":
        return batch, None, 0
    words = vocabulary(captions)
    return batch, torch.from_numpy(to_numbers(captions, words)), len(words)


def check(images, captions, config):
    """Refuse what cannot be trained on."""
    if config.objective not in OBJECTIVES:
        raise InputError(f"there is no objective {config.objective!r}: take one of {', '.join(OBJECTIVES)}")
    if len(images) < config.batch_size:
        raise InputError(
            f"{len(images)} images do not fill a batch of {config.batch_size}: simulate more, or lower the batch size"
        )
    if config.objective == "clip" and (captions is None or len(captions) != len(images)):
        raise InputError("clip pairs each image with a caption: give as many captions as images")


def begin(config, n_words):
    """Module with new weights, drawn from the seed, and its optimiser."""
    from lightly.models.utils import get_weight_decay_parameters

    with torch.random.fork_rng(devices=[]):
        seed_step(config.seed, -1)
        objective = create(config.objective, n_words).train()
    groups = get_weight_decay_parameters([objective])
    decayed, plain = ([weight for weight in group if weight.requires_grad] for group in groups)
    groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
    return objective, torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)


def train_step(objective, optimiser, images, captions, config, step):
    """Take the step of one batch and return its loss; the seed and the step alone decide its images and views."""
    from lightly.utils.scheduler import cosine_schedule

    chosen = torch.from_numpy(epoch_batch(len(images), config, step))
    warmup_cosine(config, step, optimiser)
    with torch.random.fork_rng(devices=[]):
        rng = seed_step(config.seed, step)
        loss = objective(images[chosen], None if captions is None else captions[chosen], rng)
    value = descend(loss, optimiser, max_norm=3.0)
    objective.follow(cosine_schedule(step, config.n_steps, *config.momentum))
    return value


def plain_settings(config):
    """Return the settings of a run as JSON keeps them: a dict."""
    return json.loads(json.dumps(asdict(config)))


def pretrain_briefly(images, records, objectives=OBJECTIVES, n_steps=12, batch_size=16, seed=1):
    """A short pretraining of each objective from new weights: shows that the loss falls, makes no good encoder.

    images: (n, h, w), 0 to 255; records: their table, for the captions.  Returns the histories in one DataFrame with
    the column objective.
    """
    captions = write_captions(records) if "clip" in objectives else None
    histories = []
    for objective in objectives:
        momentum = (MOMENTA[objective], 1.0)
        brief = PretrainingConfig(
            objective, n_steps, batch_size, momentum=momentum, seed=seed, every=max(1, n_steps // 10)
        )
        histories.append(pretrain(images, captions, brief)[1].assign(objective=objective))
    return pd.concat(histories, ignore_index=True)
