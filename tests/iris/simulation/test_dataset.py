"""The table of spectra."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris import observations
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.features.extract import grid_index
from flarebook.iris.features.window_scan import at_width
from flarebook.iris.mg2 import FEATURES, PROFILE, TRIPLET, TRIPLET_WING
from flarebook.iris.simulation import dataset


@pytest.fixture(scope="module")
def chosen():
    rows = observations.observation_table()
    return rows[rows["observation"].isin(["QS 1", "SS 2", "AR 3", "PF 4"])]


@pytest.fixture(scope="module")
def synchronous(chosen):
    return dataset.build_dataset(chosen, load_library(), seed=1, number=60, scheduler="synchronous")


def test_table_holds_one_row_per_spectrum_with_truth_and_ten_finite_features(synchronous):
    assert list(synchronous.columns[-10:]) == list(FEATURES)
    assert synchronous["observation"].value_counts().between(55, 60).all()
    assert np.isfinite(synchronous[list(FEATURES)]).all(axis=None)
    assert synchronous["quiet_fraction"].between(0, 1).all()
    assert (synchronous["minutes_to_onset"].notna() == (synchronous["region"] == "PF")).all()


def test_threads_give_the_same_table(chosen, synchronous):
    pd.testing.assert_frame_equal(
        dataset.build_dataset(chosen, load_library(), 1, 60, scheduler="threads"), synchronous
    )


@pytest.mark.slow
def test_a_cluster_of_two_processes_gives_the_same_table(chosen, synchronous, monkeypatch):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        monkeypatch.setenv("FLAREBOOK_SCHEDULER", cluster.scheduler_address)
        table = dataset.build_dataset(chosen, load_library(), seed=1, number=60)
    pd.testing.assert_frame_equal(table, synchronous)


def test_an_observation_does_not_depend_on_which_others_are_simulated(chosen, synchronous):
    alone = dataset.build_dataset(chosen[chosen["observation"] == "AR 3"], load_library(), 1, 60)
    among = synchronous[synchronous["observation"] == "AR 3"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone[list(FEATURES)], among[list(FEATURES)])


def test_a_narrow_window_changes_the_integrated_features_only(chosen):
    table = dataset.build_dataset(chosen, load_library(), 1, 60, widths=(1.0,))
    wide, narrow = at_width(table, 3.0), at_width(table, 1.0)
    np.testing.assert_array_equal(wide["triplet"], narrow["triplet"])
    assert (narrow["line_width"] <= wide["line_width"]).all()


def test_whole_profiles_follow_the_same_features(chosen, synchronous):
    table = dataset.build_dataset(chosen, load_library(), 1, 60, profiles=True)
    pd.testing.assert_frame_equal(table[list(synchronous.columns)], synchronous)
    profiles = table[list(PROFILE)]
    assert (profiles.max(axis=1) == 1).all()
    continuum = profiles.iloc[:, grid_index(TRIPLET_WING)] / profiles.iloc[:, grid_index(TRIPLET)]
    np.testing.assert_allclose(-np.log(continuum), table["triplet"], atol=1e-3)


def test_a_time_span_is_kept(chosen):
    rows = dataset.build_dataset(chosen[chosen["region"] == "PF"], load_library(), 1, 80, span=(-81, -1))
    assert rows["minutes_to_onset"].min() < -60 and rows["minutes_to_onset"].max() < -1
