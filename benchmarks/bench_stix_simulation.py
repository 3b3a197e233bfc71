"""One simulated image of the archive, from the drawn flare to eight bits, against the target time on one core."""

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import record, seconds

N_IMAGES, REPEATS, GOAL = 60, 7, 20.0  # images a turn; milliseconds per image


def run():
    """Benchmark record of observation, location on the full disk, 257-pixel map, 200 CLEAN steps and truth."""
    from flarebook.stix.simulation.population import draw_events, select_images
    from flarebook.stix.simulation.simulate import prepare, simulate_batch

    rng = np.random.default_rng(0)
    rows = prepare(select_images(draw_events(2_000, rng), rng, 2 * N_IMAGES), rng).head(N_IMAGES).to_dict("records")

    def ours():
        simulate_batch(rows, 0, 0)

    with threadpool_limits(1):
        ours()
        times = 1000 * np.array([seconds(ours) for _ in range(REPEATS)]) / N_IMAGES
    peer = f"target of {GOAL:.0f} ms per image on one core"
    entry = record("stix.simulate.ms_per_image", peer, GOAL / np.median(times), GOAL / times, 1.0)
    yield entry | {"value": float(np.median(times)), "unit": "ms/image"}
