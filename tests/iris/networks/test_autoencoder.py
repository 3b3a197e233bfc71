"""The autoencoder learns the quiet Sun of its own split, and its error finds what is not quiet Sun."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.ensemble import TrainingConfig
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, TRAIN, VALIDATION, draw_splits, select_spectra
from flarebook.iris.mg2 import GRID, PROFILE
from flarebook.iris.networks import autoencoder, pruning

CONFIG = autoencoder.AutoencoderConfig(epochs=40, batch_size=64, n_latent=2, seed=1)


def line_profiles(rng, n, width=0.2, bump=0.0):
    """Two emission lines of varying place, and a bump between them."""
    place = rng.normal(0, 0.05, (n, 1))
    lines = sum(np.exp(-0.5 * ((GRID - core - place) / width) ** 2) for core in (2796.34, 2803.52))
    extra = bump * np.exp(-0.5 * ((GRID - 2799.5) / 0.4) ** 2)
    return np.clip(lines + extra + 0.01 * rng.normal(size=(n, 240)), 0, None).astype(np.float32)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(line_profiles(rng, 600), columns=list(PROFILE))
    names = [f"QS {i}" for i in range(1, 7) for _ in range(100)]
    return rows.assign(observation=names, region="QS", quiet_fraction=1.0)


@pytest.fixture(scope="module")
def quiet(table):
    return autoencoder.quiet_spectra(table)


@pytest.fixture(scope="module")
def splits(quiet):
    return autoencoder.split_quiet_sun(quiet, np.random.default_rng(3), 2, n_held_out=2)


@pytest.fixture(scope="module")
def network(quiet, splits):
    return autoencoder.train_autoencoder(quiet, splits, CONFIG)


def test_quiet_sun_is_reconstructed_and_another_shape_is_not(network):
    rng = np.random.default_rng(5)
    alike, other = line_profiles(rng, 50), line_profiles(rng, 50, bump=0.4)
    errors = [autoencoder.reconstruction_errors(network, profiles) for profiles in (alike, other)]
    assert errors[0].max() < errors[1].min()
    assert errors[0].mean() < 0.03


def test_held_out_observations_move_no_weight(quiet, splits):
    held_out = splits.rows(0, VALIDATION, quiet)
    changed = quiet.features.copy()
    changed[held_out] = 0.5
    few = replace(CONFIG, epochs=2)
    first, second = (
        autoencoder.train_autoencoder(data, splits.first(1), few).reader.kernel.numpy()
        for data in (quiet, replace(quiet, features=changed))
    )
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_members_of_the_ensemble_learn_from_different_observations(network):
    kernel = network.reader.kernel.numpy()
    assert not np.allclose(kernel[0], kernel[1], atol=1e-3)


def test_scores_without_training_noise_repeat(network):
    profiles = line_profiles(np.random.default_rng(6), 5)
    first, second = (autoencoder.reconstruction_errors(network, profiles) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_noise_of_a_smooth_profile_is_measured():
    rng = np.random.default_rng(7)
    smooth = 0.5 + 0.1 * np.sin((GRID - GRID[0]) / 2)
    profiles = smooth + np.array([[0.005], [0.05]]) * rng.normal(size=(2, 240))
    np.testing.assert_allclose(autoencoder.profile_noise(profiles), [0.005, 0.05], rtol=0.2)


def test_components_of_full_rank_leave_no_error(quiet, splits):
    few = replace(quiet, features=quiet.features[:, :5])
    assert autoencoder.component_errors(few, splits, few.features, 5).max() < 1e-5


def test_a_table_without_quiet_sun_is_refused(table):
    with pytest.raises(InputError, match="lacks quiet-Sun observations"):
        autoencoder.quiet_spectra(table.assign(region="AR"))


def test_too_few_quiet_observations_are_refused(quiet):
    with pytest.raises(InputError, match="6 quiet-Sun observations do not suffice"):
        autoencoder.split_quiet_sun(quiet, np.random.default_rng(1), 2, n_held_out=6)


def test_the_threshold_prunes_the_share_asked_for(quiet, splits):
    errors = np.random.default_rng(4).random((2, len(quiet.label)))
    threshold = pruning.held_out_thresholds(errors, quiet, splits, 0.9)
    held_out = splits.rows(1, VALIDATION, quiet)
    assert (errors[1, held_out] <= threshold[1]).mean() == pytest.approx(0.9, abs=0.01)


@pytest.fixture(scope="module")
def spectra(toy_table):
    rng = np.random.default_rng(10)
    return select_spectra(toy_table(rng, effect=1.5, per_observation=60), rng)


@pytest.fixture(scope="module")
def observation_splits(spectra):
    return draw_splits(spectra, np.random.default_rng(11), 2, n_test=2, n_validation=1)


def test_pruned_spectra_take_no_part_and_the_others_keep_theirs(spectra, observation_splits):
    kept = np.random.default_rng(1).random((2, len(spectra.label))) < 0.6
    single, parts = pruning.prune_splits(spectra, observation_splits, kept)
    own = observation_splits.role[:, spectra.observation]
    assert (parts.role[~kept] == EXCLUDED).all()
    assert (parts.role[kept] == own[kept]).all()
    np.testing.assert_array_equal(single.positive, spectra.label > 0)


def test_pruned_training_leaves_the_test_alone(spectra, observation_splits):
    nothing = np.zeros((2, len(spectra.label)), bool)
    _, parts = pruning.prune_splits(spectra, observation_splits, nothing, tested=False)
    assert set(np.unique(parts.role)) == {TEST, EXCLUDED}


def test_pruning_spectra_without_the_signal_raises_the_score(spectra, observation_splits):
    rng = np.random.default_rng(2)
    noise = rng.random(len(spectra.label)) < 0.5
    mixed = replace(spectra, features=np.where(noise[:, None], rng.permutation(spectra.features), spectra.features))
    kept = np.broadcast_to(~noise, (2, len(noise)))
    config = TrainingConfig(epochs=8, batch_size=64, learning_rate=3e-3)
    means = [
        pruning.pruned_scores("x", mixed, observation_splits, keep, (8,), config).groupby("metric")["value"].mean()
        for keep in (np.ones_like(kept), kept)
    ]
    assert means[1]["auc"] > means[0]["auc"] + 0.05
    assert "auc per observation" in means[0]


def test_as_many_of_the_brightest_are_kept(spectra, observation_splits):
    kept = np.random.default_rng(1).random((2, len(spectra.label))) < 0.3
    bright = pruning.brightest(spectra.features[:, 0], kept, observation_splits, spectra)
    learned = observation_splits.role[:, spectra.observation] == TRAIN
    assert bright.mean() == pytest.approx(kept.mean(), abs=0.1)
    assert spectra.features[bright[0] & learned[0], 0].min() >= spectra.features[~bright[0] & learned[0], 0].max()


def test_light_is_unknown_on_real_spectra(toy_table):
    table = toy_table(np.random.default_rng(1))
    light = pruning.quiet_light(table.assign(quiet_fraction=np.nan), np.random.default_rng(1))
    assert np.isnan(pruning.quiet_light_auc(np.ones((2, len(light))), light)).all()
    known = pruning.quiet_light(table, np.random.default_rng(1))
    assert (pruning.quiet_light_auc(-known[None], known) == 1).all()
