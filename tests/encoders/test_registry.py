"""Published encoders are built from a checkpoint in its authors' format; weights in these tests are tiny and random."""

import json
import subprocess
import sys

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.encoders import specs
from flarebook.encoders.encode import encode_images
from flarebook.encoders.registry import create_encoder, list_encoders
from flarebook.encoders.specs import ENCODERS, read_options
from flarebook.learning.device import declare_torchvision_schemas

torch = pytest.importorskip("torch")
declare_torchvision_schemas()
pytest.importorskip("timm")
TINY = {"depth": 1, "embed_dim": 32, "num_heads": 2}
PATCHES = {"dino": 16, "dinov2": 14, "siglip2": 16, "dinov3": 16}
IMAGES = np.random.default_rng(3).integers(0, 256, (3, 40, 40), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _no_weights_of_this_machine(monkeypatch, tmp_path):
    """Neither the variable nor the hub's cache of whoever runs the tests."""
    monkeypatch.delenv("FLAREBOOK_WEIGHTS", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "no-cache"))


def timm_state(name, size):
    """Random weights of a tiny version of a timm encoder."""
    import timm

    torch.manual_seed(1)
    options = {"num_classes": 0, "img_size": size, **ENCODERS[name].options}
    return timm.create_model(ENCODERS[name].architecture, **options, **TINY).state_dict()


@pytest.mark.parametrize("name", list(PATCHES))
def test_timm_encoders_from_a_safetensors_file(name, tmp_path):
    from safetensors.torch import save_file

    size = 2 * PATCHES[name]
    save_file(timm_state(name, size), tmp_path / "model.safetensors")
    encoder = create_encoder(name, tmp_path, size, "cpu", **TINY)
    features = encode_images(encoder, IMAGES)
    assert features.shape == (3, 32) and encoder.weights == "file"
    assert encoder.source == tmp_path / "model.safetensors"
    mean = encode_images(create_encoder(name, tmp_path, size, "cpu", pooling="mean", **TINY), IMAGES)
    flat = encode_images(create_encoder(name, tmp_path, size, "cpu", pooling="flat", **TINY), IMAGES)
    prefix = flat.shape[1] // 32 - 4
    np.testing.assert_allclose(flat.reshape(3, -1, 32)[:, prefix:].mean(axis=1), mean, atol=1e-5)
    if "cls" in encoder.spec.poolings:
        np.testing.assert_allclose(flat[:, :32], features, atol=1e-5)


def test_dinov2_of_its_authors_at_another_size(tmp_path):
    """Their file has a mask token and position embeddings for 518 pixels."""
    state = timm_state("dinov2", 518) | {"mask_token": torch.zeros(1, 32)}
    torch.save(state, tmp_path / "dinov2_vits14_pretrain.pth")
    features = encode_images(
        create_encoder("dinov2", tmp_path / "dinov2_vits14_pretrain.pth", 28, "cpu", **TINY), IMAGES
    )
    assert features.shape == (3, 32) and np.isfinite(features).all()


def test_ijepa_of_its_authors_has_the_mean_of_patches(tmp_path):
    import timm

    network = timm.create_model("vit_huge_patch14_gap_224", num_classes=0, img_size=28, **TINY)
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save({"encoder": state, "epoch": 300}, tmp_path / "IN1K-vit.h.14-300e.pth.tar")
    encoder = create_encoder("ijepa", tmp_path / "IN1K-vit.h.14-300e.pth.tar", 28, "cpu", **TINY)
    with torch.inference_mode():
        from flarebook.encoders.vision_transformers import as_input

        batch = as_input(IMAGES, 28, *specs.COLOURS["imagenet"])
        expected = network.eval().forward_features(batch).mean(dim=1).numpy()
    np.testing.assert_allclose(encode_images(encoder, IMAGES), expected, atol=1e-5)


def test_msn_from_a_folder(tmp_path, capfd):
    transformers = pytest.importorskip("transformers")
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.ViTMSNConfig(**shape, image_size=28, patch_size=ENCODERS["msn"].patch)
    transformers.ViTMSNModel(config).save_pretrained(tmp_path)
    capfd.readouterr()  # saving draws a progress bar; loading must not
    size = 2 * ENCODERS["msn"].patch
    flat = encode_images(create_encoder("msn", tmp_path, size, "cpu", pooling="flat"), IMAGES).reshape(3, -1, 32)
    features = encode_images(create_encoder("msn", tmp_path, size, "cpu"), IMAGES)
    assert flat.shape[1] == 5  # the class token and four patches
    np.testing.assert_allclose(features, flat[:, 0], atol=1e-5)
    assert capfd.readouterr().err == ""
    (tmp_path / "config.json").unlink()
    with pytest.raises(InputError, match="needs the config.json of facebook/vit-msn-large beside it"):
        create_encoder("msn", tmp_path, size, "cpu")


def test_importing_the_public_face_imports_no_torch():
    code = "import sys; from flarebook.encoders import create_encoder; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def tiny_clip(tmp_path, monkeypatch):
    """A CLIP of open_clip with one layer, its checkpoint in the format of its training script."""
    open_clip = pytest.importorskip("open_clip")
    vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
    text = {"context_length": 4, "vocab_size": 16, "width": 32, "heads": 1, "layers": 1}
    config = tmp_path / "tiny-clip.json"
    config.write_text(json.dumps({"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}))
    open_clip.add_model_config(config)
    tiny = ENCODERS["clip"].model_copy(update={"architecture": "tiny-clip"})
    monkeypatch.setitem(ENCODERS, "clip", tiny)
    torch.manual_seed(2)
    model = open_clip.create_model("tiny-clip", force_quick_gelu=True).eval()
    state = {f"module.{key}": value for key, value in model.state_dict().items()}
    torch.save({"epoch": 32, "state_dict": state}, tmp_path / "epoch_32.pt")
    return model, tmp_path / "epoch_32.pt"


def test_clip_is_encode_image_and_the_posters_activation_differs(tiny_clip):
    from flarebook.encoders.vision_transformers import as_input

    model, path = tiny_clip
    with torch.inference_mode():
        expected = model.encode_image(as_input(IMAGES, 32, *specs.COLOURS["clip"])).numpy()
    ours = encode_images(create_encoder("clip", path, 32, "cpu"), IMAGES)
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    poster = encode_images(create_encoder("clip", path, 32, "cpu", activation="gelu"), IMAGES)
    assert 1e-4 < np.abs(poster - ours).max() < 1
    assert encode_images(create_encoder("clip", path, 32, "cpu", pooling="cls"), IMAGES).shape == (
        3,
        64,
    )  # before the projection
    with pytest.raises(InputError, match="no setting activation 'relu'; known are: activation quickgelu or gelu"):
        create_encoder("clip", path, 32, activation="relu")


def test_missing_weights_say_how_to_get_them(capfd):
    table = list_encoders().set_index("encoder")
    for name in ("clip", "dino", "dinov2", "msn", "ijepa", "siglip2", "dinov3"):
        row = table.loc[name]
        assert not row["available"] and row["weights"] == "missing"
        assert f"hf download {row['identifier']}" in row["reason"] and "FLAREBOOK_WEIGHTS" in row["reason"]
        assert "MB" in row["reason"]
    assert table.loc["dinov2-focus", "weights"] == "shipped"
    assert table.loc["pixels", "weights"] == "none needed"
    with pytest.raises(InputError, match=r"clip are not on this machine: download timm/vit_base_patch32_clip"):
        create_encoder("clip")
    assert capfd.readouterr().err == ""


def test_folder_of_the_variable_is_found(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    (tmp_path / "dino").mkdir()
    save_file(timm_state("dino", 32), tmp_path / "dino" / "model.safetensors")
    monkeypatch.setenv("FLAREBOOK_WEIGHTS", str(tmp_path))
    assert list_encoders(["dino", "dinov2"])["weights"].tolist() == ["file", "missing"]
    assert create_encoder("dino", input_size=32, device="cpu", **TINY).source.parent.name == "dino"
    monkeypatch.setenv("FLAREBOOK_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="which is not a folder"):
        create_encoder("dino")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: create_encoder("dinov4"), r"no encoder 'dinov4' \(did you mean dinov"),
        (
            lambda: create_encoder("dinov2-focus", input_size=100),
            "100 of dinov2-focus is not a multiple .* 14 pixels: take 98",
        ),
        (lambda: create_encoder("dinov2-focus", pooling="max"), "no pooling 'max': known are cls, mean, flat"),
        (lambda: create_encoder("dinov2-focus", device="tpu"), "no device 'tpu'"),
        (lambda: create_encoder("clip-stix", input_size=96), "clip-stix takes images of 48 pixels only"),
        (lambda: read_options(["clip gelu"]), "NAME OPTION VALUE"),
        (lambda: read_options(["klip activation gelu"]), "did you mean clip"),
    ],
)
def test_wrong_wishes_get_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()


def test_options_are_read():
    options = read_options(["dinov2-focus input_size 112", "clip activation gelu", "clip pooling cls"])
    assert options == {"dinov2-focus": {"input_size": 112}, "clip": {"activation": "gelu", "pooling": "cls"}}
