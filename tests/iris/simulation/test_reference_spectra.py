"""The two baselines of separability look like what they are named after."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.simulation import dataset


@pytest.fixture(scope="module")
def drawn():
    return dataset.baseline_spectra(load_library(), 60, np.random.default_rng(4))


def test_flare_like_spectra_are_brighter_with_triplet_emission_and_little_continuum(drawn):
    _, table = drawn
    median = table.groupby("region").median()
    assert median.loc["flare", "intensity"] > 5 * median.loc["QS", "intensity"]
    assert median.loc["flare", "triplet"] > 0 > median.loc["QS", "triplet"]
    assert median.loc["flare", "total_continuum"] < 0.5 * median.loc["QS", "total_continuum"]


def test_each_row_of_the_table_belongs_to_its_spectrum(drawn):
    spectra, table = drawn
    assert len(spectra) == len(table)
    assert np.corrcoef(np.log(spectra.max(axis=1)), np.log(table["intensity"]))[0, 1] > 0.95


def test_the_seed_decides_the_spectra():
    first, second = (dataset.baseline_spectra(load_library(), 5, np.random.default_rng(8))[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_one_region_twice_is_halved_at_random():
    table = pd.DataFrame({"region": "QS", "spectrum": np.arange(300)})
    drawn = dataset.same_region_twice(table, 100, np.random.default_rng(1))
    assert drawn["region"].value_counts().to_dict() == {"QS": 100, "QS again": 100}
    assert drawn["spectrum"].is_unique
    assert abs(drawn.groupby("region")["spectrum"].mean().diff().iloc[1]) < 40  # not the first and the last half


def test_more_spectra_than_are_simulated_are_as_many_as_there_are_of_both_kinds():
    _, table = dataset.baseline_spectra(load_library(), 50_000, np.random.default_rng(2))
    count = table["region"].value_counts()
    assert 1000 < count["QS"] < 50_000 and count["QS"] == pytest.approx(count["flare"], rel=0.05)
