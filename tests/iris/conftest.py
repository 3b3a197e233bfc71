"""Shared by the tests of the classifiers: a small table of spectra that needs no simulator."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris.mg2 import FEATURES


def make_table(rng, n_observations=8, per_observation=120, effect=1.0, between=0.4, regions=("AR", "PF", "QS")):
    """Rows like those of iris/3-observations, with observation effects and overlapping classes.

    PF differs from AR by `effect` standard deviations in triplet and intensity.
    """
    parts = []
    for region in regions:
        for number in range(1, n_observations + 1):
            centre = rng.normal(0, between, len(FEATURES))
            shift = effect * (region == "PF")
            values = centre + rng.normal(size=(per_observation, len(FEATURES)))
            values[:, [0, 5]] += shift
            values[:, 0] = 500 + 100 * values[:, 0]  # intensity has units, the features are not standardised
            rows = pd.DataFrame(values.astype(np.float32), columns=list(FEATURES))
            rows.insert(0, "region", region)
            rows.insert(0, "observation", f"{region} {number}")
            parts.append(rows)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(quiet_fraction=rng.random(len(table)), exposure=0, slit=0, minutes_to_onset=np.nan)


@pytest.fixture(scope="session")
def toy_table():
    """Function that makes the table: toy_table(rng, n_observations=8, ...)."""
    return make_table
