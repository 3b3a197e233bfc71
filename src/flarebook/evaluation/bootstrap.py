"""Uncertainty of scores by resampling: units with replacement, blocks of days, percentile intervals."""

import numpy as np

BLOCK = 14  # days of a block: half a rotation, after which other regions face the Earth


def resample_rows(n_units, n_draws, rng):
    """Yield the rows of each bootstrap draw, n_units of them with replacement: n_draws arrays (n_units,).

    Lazily, so that a caller may draw other things from rng between two draws.  Efron 1979.
    """
    for _ in range(n_draws):
        yield rng.integers(n_units, size=n_units)


def resample_counts(n_units, n_draws, rng):
    """Yield how often each unit counts in each bootstrap draw: n_draws arrays (n_units,) of sum n_units.

    The same distribution as `resample_rows`, for statistics that are sums over units.
    """
    for _ in range(n_draws):
        yield rng.multinomial(n_units, np.full(n_units, 1 / n_units))


def block_weights(n_days, n_draws, rng, block=BLOCK):
    """How often each day counts in each draw of a moving-block bootstrap: (n_draws, n_days) whole numbers.

    Blocks of neighbouring days, since the same regions are in view for a fortnight; they go round the end, so that
    every day has the same chance.  Each draw has n_days days.  Kuensch 1989.
    """
    block = min(block, max(1, n_days // 3))
    starts = rng.integers(n_days, size=(n_draws, -(-n_days // block)))
    days = (starts[..., None] + np.arange(block)).reshape(n_draws, -1)[:, :n_days] % n_days
    return np.array([np.bincount(drawn, minlength=n_days) for drawn in days], float)


def percentile_interval(draws, level=0.68):
    """Compute the central range that holds `level` of the draws: array (low, high), or (2, ...) by columns.

    draws: (n_draws, ...); draws without a value (NaN) do not count.
    """
    return np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
