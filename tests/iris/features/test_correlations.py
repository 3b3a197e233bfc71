"""Which features go together, and what the paper says of it."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.features import correlations
from flarebook.iris.features.tables import feature_table
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.samples import real_raster


def spectra(rng, n=400, **columns):
    """Unrelated features but for those given."""
    table = pd.DataFrame(rng.normal(size=(n, 10)), columns=list(FEATURES))
    return table.assign(**columns)


def test_a_monotonic_relation_counts_in_full_however_curved_it_is():
    rng = np.random.default_rng(0)
    table = spectra(rng)
    matrix = correlations.rank_correlations(table.assign(triplet=np.exp(5 * table["intensity"])))
    assert matrix.loc["triplet", "intensity"] == pytest.approx(1)
    assert abs(matrix.loc["triplet", "asymmetry"]) < 0.15
    assert list(matrix.index) == list(matrix.columns) == list(correlations.ORDER)


def test_the_three_groups_hold_every_feature_once():
    assert sorted(correlations.ORDER) == sorted(FEATURES)


def test_two_features_of_one_group_that_follow_each_other_raise_the_coupling_within_groups_alone():
    matrix = pd.DataFrame(np.eye(10), index=correlations.ORDER, columns=correlations.ORDER)
    matrix.loc["triplet", "intensity"] = matrix.loc["intensity", "triplet"] = -1  # of 14 pairs within the groups
    assert correlations.group_coupling(matrix) == (pytest.approx(1 / 14), 0)
    matrix.loc["triplet", "asymmetry"] = matrix.loc["asymmetry", "triplet"] = 0.5  # of 31 pairs between them
    assert correlations.group_coupling(matrix)[1] == pytest.approx(0.5 / 31)


def test_matrices_are_as_far_apart_as_their_pairs_differ():
    first = pd.DataFrame(np.eye(10))
    second = first + 0.2 * (1 - np.eye(10))
    assert correlations.matrix_distance(first, second) == pytest.approx(0.2)


def test_on_the_real_raster_a_filled_reversal_comes_with_close_peaks_and_bright_spectra_with_the_triplet():
    table = correlations.coupling_table({"real": correlations.rank_correlations(feature_table(real_raster()))})
    value = table.set_index(["first", "second"])["real"]
    assert value["peak_separation", "k3_height"] < -0.5
    assert value["intensity", "triplet"] > 0.4
    assert correlations.statements_held(table, "real") >= 5


def test_redrawn_observations_scatter_more_than_redrawn_spectra():
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(8), 50)
    level = rng.normal(size=8)[unit]  # what an observation's spectra have in common
    table = spectra(rng, intensity=level + 0.3 * rng.normal(size=400), triplet=level + 0.3 * rng.normal(size=400))
    pair = [correlations.ORDER.index(name) for name in ("triplet", "intensity")]
    whole, single = (
        correlations.redrawn_matrices(table, which, 60, rng)[:, *pair].std() for which in (unit, np.arange(400))
    )
    assert whole > 2 * single


def test_observations_of_one_kind_lie_near_their_region_and_another_one_far():
    rng = np.random.default_rng(2)
    alike = [spectra(rng).assign(observation=f"AR {i}", region="AR") for i in range(4)]
    odd = spectra(rng, triplet=np.arange(400), intensity=np.arange(400)).assign(observation="AR 9", region="AR")
    distances = correlations.observation_distances(pd.concat([*alike, odd])).set_index("observation")["distance"]
    assert distances.idxmax() == "AR 9"
    assert distances.drop("AR 9").max() < 0.12


def test_two_spectra_have_no_correlation():
    with pytest.raises(InputError, match="at least three spectra; the table holds 2"):
        correlations.rank_correlations(spectra(np.random.default_rng(0), n=2))
