"""A hundred networks as one model against a hundred plain Keras networks: same spectra, batch size and epochs."""

import numpy as np
import pandas as pd

from benchmarks.measure import compare
from flarebook.iris.mg2 import FEATURES

MEMBERS, PEERS = 100, 4  # the peer trains 4 of the 100 networks; the ratio counts 25 times their time
WIDTHS, BATCH, EPOCHS, SEEDS = (32, 16), 512, 5, 4


def drawn_spectra(rng, per_observation=1500):
    """As many spectra, observations and features as in the laptop profile, drawn from overlapping Gaussians."""
    from flarebook.iris.classifiers.splits import select_spectra

    parts = []
    for region, number in (("AR", 18), ("PF", 19)):
        for i in range(number):
            values = rng.normal(0, 0.5, 10) + rng.normal(size=(per_observation, 10)) + 0.4 * (region == "PF")
            rows = pd.DataFrame(values.astype(np.float32), columns=list(FEATURES))
            parts.append(rows.assign(region=region, observation=f"{region} {i}"))
    return select_spectra(pd.concat(parts, ignore_index=True), rng)


def run():
    """Benchmark record of one training epoch, and whether both ways score alike."""
    from benchmarks.sequential_keras import SequentialFits
    from flarebook.iris.classifiers.ensemble import build_network, train_epoch
    from flarebook.iris.classifiers.splits import draw_splits

    rng = np.random.default_rng(0)
    spectra = drawn_spectra(rng)
    splits = draw_splits(spectra, rng, MEMBERS)
    network = build_network(spectra, splits, WIDTHS)
    peers = SequentialFits(spectra, splits.first(PEERS), WIDTHS, BATCH)
    record = compare(
        "iris.ensemble.vs_sequential_keras",
        f"plain Keras, one fit per split; {PEERS} of {MEMBERS} fits timed, counted {MEMBERS // PEERS} times",
        lambda: train_epoch(network, spectra, BATCH, rng),
        peers.epoch,
        goal=10.0,
        weight=MEMBERS / PEERS,
    )
    yield record | score_both(spectra, splits.first(PEERS))


def score_both(spectra, splits):
    """Mean test AUC of both ways after the same epochs, and its spread over seeds."""
    from benchmarks.sequential_keras import SequentialFits, mean_auc

    plain = []
    for seed in range(SEEDS):
        fits = SequentialFits(spectra, splits, WIDTHS, BATCH, seed)
        for _ in range(EPOCHS):
            fits.epoch()
        plain.append(mean_auc(fits.test_logits(), spectra, splits))
    ours = [ensemble_auc(spectra, splits, seed) for seed in range(SEEDS)]
    numbers = {"auc": np.mean(ours), "auc_peer": np.mean(plain), "auc_seed_spread": np.std(plain, ddof=1)}
    return {name: float(value) for name, value in numbers.items()}


def ensemble_auc(spectra, splits, seed):
    """Mean test AUC of the ensemble after the last epoch."""
    from benchmarks.sequential_keras import mean_auc
    from flarebook.iris.classifiers.ensemble import build_network, train_epoch
    from flarebook.iris.classifiers.protocol import test_scores

    network, rng = build_network(spectra, splits, WIDTHS, seed=seed), np.random.default_rng(seed)
    for _ in range(EPOCHS):
        train_epoch(network, spectra, BATCH, rng)
    return mean_auc(test_scores(network.weights_of_members(), spectra, splits), spectra, splits)
