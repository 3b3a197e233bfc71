"""Uncertainty of scores by resampling."""

import numpy as np

BLOCK = 14  # days of a block: half a rotation, after which other regions face the Earth


def block_weights(n_days, n_draws, rng, block=BLOCK):
    """How often each day counts in each draw of a moving-block bootstrap: (n_draws, n_days) whole numbers.

    Blocks of neighbouring days, since the same regions are in view for a fortnight; they go round the end, so that
    every day has the same chance.  Each draw has n_days days.  Kuensch 1989.
    """
    block = min(block, max(1, n_days // 3))
    starts = rng.integers(n_days, size=(n_draws, -(-n_days // block)))
    days = (starts[..., None] + np.arange(block)).reshape(n_draws, -1)[:, :n_days] % n_days
    weights = np.zeros((n_draws, n_days))
    np.add.at(weights, (np.arange(n_draws)[:, None], days), 1)
    return weights
