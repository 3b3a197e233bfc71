"""One time step of the simulated Sun, eleven images of 128 pixels, against the target time on one core."""

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import record, seconds

N_STEPS, REPEATS, GOAL = 20, 7, 100.0  # time steps a turn; milliseconds per step


def run():
    """Benchmark record of surface, field, loops, corona, chromosphere and noise, on days near the cycle's maximum."""
    from flarebook.solarchip.images.grid import Disk
    from flarebook.solarchip.sun.regions import sample_population
    from flarebook.solarchip.sun.surface import surface_at
    from flarebook.solarchip.sun.telescope import render_sun

    rng = np.random.default_rng(0)
    population, phases = sample_population(300, rng, cycle_day=1600.0), rng.random((6, 4))

    def ours():
        for day in np.linspace(0, 300, N_STEPS):
            render_sun(Disk(128), surface_at(population, day), population, phases, rng)

    with threadpool_limits(1):
        ours()
        times = 1000 * np.array([seconds(ours) for _ in range(REPEATS)]) / N_STEPS
    peer = f"target of {GOAL:.0f} ms per time step of 11 images at 128 pixels on one core"
    entry = record("solarchip.simulate.ms_per_step", peer, GOAL / np.median(times), GOAL / times, 1.0)
    yield entry | {"value": float(np.median(times)), "unit": "ms/time step"}
