"""A loss made small over random batches of dates: the loop that every network of the translation shares."""

from dataclasses import dataclass

import numpy as np
import torch

from flarebook.compendium.errors import InputError


@dataclass(frozen=True)
class Steps:
    """How long a network learns, and in what portions; the same numbers give the same weights, on one CPU."""

    n_steps: int
    batch_size: int = 8
    learning_rate: float = 2e-3  # the highest; it rises over the first tenth of the steps and falls to nothing
    seed: int = 1


def minimise(loss, weights, n_dates, steps):
    """Change weights so that a loss becomes small; returns the loss of each step, (n_steps,).

    loss: function of the numbers of a batch's dates and a torch.Generator (on the CPU); weights: list of parameters;
    n_dates: how many there are; steps: Steps.  Raises InputError for no dates and for a loss that is no number.
    """
    _check(n_dates, steps)
    optimiser, schedule = adamw(weights, steps)
    course = np.empty(steps.n_steps)
    for step, (chosen, generator) in enumerate(batches(n_dates, steps)):
        value = loss(chosen, generator)
        if not torch.isfinite(value):
            raise InputError(
                f"a training runs into no numbers at step {step + 1} of {steps.n_steps}: lower the learning rate of "
                f"{steps.learning_rate:g}, and see that no image has pixels that are no numbers"
            )
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        schedule.step()
        course[step] = float(value.detach())
    return course


def adamw(weights, steps, betas=(0.9, 0.99)):
    """Optimiser and its schedule: the learning rate rises to its top in a tenth of the steps, then falls to nothing."""
    optimiser = torch.optim.AdamW(weights, lr=steps.learning_rate, betas=betas, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, steps.learning_rate, total_steps=max(steps.n_steps, 10) + 1, pct_start=0.1, cycle_momentum=False
    )
    return optimiser, schedule


def batches(n_dates, steps):
    """Numbers of each step's dates, drawn from the seed, and a generator for what else a step draws."""
    _check(n_dates, steps)
    rng = np.random.default_rng(steps.seed)
    generator = torch.Generator().manual_seed(steps.seed)
    for _ in range(steps.n_steps):
        yield torch.from_numpy(rng.choice(n_dates, min(steps.batch_size, n_dates), replace=False)), generator


def _check(n_dates, steps):
    """Refuse a training without dates or without steps."""
    if n_dates < 1 or steps.n_steps < 1:
        raise InputError(f"a training needs dates and steps: it got {n_dates} dates and {steps.n_steps} steps")
