"""No observation on two sides, equal classes, standardisation from training data alone."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import splits as sides
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, TRAIN, VALIDATION


@pytest.fixture
def spectra(toy_table):
    rng = np.random.default_rng(3)
    return sides.select_spectra(toy_table(rng), rng)


@pytest.fixture
def splits(spectra):
    return sides.draw_splits(spectra, np.random.default_rng(4), 50, n_test=2, n_validation=1)


def test_no_observation_is_on_two_sides(spectra, splits):
    names = np.array(spectra.names)[spectra.observation]
    for i in range(len(splits)):
        parts = [set(names[splits.rows(i, part, spectra)]) for part in (TRAIN, VALIDATION, TEST)]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        assert set.union(*parts) == set(spectra.names)


def test_each_test_set_holds_the_asked_number_of_both_classes(spectra, splits):
    for part, number in ((TEST, 2), (VALIDATION, 1), (TRAIN, 5)):
        assert ((splits.role == part) & spectra.positive).sum(axis=1).tolist() == [number] * 50
        assert ((splits.role == part) & ~spectra.positive).sum(axis=1).tolist() == [number] * 50


def test_every_observation_is_tested_in_some_split(splits):
    assert (splits.role == TEST).any(axis=0).all()


def test_quiet_sun_and_sunspots_are_never_used(spectra):
    assert all(name.startswith(("AR", "PF")) for name in spectra.names)


def test_classes_hold_equal_numbers_of_spectra(toy_table):
    rng = np.random.default_rng(5)
    table = toy_table(rng)
    fewer = table[(table["region"] != "PF") | (rng.random(len(table)) < 0.5)]
    label = sides.select_spectra(fewer, rng).label
    assert (label == 1).sum() == (label == 0).sum()


def test_thinning_keeps_the_same_share_of_every_observation(toy_table):
    table = toy_table(np.random.default_rng(6))
    pair = table[table["region"].isin(("PF", "AR"))]
    for thin in (sides.thin_table(table, len(pair) // 2, np.random.default_rng(0)), sides.thin_out(pair, 0.5, 0)):
        before, after = (rows["observation"].astype(str).value_counts() for rows in (pair, thin))
        np.testing.assert_allclose(after.loc[before.index], before / 2, atol=0.5)
        assert thin.index.is_monotonic_increasing and set(thin["region"].astype(str)) == {"PF", "AR"}


def test_a_table_that_is_not_thinned_stays_as_it_is_and_costs_no_random_number(toy_table):
    table, rng = toy_table(np.random.default_rng(6)), np.random.default_rng(7)
    assert sides.thin_table(table, 0, rng) is table
    assert sides.thin_table(table, len(table), rng) is table
    assert rng.random() == np.random.default_rng(7).random()


def test_training_weights_are_zero_outside_and_equal_for_both_classes(spectra, splits):
    weights = sides.observation_weights(splits, spectra, TRAIN)
    assert (weights[splits.role != TRAIN] == 0).all()
    total = weights * spectra.counts
    positive, negative = (total[:, side].sum(axis=1) for side in (spectra.positive, ~spectra.positive))
    np.testing.assert_allclose(positive, negative, rtol=1e-5)


def test_standardisation_is_that_of_the_training_spectra(spectra, splits):
    mean, scale = sides.standardisation(splits, spectra)
    expected = StandardScaler().fit(spectra.features[splits.rows(7, TRAIN, spectra)].astype(float))
    np.testing.assert_allclose(mean[7], expected.mean_, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scale[7], expected.scale_, rtol=1e-4)


def test_held_out_observations_take_no_part(spectra):
    drawn = sides.draw_splits(spectra, np.random.default_rng(0), 20, 2, 1, excluded=("PF 3", "AR 1"))
    barred = np.isin(spectra.names, ["PF 3", "AR 1"])
    assert (drawn.role[:, barred] == EXCLUDED).all() and (drawn.role[:, ~barred] != EXCLUDED).all()


def test_a_split_by_spectrum_mixes_observations_but_no_regions(toy_table):
    table = toy_table(np.random.default_rng(6))
    shuffled = sides.shuffle_observations(table, np.random.default_rng(7))
    pair = table["region"] != "QS"
    assert (shuffled["observation"].str[:2] == shuffled["region"])[pair].all()
    assert (shuffled["observation"] == table["observation"])[pair].mean() < 0.3
    assert (shuffled["observation"].value_counts() == 120).all()


def test_the_same_seed_draws_the_same_splits(spectra):
    first, second = (sides.draw_splits(spectra, np.random.default_rng(9), 5, 2, 1).role for _ in range(2))
    assert (first == second).all()


def test_too_few_observations_and_missing_classes_are_told(spectra, toy_table):
    with pytest.raises(InputError, match="lower n_test"):
        sides.draw_splits(spectra, np.random.default_rng(0), 5, n_test=7, n_validation=1)
    with pytest.raises(InputError, match="lacks PF or AR"):
        rng = np.random.default_rng(0)
        sides.select_spectra(toy_table(rng, regions=("AR", "QS")), rng)


def test_a_missing_feature_is_refused(toy_table):
    rng = np.random.default_rng(0)
    table = toy_table(rng)
    table.loc[3, "triplet"] = np.nan
    with pytest.raises(InputError, match="missing features"):
        sides.select_spectra(table, rng)
