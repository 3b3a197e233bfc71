"""Bags keep observations whole; networks learn from training bags alone; few observations give wide intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.splits import TEST, TRAIN, VALIDATION, Splits, draw_splits
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.networks import bags as bag
from flarebook.iris.networks import whole_observations as whole
from flarebook.iris.networks.pooling import LSTM, MEAN, PER_SPECTRUM


@pytest.fixture(scope="module")
def observations():
    names = [f"{region} {i}" for region in ("AR", "PF") for i in range(1, 9)]
    return pd.DataFrame({"observation": names, "step_cadence": 15.0})


@pytest.fixture(scope="module")
def table(toy_table):
    """Spectra whose times fill 25 minutes; a spectrum of a pre-flare observation has its minutes to onset."""
    rng = np.random.default_rng(10)
    rows = toy_table(rng, effect=2.0)
    rows = rows.assign(exposure=rng.integers(0, 100, len(rows)))
    to_onset = np.where(rows["region"] == "PF", rows["exposure"] * 15 / 60 - 26, np.nan)
    return rows.assign(minutes_to_onset=to_onset)


@pytest.fixture(scope="module")
def bags(table, observations):
    return bag.make_bags(table, observations, np.random.default_rng(1), n_times=5, n_each=6)


@pytest.fixture(scope="module")
def splits(bags):
    return draw_splits(bags.spectra, np.random.default_rng(11), 3, n_test=2, n_validation=1)


CONFIG = whole.BagConfig(widths=(8, 4), epochs=4, steps=6, learning_rate=0.02)


def test_times_of_both_classes_count_from_the_start_of_the_window(table, observations):
    minutes = bag.window_minutes(table[table["region"] != "QS"], observations)
    assert 0 <= minutes.min() < 1
    assert 24 < minutes.max() < 25


def test_each_bin_holds_spectra_of_its_own_time_and_observation(table, observations):
    own = table.assign(intensity=bag.window_minutes(table.assign(observation="AR 1"), observations))
    bags = bag.make_bags(own, observations, np.random.default_rng(1), n_times=5, n_each=6)
    for time in range(5):
        minutes = bags.values[:, time, :, FEATURES.index("intensity")][bags.present[:, time]]
        assert (5 * time <= minutes + 1e-3).all() and (minutes < 5 * time + 5 + 1e-3).all()


def test_bins_with_enough_spectra_are_full_and_no_spectrum_is_in_two_places(bags):
    assert bags.present.all()
    values = bags.values[bags.present]
    assert len(np.unique(values, axis=0)) == len(values)


def test_an_empty_bag_is_refused(table, observations):
    with pytest.raises(InputError, match="raise n_times and n_each"):
        bag.make_bags(table, observations, np.random.default_rng(1), n_times=0)


def test_tables_of_real_spectra_know_no_quiet_light(table, observations):
    bags = bag.make_bags(table.assign(quiet_fraction=np.nan), observations, np.random.default_rng(1))
    assert np.isnan(bags.quiet).all()


@pytest.mark.parametrize("pooling", [PER_SPECTRUM, MEAN, LSTM])
def test_separable_observations_are_separated(bags, splits, pooling):
    (trained,) = whole.train_bags([bags], [splits], pooling, CONFIG)
    table = whole.observation_scores(pooling, trained.scores, bags, splits)
    assert table[table["metric"] == "auc"]["value"].mean() > 0.9


def test_networks_do_not_learn_from_test_bags(bags, splits):
    one = splits.first(1)
    tested = (one.role[0] == TEST)[:, None, None, None]
    noise = np.random.default_rng(0).normal(size=bags.values.shape).astype(np.float32)
    changed = replace(bags, values=np.where(tested, noise, bags.values))
    first, second = (whole.train_bags([data], [one], MEAN, CONFIG)[0].scores for data in (bags, changed))
    others = one.role[0] != TEST
    np.testing.assert_allclose(first[0, others], second[0, others], atol=1e-6)
    assert not np.allclose(first[0, ~others], second[0, ~others])


def test_data_sets_do_not_influence_one_another(bags, splits):
    fewer = cut_observations(bags, 14)
    own = Splits(splits.role[:, :14])
    alone = whole.train_bags([bags], [splits], MEAN, CONFIG)[0]
    together = whole.train_bags([bags, fewer], [splits, own], MEAN, CONFIG)
    assert together[1].scores.shape == (3, 14)
    assert together[1].relevance.shape == (3, 14, 30)
    assert together[0].weights == alone.weights
    noise = replace(fewer, values=np.zeros_like(fewer.values))
    again = whole.train_bags([bags, noise], [splits, own], MEAN, CONFIG)
    np.testing.assert_allclose(together[0].scores, again[0].scores, atol=1e-6)


def cut_observations(bags, n):
    """The first n observations of the bags."""
    own = bags.spectra.observation < n
    parts = {"features": bags.spectra.features[own], "label": bags.spectra.label[own]}
    parts |= {"observation": bags.spectra.observation[own], "names": bags.spectra.names[:n]}
    spectra = replace(bags.spectra, positive=bags.spectra.positive[:n], **parts)
    return bag.Bags(bags.values[:n], bags.present[:n], bags.quiet[:n], spectra)


def test_both_classes_weigh_the_same(bags, splits):
    for part in (TRAIN, VALIDATION):
        weights = whole.bag_weights(splits, bags, part)
        np.testing.assert_allclose(weights @ bags.label, 0.5)
        np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_the_reference_is_compared_with_nothing(bags, splits):
    scores = np.random.default_rng(1).random((2, *splits.role.shape))
    tables = [whole.observation_scores(m, s, bags, splits) for m, s in zip((PER_SPECTRUM, MEAN), scores, strict=True)]
    compared = whole.compare_models(pd.concat(tables), splits).set_index(["model", "metric"])
    assert compared["p"].isna()[PER_SPECTRUM].all()
    assert (compared.loc[MEAN, "low"] <= compared.loc[MEAN, "difference"]).all()


def test_mean_scores_leave_out_observations_never_tested(bags, splits):
    role = splits.role.copy()
    role[:, 0] = TRAIN
    scores = np.random.default_rng(1).random(role.shape)
    mean = whole.mean_test_scores(scores, Splits(role))
    assert np.isnan(mean[0])
    tested = np.flatnonzero((role == TEST).sum(axis=0) == 1)[0]
    assert mean[tested] == scores[role[:, tested] == TEST, tested][0]


def test_the_interval_holds_the_auc_of_all_observations():
    rng = np.random.default_rng(3)
    positive = np.arange(37) < 19
    score = positive + rng.normal(size=37)
    auc, low, high = whole.auc_interval(score, positive, rng, 400)
    assert auc == pytest.approx(roc_auc_score(positive, score))
    assert low < auc < high


def test_standard_error_of_an_auc_matches_simulation():
    rng = np.random.default_rng(5)
    aucs = [roc_auc_score(np.repeat([1, 0], 18), rng.normal(np.repeat([1.53, 0], 18))) for _ in range(600)]
    assert whole.auc_error(np.mean(aucs), 18, 18) == pytest.approx(np.std(aucs), rel=0.1)


def test_more_observations_narrow_the_interval():
    table = whole.half_widths([18, 180])
    wide, narrow = (table[table["n"] == n]["half_width"].to_numpy() for n in (18, 180))
    assert (narrow < wide / 2.5).all()


def test_relevance_is_compared_where_the_truth_is_known(bags, splits):
    shape = (len(splits), len(bags.label), bags.present[0].size)
    right = np.broadcast_to(-np.nan_to_num(bags.quiet, nan=9).reshape(1, len(bags.label), -1), shape)
    trained = whole.TrainedBags(np.zeros(shape[:2]), right, np.ones(len(splits)), 1)
    assert (whole.located_light(trained, bags, splits) == 1).all()
    assert whole.located_light(replace(trained, relevance=None), bags, splits) is None
