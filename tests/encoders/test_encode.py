"""Images enter an encoder as the authors' transforms would hand them over; batches do not matter; bad input is told."""

import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from flarebook.compendium.errors import InputError
from flarebook.encoders.encode import check_images, encode_images, encode_timed, patch_tokens
from flarebook.encoders.registry import create_encoder
from flarebook.encoders.vision_transformers import as_input

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def images():
    """Five images of a source on a noisy floor."""
    rng, (y, x) = np.random.default_rng(5), np.mgrid[:177, :177]
    places = rng.uniform(40, 137, (5, 2))
    return np.array(
        [220 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 300) + rng.uniform(0, 30, (177, 177)) for a, b in places]
    ).astype(np.uint8)


def test_input_equals_pillows_bicubic_resize(images):
    """The poster's code went through PIL, which rounds to eight bits on the way."""
    found = as_input(images[:1], 112, (0, 0, 0), (1, 1, 1))[0].numpy()
    expected = np.asarray(Image.fromarray(images[0]).resize((112, 112), Image.Resampling.BICUBIC)) / 255
    assert np.abs(found - expected).max() < 2.5 / 255  # rounded twice there, once for each axis
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


def test_colours_are_shifted_and_scaled(images):
    found = as_input(images[:1], 177, (0.1, 0.2, 0.3), (1, 2, 4))[0].numpy()
    for colour, (mean, deviation) in zip(found, ((0.1, 1), (0.2, 2), (0.3, 4)), strict=True):
        np.testing.assert_allclose(colour * deviation + mean, images[0] / 255, atol=1e-6)


def test_features_do_not_depend_on_the_batch(images):
    encoder = create_encoder("dinov2-focus", input_size=56)
    together = encode_images(encoder, images)
    assert together.shape == (5, 384) and together.dtype == np.float32
    np.testing.assert_allclose(encode_images(encoder, images, batch_size=2), together, atol=2e-5)
    np.testing.assert_allclose(encode_images(encoder, images[3:4])[0], together[3], atol=2e-5)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_patches_of_earlier_batches_do_not_stay_in_memory(images):
    alive, most = [], 0

    def run(batch):
        nonlocal most
        tokens = np.ones((len(batch), 257, 384), np.float32)
        alive.append(weakref.ref(tokens))
        most = max(most, sum(reference() is not None for reference in alive))
        return tokens[:, 0]

    encoder = replace(create_encoder("moments"), run=run)
    assert encode_images(encoder, np.repeat(images, 4, axis=0), batch_size=2).shape[1] == 384
    assert len(alive) > 3 and most <= 2


def test_floats_from_zero_to_one_are_the_same_images(images):
    encoder = create_encoder("pixels")
    features, seconds = encode_timed(encoder, images / 255)
    np.testing.assert_allclose(features, encode_images(encoder, images), atol=1e-6)
    assert 0 < seconds < 5


def test_patch_tokens_keep_their_places(images):
    """A source in one corner changes the patches of that corner most."""
    encoder = create_encoder("dinov2-focus", input_size=56)
    blank, corner = np.zeros((2, 1, 177, 177), np.uint8)
    corner[0, :44, 133:] = images[0, :44, 133:] // 2 + 120
    change = np.linalg.norm(patch_tokens(encoder, corner)[0] - patch_tokens(encoder, blank)[0], axis=-1)
    assert change.shape == (4, 4) and np.unravel_index(change.argmax(), (4, 4)) == (0, 3)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (np.zeros((0, 177, 177), np.uint8), "n of 1 or more"),
        (np.zeros((177, 177), np.uint8), "square images"),
        (np.zeros((2, 177, 128), np.uint8), "square images"),
        (np.full((1, 8, 8), np.nan), "from nan to nan"),
        (np.full((1, 8, 8), 300.0), "scale them with preprocess.normalise"),
    ],
)
def test_what_is_no_image_is_told(bad, sentence):
    with pytest.raises(InputError, match=sentence):
        check_images(bad)


def test_baseline_has_no_patches(images):
    with pytest.raises(InputError, match="pixels has no patches"):
        patch_tokens(create_encoder("pixels"), images)
