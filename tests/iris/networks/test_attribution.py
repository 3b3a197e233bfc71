"""Attributions sum to the difference of outputs and find the wavelengths that matter."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from flarebook.iris.classifiers.inference import ensemble_scores
from flarebook.iris.classifiers.splits import TEST, TRAIN, Spectra, Splits
from flarebook.iris.mg2 import GRID, H_CORE, K_CORE, PROFILE, TRIPLET
from flarebook.iris.networks import attribution


def random_weights(rng, sizes=(240, 8, 4, 1), n_members=1):
    weights = {"mean": rng.normal(size=(n_members, sizes[0])), "scale": rng.uniform(0.5, 2, (n_members, sizes[0]))}
    for i, (n_in, n_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
        weights[f"dense_{i}/kernel"] = rng.normal(size=(n_members, n_in, n_out)) / np.sqrt(n_in)
        weights[f"dense_{i}/bias"] = rng.normal(size=(n_members, n_out))
    return {name: value.astype(np.float32) for name, value in weights.items()}


def linear_weights(kernel):
    one = np.ones((1, len(kernel)), np.float32)
    return {"mean": 0 * one, "scale": one, "dense_0/kernel": kernel.reshape(1, -1, 1), "dense_0/bias": np.zeros((1, 1))}


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_the_logit_is_that_of_the_score(rng):
    weights, values = random_weights(rng), rng.normal(size=(5, 240))
    logit, _ = attribution.logits_and_gradients(weights, values)
    np.testing.assert_allclose(1 / (1 + np.exp(-logit)), ensemble_scores(weights, values)[0], rtol=1e-4)


def test_the_gradient_is_that_of_small_steps(rng):
    weights, values = random_weights(rng), rng.normal(size=(3, 240))
    _, gradient = attribution.logits_and_gradients(weights, values)
    for j in (0, 100, 239):
        step = np.zeros(240)
        step[j] = 1e-6
        up, down = (attribution.logits_and_gradients(weights, values + sign * step)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, j], (up - down) / 2e-6, rtol=1e-4, atol=1e-7)


def test_attributions_of_a_linear_network_are_weight_times_change(rng):
    kernel, values, baseline = rng.normal(size=240), rng.normal(size=(4, 240)), rng.normal(size=240)
    found, difference = attribution.integrated_gradients(linear_weights(kernel), values, baseline, n_steps=3)
    np.testing.assert_allclose(found, (values - baseline) * kernel)
    assert attribution.completeness_error(found, difference) < 1e-10


def test_attributions_sum_to_the_difference_of_outputs(rng):
    weights, values, baseline = random_weights(rng), rng.normal(size=(50, 240)), rng.normal(size=240)
    found = [attribution.integrated_gradients(weights, values, baseline, n_steps) for n_steps in (5, 200)]
    errors = [attribution.completeness_error(*one) for one in found]
    assert errors[1] < 0.01
    assert errors[1] < errors[0]


def test_an_input_that_equals_the_baseline_gets_nothing(rng):
    weights, values = random_weights(rng), rng.normal(size=(4, 240))
    baseline = rng.normal(size=240)
    values[:, 17] = baseline[17]
    assert (attribution.integrated_gradients(weights, values, baseline)[0][:, 17] == 0).all()


def test_bands_hold_their_lines():
    bands = dict(zip(PROFILE, attribution.band_of_wavelength(), strict=True))
    for line, name in ((K_CORE, "k core"), (H_CORE, "h core"), (TRIPLET, "triplet"), (K_CORE - 1, "k wings")):
        assert bands[PROFILE[np.abs(GRID - line).argmin()]] == name
    assert set(bands.values()) == set(attribution.BANDS)


@pytest.fixture
def triplet_spectra(rng):
    """Profiles of which only the triplet's wavelengths differ between the classes, one observation per spectrum."""
    label = np.arange(400) % 2
    values = rng.normal(size=(400, 240)).astype(np.float32)
    values[:, attribution.band_of_wavelength() == "triplet"] += 1.5 * label[:, None]
    names = tuple(f"{i}" for i in range(400))
    spectra = Spectra(values, label.astype(np.float32), np.arange(400), names, label > 0, PROFILE)
    return spectra, Splits(np.where(np.arange(400) < 300, TRAIN, TEST)[None].astype(np.int8))


@pytest.fixture
def fitted(triplet_spectra):
    spectra, splits = triplet_spectra
    rows = splits.rows(0, TRAIN, spectra)
    model = LogisticRegression(C=0.01).fit(spectra.features[rows], spectra.label[rows])
    return linear_weights(model.coef_[0]) | {"dense_0/bias": model.intercept_[None]}


def test_the_attribution_finds_the_band_that_separates(triplet_spectra, fitted, rng):
    table, errors = attribution.attribute_tests(fitted, *triplet_spectra, rng, number=50)
    shares = attribution.band_shares(table).set_index("band")["share"]
    assert errors.max() < 1e-6
    assert shares["triplet"] > 0.8
    assert shares.sum() == pytest.approx(1)


def test_hiding_that_band_costs_the_score(triplet_spectra, fitted):
    losses = attribution.hidden_bands(fitted, *triplet_spectra).set_index("band")["loss"]
    assert losses["triplet"] > 0.3
    assert losses.drop("triplet").abs().max() < 0.05


def test_the_baseline_is_the_mean_of_ar_training_spectra(triplet_spectra):
    spectra, splits = triplet_spectra
    mean = attribution.training_mean(spectra, splits, 0)
    np.testing.assert_allclose(mean, spectra.features[:300][spectra.label[:300] == 0].mean(axis=0), atol=1e-6)


def test_summary_puts_the_largest_share_first():
    shares = pd.DataFrame({"split": [0, 0], "band": ["k core", "triplet"], "share": [0.1, 0.9], "width": [0.5, 0.5]})
    losses = pd.DataFrame({"split": [0, 0], "band": ["k core", "triplet"], "loss": [0.0, 0.2]})
    assert list(attribution.summarise_bands(shares, losses)["band"]) == ["triplet", "k core"]
