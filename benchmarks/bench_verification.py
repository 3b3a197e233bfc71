"""Scores of a forecast record of 10,000 days with 1,000 draws of blocks, in processor time on one core."""

from time import process_time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.measure import at_most

DAYS, DRAWS, REPEATS, GOAL = 10_000, 1000, 3, 5.0  # days, draws; runs; seconds


def run():
    """Benchmark record of `flarebook solarchip verify` without its reading and writing."""
    from flarebook.solarchip.flares.scores import verify_forecast

    rng = np.random.default_rng(1)
    probability = rng.beta(0.6, 2.0, DAYS)
    label, days = rng.random(DAYS) < probability, pd.date_range("1996-01-01", periods=DAYS)
    times = []
    with threadpool_limits(1):
        for _ in range(REPEATS):
            start = process_time()
            verify_forecast(days, label, probability, n_draws=DRAWS)
            times.append(process_time() - start)
    yield at_most("solarchip.verification.seconds", times, "s", GOAL)
