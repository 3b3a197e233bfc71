"""Weights files: they come back as they went, run no code, and say clearly when they belong to another network."""

import os
import pickle

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from flarebook.compendium.errors import InputError
from flarebook.solarchip import load_encoder
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.embeddings import embed_images
from flarebook.solarchip.models.weights import load_weights, save_encoder


@pytest.fixture
def saved(tmp_path):
    """File with the weights of an untrained network of two encoders."""
    return save_encoder(
        create_autoencoder("vit-mini", seed=3), tmp_path / "vit_mini.safetensors", {"seed": 3, "origin": "simulated"}
    )


def test_saved_weights_come_back_in_half_precision_with_their_architecture_and_description(saved):
    original, loaded = create_autoencoder("vit-mini", seed=3), load_weights(saved)
    assert loaded.about == {"seed": "3", "origin": "simulated", "backbone": "vit-mini", "sharing": "two", "image": "32"}
    for before, after in zip(original.state_dict().values(), loaded.state_dict().values(), strict=True):
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-6)
        assert after.dtype == torch.float32
    assert not loaded.training and not any(weight.requires_grad for weight in loaded.parameters())


@pytest.mark.parametrize(
    "change", [{"image": "abc"}, {"image": "0"}, {"image": "-8"}, {"image": "129"}, {"backbone": "os.system"}]
)
def test_a_description_that_makes_no_sense_is_a_sentence(saved, change):
    with safe_open(saved, framework="pt") as file:
        about = file.metadata() | change
    save_file(load_file(saved), saved, about)
    with pytest.raises(InputError):
        load_weights(saved)


@pytest.mark.parametrize("name", ["vit-mini", "cnn-mini"])
@pytest.mark.parametrize("sharing", ["one", "separate"])
def test_the_file_knows_which_network_it_is_of(tmp_path, name, sharing):
    model = load_weights(save_encoder(create_autoencoder(name, sharing, image=48), tmp_path / "some.safetensors", {}))
    assert (model.name, model.sharing, model.size.image) == (name, sharing, 48)


class Trap:
    """What runs a command when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("sprung",)


def test_a_file_with_pickled_code_is_refused_and_its_code_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weights": Trap()}, tmp_path / "torch.safetensors")
    (tmp_path / "plain.ckpt").write_bytes(pickle.dumps(Trap()))
    for file in ("torch.safetensors", "plain.ckpt"):
        with pytest.raises(InputError, match="not a safetensors file .pickle checkpoints are refused.*run code"):
            load_weights(tmp_path / file)
    assert not (tmp_path / "sprung").exists()


def test_damaged_missing_and_nameless_files_get_one_sentence(saved, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(saved.read_bytes()[:3000])
    with pytest.raises(InputError, match="cannot read .*cut.safetensors: truncated"):
        load_weights(cut)
    with pytest.raises(InputError, match="there is no weights file .*: make one with `python -m scripts.solarchip"):
        load_weights(tmp_path / "none.safetensors")
    save_file({"weight": torch.zeros(2)}, cut)
    with pytest.raises(InputError, match="does not describe its network .backbone is missing"):
        load_weights(cut)


def test_weights_that_are_no_numbers_are_refused(saved):
    with safe_open(saved, framework="pt") as file:
        about = file.metadata()
    state = load_file(saved)
    state["project_cls.weight"][0, 0] = float("nan")
    save_file(state, saved, about)
    with pytest.raises(InputError, match=r"NaN or infinite \(project_cls.weight\)"):
        load_weights(saved)


def test_weights_of_another_architecture_are_refused_naming_what_differs(saved, tmp_path):
    with pytest.raises(InputError, match="holds weights of vit-mini, not of cnn-mini"):
        load_weights(saved, "cnn-mini")
    state, about = (
        create_autoencoder("vit-mini").state_dict(),
        {"backbone": "vit-mini", "sharing": "two", "image": "32"},
    )
    other = tmp_path / "other.safetensors"
    save_file({**state, "project_cls.weight": torch.zeros(4, 16)}, other, about)
    with pytest.raises(InputError, match=r"project_cls.weight is \(4, 16\) in the file and \(8, 16\) in vit-mini with"):
        load_weights(other)
    save_file(state, other, about | {"sharing": "one"})
    with pytest.raises(InputError, match=r"decoders.aia\S+ is \(.* not used in vit-mini with sharing one"):
        load_weights(other)


def test_an_unknown_model_gets_one_sentence():
    with pytest.raises(InputError, match="no shipped model 'vit-huge': known are vit-tiny, cnn-tiny"):
        load_encoder("vit-huge")


@pytest.mark.parametrize("name", ["vit-tiny", "cnn-tiny"])
def test_shipped_models_turn_images_into_finite_features(name):
    images = np.random.default_rng(1).normal(0, 0.3, (2, 11, 128, 128)).clip(-1, 1)
    found = embed_images(load_encoder(name), images, "171", device="cpu")
    assert np.isfinite(found.cls).all() and np.linalg.norm(found.cls_projected, axis=1) == pytest.approx(1, abs=1e-4)
    assert not np.allclose(found.cls[0], found.cls[1])
