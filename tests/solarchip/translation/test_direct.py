"""Direct translations: networks and trivial ones on images whose relation is known."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.learning.training import TrainingConfig
from flarebook.solarchip.datasets.archive import training_scale
from flarebook.solarchip.translation import direct
from flarebook.solarchip.translation.direct import network_translations

SIZE = 32
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def pairs():
    """48 sources of smooth noise, and targets whose value is minus the source's: (n, 1, h, w) each."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(1).normal(size=(48, 1, SIZE, SIZE))
    sources = gaussian_filter(noise, (0, 0, 2, 2)).astype(np.float32)
    sources /= 2 * sources.std()
    return sources, -sources


def error(made, targets):
    """Mean squared error in units of the targets' variance."""
    return ((made - targets) ** 2).mean() / targets.var()


@pytest.mark.parametrize("train", [direct.train_unet, direct.train_pix2pix])
def test_network_learns_the_relation_on_images_it_has_not_seen(train, pairs):
    sources, targets = pairs
    network, loss_history = train(sources[:40], targets[:40], TrainingConfig(80, 8, 5e-3), width=8, levels=3)
    made = direct.predict_images(network, sources[40:])
    assert error(made, targets[40:]) < 0.15
    assert len(loss_history) == 80
    assert np.atleast_2d(loss_history.T)[0, -10:].mean() < 0.3 * np.atleast_2d(loss_history.T)[0, :5].mean()


def test_the_same_seed_gives_the_same_network_and_another_one_does_not(pairs):
    sources, targets = pairs
    first, again, other = (
        direct.predict_images(
            direct.train_unet(sources, targets, TrainingConfig(3, seed=seed), width=4, levels=2)[0], sources
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_a_discriminator_makes_images_sharper_when_the_source_tells_nothing(pairs):
    """Without information the least-squares answer is the flat mean; a discriminator demands structure."""
    targets = pairs[1][:, :, ::-1, ::-1][np.random.default_rng(2).permutation(48)]
    sources = pairs[0]
    flat = direct.predict_images(
        direct.train_unet(sources[:40], targets[:40], TrainingConfig(60), 8, 3)[0], sources[40:]
    )
    network, _ = direct.train_pix2pix(sources[:40], targets[:40], TrainingConfig(60), 8, 3, l1_weight=0.5)
    assert direct.predict_images(network, sources[40:]).std() > 1.5 * flat.std()


def test_sides_must_be_halved_and_dates_must_match(pairs):
    sources, targets = pairs
    with pytest.raises(InputError, match="multiple of 16"):
        direct.train_unet(sources[:, :, :24, :24], targets[:, :, :24, :24], TrainingConfig(1), levels=4)
    with pytest.raises(InputError, match="same dates"):
        direct.train_unet(sources, targets[:-1], TrainingConfig(1))


def test_pixels_that_are_no_numbers_stop_the_training(pairs):
    sources, targets = pairs
    with pytest.raises(InputError, match="NaN or infinite values at step 1 "):
        direct.train_unet(sources * np.nan, targets, TrainingConfig(2), width=4, levels=2)


def test_mean_image_is_the_best_constant(pairs):
    scene = np.linspace(-1, 1, SIZE, dtype=np.float32)
    targets = pairs[1] + scene
    made = direct.mean_image(targets, 3)
    assert made.shape == (3, 1, SIZE, SIZE)
    np.testing.assert_array_equal(made[0], made[2])
    np.testing.assert_allclose(made.mean(axis=(0, 1, 2)), scene, atol=0.15)
    best = ((made[0] - targets) ** 2).mean()
    for other in (made[0] + 0.02, made[0] - 0.02, 0.95 * made[0], targets[:10].mean(axis=0)):
        assert best < ((other - targets) ** 2).mean()


def test_polynomial_finds_a_cubic_relation_and_the_limb(pairs):
    from flarebook.solarchip.images.grid import Disk

    sources = pairs[0]
    disk = Disk(SIZE)
    targets = np.where(disk.on, 0.3 * sources**3 - 0.5 * sources + 0.2 * disk.radius, -1.0).astype(np.float32)
    made = direct.polynomial(sources[:40], targets[:40], sources[40:], np.random.default_rng(3))
    np.testing.assert_allclose(made, targets[40:], atol=1e-4)


def test_anomalies_of_order_one_for_each_channel_and_back(pairs):
    stack = np.concatenate([3 + 0.01 * pairs[0], -1 + pairs[1], np.full_like(pairs[0], 0.2)], axis=1)
    scale = training_scale(stack)
    found = scale.standardize(stack)
    np.testing.assert_allclose(found[:, :2].std(axis=(0, 2, 3)), 1, rtol=1e-3)
    assert np.abs(found[:, 2]).max() < 1e-3, "what never changes does not depart"
    np.testing.assert_allclose(scale.restore(found), stack, atol=1e-5)


def test_a_faint_target_is_learned_beside_a_loud_one(pairs):
    """The field departs from its mean far less than the corona; in a few steps both are to beat the mean image."""
    sources, targets = pairs
    wanted = np.concatenate([targets, 0.5 + 0.02 * targets], axis=1)
    steps = TrainingConfig(80, 8, 5e-3)
    for images in network_translations(sources[:40], wanted[:40], sources[40:], steps, steps, width=8).values():
        for place in range(2):
            assert error(images[:, place], wanted[40:, place]) < 0.3, "1 is the mean image"
