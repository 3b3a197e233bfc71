"""Embeddings have the tokens' shapes, do not depend on the batch, and refuse what no encoder could read."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.embeddings import embed_images


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).normal(0, 0.5, (5, 11, 32, 32)).astype(np.float16)


@pytest.mark.parametrize("name", ["vit-mini", "cnn-mini"])
def test_a_date_has_the_same_features_in_any_batch(name, images):
    model = create_autoencoder(name)
    first, second = (embed_images(model, images, "171", batch_size=size, device="cpu") for size in (2, 5))
    assert len(first) == 5
    assert first.patches.shape[:2] == (5, 16)
    assert np.allclose(first.cls, second.cls, atol=1e-5)
    assert np.allclose(first.patches_projected, second.patches_projected, atol=1e-5)


def test_projections_are_unit_vectors_and_channels_differ(images):
    model = create_autoencoder("vit-mini")
    hmi, aia = (embed_images(model, images, channel, device="cpu") for channel in ("hmi", "304"))
    assert np.linalg.norm(hmi.cls_projected, axis=-1) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(aia.patches_projected, axis=-1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(hmi.cls, aia.cls, atol=1e-3)


def test_each_channel_is_read_from_its_own_place(images):
    model = create_autoencoder("vit-mini", sharing="one")
    moved = images.copy()
    moved[:, 0] = images[:, 3]
    assert np.array_equal(
        embed_images(model, moved, "hmi", device="cpu").cls, embed_images(model, images, "171", device="cpu").cls
    )


def test_what_no_encoder_could_read_is_told(images):
    model = create_autoencoder("vit-mini")
    with pytest.raises(InputError, match="channel '172' is unknown"):
        embed_images(model, images, "172")
    with pytest.raises(InputError, match="cannot be embedded"):
        embed_images(model, images[:, :3], "171")
    broken = images.copy()
    broken[3, 0, 4, 4] = np.nan
    with pytest.raises(InputError, match="hmi image of date 3"):
        embed_images(model, broken, "hmi", batch_size=2, device="cpu")
    with pytest.raises(InputError, match="no device"):
        embed_images(model, images, "hmi", device="cuda:99")


def test_the_callers_model_is_left_as_it_is(images):
    model = create_autoencoder("vit-mini")
    embed_images(model, images, "hmi", device="cpu")
    assert model.training
