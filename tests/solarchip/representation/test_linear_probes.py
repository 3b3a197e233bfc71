"""Probes find what features know and nothing in noise, and ask only what can be answered."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.representation import linear_probes

N = 300
TRAIN = np.arange(N) < 200


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_the_hemisphere_with_more_flux_is_found_and_noise_does_not_vote(rng):
    field = rng.normal(0, 10, (2, 32, 32))
    field[0, 20:24, 5:9] += 300  # row 0 lies in the south
    field[1, 6:10, 5:9] -= 300
    field[1, 20:30] += 30  # weak field all over the north
    assert linear_probes.hemisphere(field).tolist() == [1, 0]


@pytest.mark.parametrize("kind", ["number", "class"])
def test_features_that_hold_the_answer_score_one_and_noise_scores_nothing(rng, kind):
    truth = rng.normal(size=N)
    answer = truth if kind == "number" else (truth > 0).astype(float)
    noise = rng.normal(size=(N, 5))
    knowing = linear_probes.run_probes(noise + 6 * truth[:, None], answer, kind, TRAIN, ~TRAIN)
    guessing = linear_probes.run_probes(noise, answer, kind, TRAIN, ~TRAIN)
    assert min(knowing.values()) > 0.9
    assert max(np.abs(list(guessing.values()))) < 0.3


def test_a_probe_of_one_channel_reads_another_only_when_both_say_the_same(rng):
    truth = rng.normal(size=N)
    first = truth[:, None] * [1.0, 0] + 0.1 * rng.normal(size=(N, 2))
    turned = first[:, ::-1]
    assert linear_probes.run_probes(first, truth, "number", TRAIN, ~TRAIN, first)["linear"] > 0.95
    assert abs(linear_probes.run_probes(first, truth, "number", TRAIN, ~TRAIN, turned)["linear"]) < 0.4


def test_an_answer_that_is_the_same_for_all_dates_orders_nothing():
    assert linear_probes.probe_skill(np.ones(20), np.arange(20.0), "number") == 0


def test_unknown_truth_is_left_out_and_rare_classes_are_not_asked(rng):
    days = pd.DataFrame({"unsigned_flux": 10 ** rng.normal(22, 1, N), "label_m": 0, "r_value": pd.NA})
    days.loc[::40, "label_m"] = 1
    days.loc[:50, "unsigned_flux"] = pd.NA
    table = linear_probes.probe_targets(days, rng.normal(0, 100, (N, 8, 8)))
    assert table["unsigned_flux"].isna().sum() == 51
    assert table["unsigned_flux"].mean() == pytest.approx(22, abs=0.2)  # a logarithm
    assert linear_probes.available_targets(table, TRAIN, ~TRAIN) == ["unsigned_flux", "hemisphere"]


def test_of_a_real_sun_the_measured_r_is_asked_and_of_a_simulated_one_its_own(rng):
    days = pd.DataFrame({"r_value": rng.normal(size=N), "r_measured": rng.normal(size=N)})
    fields = rng.normal(0, 100, (N, 8, 8))
    assert list(linear_probes.probe_targets(days, fields)) == ["r_value", "hemisphere"]
    for real in (days.assign(r_value=np.nan), days.drop(columns="r_value")):
        assert list(linear_probes.probe_targets(real, fields)) == ["r_measured", "hemisphere"]
    assert linear_probes.NAMES.keys() == linear_probes.TARGETS.keys()


def test_nothing_to_learn_from_is_told():
    with pytest.raises(InputError, match="dates with an answer"):
        linear_probes.run_probes(np.ones((N, 2)), np.full(N, np.nan), "number", TRAIN, ~TRAIN)
