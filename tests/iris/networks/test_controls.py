"""Simulated data sets with a known answer: small cores, and an order of time that only a sequence model can read."""

import numpy as np
import pytest

from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.networks import bags as bag
from flarebook.iris.observations import observation_table


@pytest.fixture(scope="module")
def pair():
    table = observation_table()
    return table[table["observation"].isin(["AR 1", "AR 16", "PF 1", "PF 16"])]


def test_small_cores_leave_little_active_light(pair):
    table = bag.small_cores(pair, load_library(), 1, 60, share=0.05)
    free = table[table["observation"] != "PF 16"]
    assert (free["quiet_fraction"] > 0.5).mean() > 0.75


def test_the_order_control_runs_one_class_backwards(pair):
    table = bag.order_control(pair, load_library(), 1, 200)
    active = table[table["quiet_fraction"] < 0.5]
    minutes = bag.window_minutes(active, pair)
    late = active["activity"][minutes > 15].groupby(active["region"]).mean()
    early = active["activity"][minutes < 10].groupby(active["region"]).mean()
    assert late["PF"] > 3 * early["PF"]
    assert early["AR"] > 3 * late["AR"]
    assert set(table["region"]) == {"AR", "PF"}
    assert np.isfinite(minutes).all()
