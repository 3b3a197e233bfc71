"""The comparison of translations: dates kept apart, scores in order, verdicts that can go either way, figures."""

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.text import Text

from flarebook.compendium.errors import InputError
from flarebook.solarchip.figures import translation
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.translation import comparison
from flarebook.solarchip.translation import scores as translation_scores
from flarebook.solarchip.translation.diffusion import Sampling
from flarebook.solarchip.translation.translator import TranslatorConfig, train_translator

SIZE, N = 32, 16
SCORED = ("171", "|hmi|")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def test():
    """Scaled images of sixteen dates; the field is nought off the disk."""
    disk, rng = Disk(SIZE), np.random.default_rng(1)
    images = rng.uniform(-0.6, 0.6, (N, len(CHANNELS), SIZE, SIZE)).astype(np.float32)
    images[:, 0] *= disk.on
    return images


@pytest.fixture(scope="module")
def translations(test):
    """A good diffusion and a bad U-Net: {method: {target: (n, h, w)}}."""
    rng = np.random.default_rng(2)
    noise = {t: rng.normal(size=(N, SIZE, SIZE)) for t in comparison.TARGETS}
    sizes = {comparison.MANY: 0.01, comparison.ONE: 0.02, comparison.UNET: 0.2, comparison.GAN: 0.011}
    sizes |= {comparison.SHIPPED: 0.05}
    return {
        method: {
            t: translation_scores.select_target(test, t) + size * rng.normal(1, 0.002, (N, 1, 1)) * noise[t]
            for t in comparison.TARGETS
        }
        for method, size in sizes.items()
    }


def test_test_dates_are_not_trained_on_and_stretch_over_all(test):
    split = np.array(["train"] * 6 + ["gap"] * 2 + ["test"] * 8)
    train, chosen = comparison.split_images(50 + 40 * test, split, 3)
    assert (len(train), len(chosen)) == (6, 3)
    np.testing.assert_array_equal(comparison.subsample_evenly(np.flatnonzero(split == "test"), 3), [8, 12, 15])
    with pytest.raises(InputError, match="simulate more dates"):
        comparison.split_images(test, np.full(N, "train"), 3)


def test_less_noise_has_the_better_score_in_every_block(test, translations):
    scores = comparison.score_translations(translations, test)
    good, bad = (comparison.block_means(scores, m, "171", "psnr") for m in (comparison.MANY, comparison.UNET))
    assert len(good) == 8
    np.testing.assert_allclose(good - bad, 20 * np.log10(0.2 / 0.01), atol=0.5)  # 26 dB
    assert scores.groupby("method")["flux_error"].count().eq(N).all(), "of |hmi| alone"


def judge(translations, test, method=comparison.MANY):
    """Rows of the verdict table against the U-Net."""
    scores, recalls = comparison.score_translations(translations, test), comparison.recall_table(translations, test)
    return pd.DataFrame(comparison.claim_rows(scores, [comparison.UNET], recalls, method))


def test_verdict_goes_with_the_scores(test, translations):
    assert set(judge(translations, test)["verdict"]) == {"supported"}
    shipped = judge(translations, test, comparison.SHIPPED)
    assert set(shipped["verdict"]) == {"supported"} and set(shipped["claim"]) == {"3, translation, shipped"}
    assert not set(shipped["name"]) & set(judge(translations, test)["name"])
    swapped = translations | {
        comparison.MANY: translations[comparison.UNET],
        comparison.UNET: translations[comparison.MANY],
    }
    assert set(judge(swapped, test)["verdict"]) == {"not supported"}


def test_a_diffusion_that_ignores_its_source_decides_nothing(test, translations):
    """Its images have every right pixel but the date: worse than the U-Net, yet nothing about translation."""
    shuffled = {target: np.roll(images, 1, axis=0) for target, images in translations[comparison.MANY].items()}
    rows = judge(translations | {comparison.MANY: shuffled}, test)
    assert (rows["difference"] < 0).all() and (rows["recall"] == 0).all()
    assert set(rows["verdict"]) == {"undecided at this size"}


def test_recall_of_the_date_is_one_with_the_source_and_chance_without(test):
    observed = translation_scores.select_target(test, "171")
    assert translation_scores.date_recall(0.1 * observed, observed, "171") == 1
    same = np.broadcast_to(observed[0], observed.shape)
    assert translation_scores.date_recall(same, observed, "171") == 1 / N


def test_a_translator_of_another_size_sees_binned_images(test, translator):
    large = np.kron(test, np.ones((2, 2), np.float32))
    members, small = (comparison.sample_members(translator, images, 2, 2, 1)["171"] for images in (large, test))
    assert members.shape == (2, N, 2 * SIZE, 2 * SIZE)
    np.testing.assert_array_equal(members[..., ::2, ::2], small)


def test_every_watched_number_has_a_name_of_its_own(test, translations):
    table = translation_scores.summarize_scores(comparison.score_translations(translations, test))
    names = [name for name, *_ in comparison.gated_metrics(table)]
    assert len(set(names)) == len(names)
    assert {"diffusion-mean.171.psnr", "unet.abs-hmi.flux_error", "pix2pix.hmi.correlation"} <= set(names)
    assert not any("|" in name or " " in name for name in names)


@pytest.fixture(scope="module")
def translator(test):
    """A hardly trained translator of mini size from HMI to two channels."""
    return train_translator(
        create_autoencoder("cnn-mini"), test, TranslatorConfig(2, 1, 4), {("hmi",): ("171", "304")}, "cpu"
    )[0]


def test_branches_of_both_encoders_are_compared_and_the_translator_stays_as_it_was(test, translator):
    before = {name: value.clone() for name, value in translator.state_dict().items()}
    conditions = comparison.source_encoders(translator.space.model, [1, 2], test)
    scores = comparison.score_controlnets(
        translator, conditions, test, test[:3], TranslatorConfig(1, 2, 4), Sampling(2, 2), ("171",)
    )
    assert len(scores) == 2 * 2 * 2, "conditions, seeds, parts of the image"
    assert scores["chance"].eq(1 / 3).all() and scores["recall"].between(0, 1).all()
    assert len(comparison.condition_scores(scores, comparison.RANDOM, "171")) == 2
    after = translator.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_random_encoders_differ_from_the_pretrained_one_and_among_seeds(test, translator):
    conditions = comparison.source_encoders(translator.space.model, [1, 2], test)
    seen = {(condition, seed): space.encode(test[:2, 0], "hmi") for condition, seed, space in conditions}
    assert torch.equal(seen["pretrained", 1], seen["pretrained", 2])
    assert not torch.allclose(seen["random", 1], seen["random", 2])
    assert not torch.allclose(seen["random", 1], seen["pretrained", 1])


def test_figures_have_a_panel_for_each_of_what_they_compare(test, translations):
    shown = translations | {comparison.POLYNOMIAL: translations[comparison.UNET]}
    members = {t: np.stack([translations[comparison.ONE][t], translations[comparison.MANY][t]]) for t in SCORED}
    assert len(translation.plot_examples(test, 0, shown, members).axes) == 2 * 9
    table = translation_scores.summarize_scores(comparison.score_translations(shown, test))
    assert len(translation.plot_scores(table).axes) == 3
    assert len(translation.plot_flux(comparison.flux_table(shown, test)).axes) == 4


def test_no_figure_or_table_calls_a_simulated_target_observed(test, translations, translator):
    members = {t: np.stack([translations[comparison.ONE][t], translations[comparison.MANY][t]]) for t in SCORED}
    flux = comparison.flux_table(translations, test)
    calibration = comparison.calibration_table({"171": members["171"]}, test, translator.space)
    assert set(calibration["reference"]) == set(comparison.REFERENCES) and {"target", "translated"} < set(flux.columns)
    shown = translations | {comparison.POLYNOMIAL: translations[comparison.UNET]}
    figures = translation.plot_examples(test, 0, shown, members), translation.plot_flux(flux)
    words = [text.get_text() for figure in figures for text in figure.findobj(Text)]
    words += [*flux.columns, *calibration["reference"], *translation.examples_table(test, 0, shown, members)["panel"]]
    assert "target" in words and not [word for word in words if "observed" in word]


def test_reliability_is_on_the_diagonal_for_a_calibrated_ensemble():
    rng = np.random.default_rng(3)
    width = 0.05 + 0.3 * Disk(SIZE).radius
    members, truth = rng.normal(size=(30, 40, SIZE, SIZE)) * width, rng.normal(size=(40, SIZE, SIZE)) * width
    rows = translation_scores.spread_error_table(members, truth, "171", 5)
    np.testing.assert_allclose(rows["error"], rows["spread"], rtol=0.12)
    assert rows["spread"].is_monotonic_increasing
