"""The training loop of every network: steps, NaN check, history, validation, patience, checkpoints."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import torch

from flarebook.compendium.errors import InputError


@dataclass(frozen=True)
class TrainingConfig:
    """Length and batches of a training; equal values give equal weights on one CPU."""

    n_steps: int
    batch_size: int = 8
    learning_rate: float = 2e-3  # the highest; it rises over the first tenth of the steps and falls to zero
    seed: int = 1


@dataclass(frozen=True)
class Monitoring:
    """When a row of the history is written, what it holds, and when the training stops."""

    every: int | Collection[int] = 1  # steps between two rows, or the numbers of the steps, from 1; also after the last
    row: Callable[[int, dict], dict] = lambda step, means: {"step": step + 1, **means}  # of a step and means of losses
    metric: str = ""  # column of which the lowest value is the best
    keep_best: Callable[[], None] | None = None  # called after each row with a new best
    patience: int = 0  # rows without a new best before the training stops; 0: never
    progress: Callable[[dict], None] | None = None  # called with each row

    def due(self, step, n_steps):
        """Whether a row follows this step."""
        last = step + 1 == n_steps
        return last or ((step + 1) % self.every == 0 if isinstance(self.every, int) else step + 1 in self.every)

    def best(self, rows):
        """Index of the first row with the lowest value of the metric."""
        return int(np.argmin([row[self.metric] for row in rows]))


def training_loop(train_step, n_steps, name, monitoring=None, checkpoint=None):
    """Take the steps of a training and return the rows of its history; a checkpoint resumes it.

    train_step(step): changes the weights and returns losses, {name: number}; name: of the network, for the messages;
    monitoring: Monitoring, default a row per step; checkpoint: Checkpoint that is read first and written with each row.
    A history with the column "seconds" (of the processor, all threads) counts on from the checkpoint.
    Raises InputError when a loss becomes NaN or infinite.
    """
    monitoring = monitoring or Monitoring()
    rows = checkpoint.load() if checkpoint else []
    recent, clock = [], time.process_time() - (rows[-1]["seconds"] if rows else 0.0)
    for step in range(rows[-1]["step"] if rows else 0, n_steps):
        if monitoring.patience and rows and len(rows) - 1 - monitoring.best(rows) >= monitoring.patience:
            break
        recent.append(train_step(step))
        if not np.isfinite(list(recent[-1].values())).all():
            raise diverged(name, step, n_steps)
        if monitoring.due(step, n_steps):
            row = monitoring.row(step, {key: float(np.mean([one[key] for one in recent])) for key in recent[0]})
            rows.append(row | {"seconds": round(time.process_time() - clock, 3)})
            recent = []
            if monitoring.keep_best and monitoring.best(rows) == len(rows) - 1:
                monitoring.keep_best()
            if checkpoint:
                checkpoint.save(rows)
            if monitoring.progress:
                monitoring.progress(rows[-1])
    return rows


def diverged(name, step, n_steps):
    """InputError of a training whose loss or features became NaN or infinite."""
    return InputError(
        f"NaN or infinite values at step {step + 1} of {n_steps} of the training of {name}: try a lower learning rate, "
        "and check the images for NaN; the last checkpoint, if any, is from before"
    )


def fit(loss, parameters, n_dates, config, name="network"):
    """Minimise a loss over random batches with AdamW and return the loss of each step, (n_steps,).

    loss: function of the indices of a batch's dates and a torch.Generator (on the CPU); parameters: list of tensors;
    n_dates: number of dates; config: TrainingConfig.  Raises InputError as `training_loop` and `sample_batches` do.
    """
    batches, (optimiser, schedule) = sample_batches(n_dates, config), adamw(parameters, config)
    rows = training_loop(
        lambda step: {"loss": descend(loss(*next(batches)), optimiser, schedule, max_norm=1.0)}, config.n_steps, name
    )
    return np.array([row["loss"] for row in rows])


def descend(loss, optimiser, schedule=None, max_norm=None):
    """Take one step down a loss, its gradient clipped to max_norm if given; return the loss as a number."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if max_norm:
        weights = [weight for group in optimiser.param_groups for weight in group["params"]]
        torch.nn.utils.clip_grad_norm_(weights, max_norm)
    optimiser.step()
    if schedule:
        schedule.step()
    return float(loss.detach())


def adamw(parameters, config, betas=(0.9, 0.99)):
    """Return AdamW and its schedule: the learning rate rises to its top in a tenth of the steps, then falls to zero."""
    optimiser = torch.optim.AdamW(parameters, lr=config.learning_rate, betas=betas, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=max(config.n_steps, 10) + 1, pct_start=0.1, cycle_momentum=False
    )
    return optimiser, schedule


def sample_batches(n_dates, config):
    """Return an iterator over (indices of a random batch, generator for the step's other draws), one per step.

    Raises InputError for no dates and for no steps.
    """
    if n_dates < 1 or config.n_steps < 1:
        raise InputError(f"a training needs dates and steps: it got {n_dates} dates and {config.n_steps} steps")
    rng = np.random.default_rng(config.seed)
    generator, size = torch.Generator().manual_seed(config.seed), min(config.batch_size, n_dates)
    return ((torch.from_numpy(rng.choice(n_dates, size, replace=False)), generator) for _ in range(config.n_steps))


def epoch_batch(n_images, config, step):
    """Return the indices of a step's images: each epoch takes every image once, in a new order, but for the rest.

    They depend on config.seed and the step alone, so that a resumed training takes the batches it would have taken.
    """
    epoch, place = divmod(step, n_images // config.batch_size)
    order = np.random.default_rng((config.seed, epoch)).permutation(n_images)
    return order[place * config.batch_size : (place + 1) * config.batch_size]


def seed_step(seed, step):
    """Return torch's generator, seeded so that the draws of a step depend on the seed and the step alone.

    It is torch's own generator because lightly's masks take no other; call inside torch.random.fork_rng.
    """
    return torch.manual_seed(seed * 1_000_003 + step)


def warmup_cosine(config, step, optimiser=None):
    """Return the learning rate of a step, and set it: a linear warm-up, then half a cosine down to a hundredth.

    config: with learning_rate, warm_up (share of the steps) and n_steps.
    """
    from lightly.utils.scheduler import cosine_warmup_schedule

    top, warm = config.learning_rate, max(1, round(config.warm_up * config.n_steps))
    rate = float(cosine_warmup_schedule(step, config.n_steps, top, top / 100, warm, 0.0))
    for group in optimiser.param_groups if optimiser else ():
        group["lr"] = rate
    return rate
