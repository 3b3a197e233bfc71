"""The compact transformer: one shape for all, its files hold weights and nothing else, the shipped ones have learnt."""

import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from flarebook.compendium.errors import InputError
from flarebook.encoders import compact_vit
from flarebook.learning.weights import write_weights


def blobs(n, seed=0):
    """Images of 177 pixels with one blob each, (n, 177, 177) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:177j, -1:1:177j]
    place = rng.uniform(-0.5, 0.5, (2, n, 1, 1))
    return (255 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 0.04)).astype(np.uint8)


@pytest.fixture
def saved(tmp_path):
    """File with the weights of an untrained network."""
    torch.manual_seed(0)
    return write_weights(
        compact_vit.build_network(), tmp_path / "dino_stix.safetensors", {"objective": "dino", "seed": 4}
    )


def test_the_network_is_as_small_as_the_card_says():
    weights = sum(weight.numel() for weight in compact_vit.build_network().parameters())
    assert 1.15e6 < weights < 1.25e6


def test_images_are_averaged_to_48_pixels_and_keep_their_brightness():
    images = blobs(3)
    batch = compact_vit.prepare(images)
    assert batch.shape == (3, 1, 48, 48)
    np.testing.assert_allclose(batch.mean((1, 2, 3)), images.mean((1, 2)) / 255, rtol=1e-4)
    assert compact_vit.prepare(blobs(1)[:, :128, :128]).shape == (1, 1, 48, 48)


def test_saved_weights_come_back_in_half_precision_with_their_description(saved):
    torch.manual_seed(0)
    original, loaded = compact_vit.build_network(), compact_vit.load_network("dino-stix", saved)
    assert loaded.about == {"objective": "dino", "seed": "4"}
    assert saved.stat().st_size < 3_000_000
    for before, after in zip(original.state_dict().values(), loaded.state_dict().values(), strict=True):
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-6)
        assert after.dtype == torch.float32
    assert not loaded.training and not any(weight.requires_grad for weight in loaded.parameters())


def test_features_do_not_depend_on_the_batch_they_are_in(saved):
    network, images = compact_vit.load_network("dino-stix", saved), blobs(5)
    assert compact_vit.tokens(network, images).shape == (5, 37, 128)
    together = compact_vit.features(network, images, "mean")
    apart = compact_vit.features(network, images, "mean", batch_size=2)
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=1e-5)
    assert compact_vit.features(network, images[:0]).shape == (0, 128)
    assert not np.allclose(together, compact_vit.features(network, images, "cls"))


def test_files_that_are_no_weights_of_this_network_are_refused_in_a_sentence(saved, tmp_path):
    pickled = tmp_path / "weights.pt"
    pickled.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    with pytest.raises(InputError, match="cannot read .*not a safetensors file .pickle checkpoints are refused"):
        compact_vit.load_network("dino-stix", pickled)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(saved.read_bytes()[:100_000])
    with pytest.raises(InputError, match="cannot read .*: truncated"):
        compact_vit.load_network("dino-stix", cut)
    with pytest.raises(InputError, match="there is no weights file"):
        compact_vit.load_network("dino-stix", tmp_path / "none.safetensors")
    with pytest.raises(InputError, match="trained with the objective dino, not as msn-stix"):
        compact_vit.load_network("msn-stix", saved)
    with pytest.raises(InputError, match="there is no in-domain encoder 'dino': known are dino-stix, msn-stix"):
        compact_vit.load_network("dino")


def test_weights_of_another_architecture_are_refused_naming_the_first_that_differs(saved, tmp_path):
    state = compact_vit.build_network().state_dict()
    other = tmp_path / "other.safetensors"
    save_file({**state, "cls_token": torch.zeros(1, 1, 64)}, other)
    with pytest.raises(InputError, match=r"another network: cls_token is \(1, 1, 64\) in the file and \(1, 1, 128\)"):
        compact_vit.load_network("dino-stix", other)
    save_file({**state, "head.weight": torch.zeros(3, 128)}, other)
    with pytest.raises(InputError, match=r"head.weight is \(3, 128\) in the file and not used in the compact"):
        compact_vit.load_network("dino-stix", other)
