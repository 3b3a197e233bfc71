"""Published vision transformers, each built by the library that knows its checkpoint, behind one call."""

import re
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from flarebook.compendium.errors import InputError
from flarebook.encoders.weight_files import read_state


class Outputs(NamedTuple):
    """Output of a transformer for a batch: its own pooled features (n, d) or None, and normalised tokens.

    tokens: (n, n_prefix + n_patches, width); n_prefix: how many do not belong to a patch (class token, registers).
    """

    own: torch.Tensor | None
    tokens: torch.Tensor
    n_prefix: int


def as_input(images, size, mean, deviation, device="cpu"):
    """Turn a batch into the input that published encoders expect: (n, h, w) of 0 to 255 to a tensor (n, 3, size, size).

    Bicubic with smoothing where pixels are lost, clipped to the range of a photograph, the same in all three colours,
    then scaled by the mean and standard deviation of each colour: what the authors' transforms do to a grey image.
    """
    batch = torch.from_numpy(np.ascontiguousarray(images)).to(device).float()[:, None] / 255
    if batch.shape[-1] != size:
        batch = torch.nn.functional.interpolate(batch, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)
    mean, deviation = (torch.tensor(values, device=device).reshape(1, 3, 1, 1) for values in (mean, deviation))
    return (batch - mean) / deviation


def pool(outputs, pooling):
    """Pool tokens to the features of a batch, (n, d).

    pooling: "cls" the class token; "mean" over the patches; "flat" all tokens in a row, as the poster's code does for
    MSN; any other, the network's own: "projection" of CLIP, "attention" of SigLIP.
    """
    if pooling == "cls":
        return outputs.tokens[:, 0]
    if pooling == "mean":
        return outputs.tokens[:, outputs.n_prefix :].mean(dim=1)
    if pooling == "flat":
        return outputs.tokens.flatten(1)
    return outputs.own


def timm_network(spec, path, size, settings):
    """Build a transformer of timm; its key converters read the authors' own checkpoints too.

    Returns a function (n, 3, size, size) -> Outputs, and the network.
    """
    state = read_state(path)
    import timm

    options = {"num_classes": 0, "img_size": size, **spec.options, **settings}
    with fitting(spec, path):
        source = {"state_dict": state, "num_classes": 0}  # with another number timm would accept misfits in silence
        network = timm.create_model(spec.architecture, pretrained=True, pretrained_cfg_overlay=source, **options)

    def run(batch):
        tokens = network.forward_features(batch)
        return Outputs(network.forward_head(tokens, pre_logits=True), tokens, network.num_prefix_tokens)

    return run, network


def open_clip_network(spec, path, size, settings):
    """Build the image tower of a CLIP of open_clip.

    settings: activation, "quickgelu" (as the weights were trained) or "gelu" (as the poster's code loads them).
    Returns a function (n, 3, size, size) -> Outputs, and the tower.
    """
    state = read_state(path)
    import open_clip

    check_settings(spec, settings, {"activation": ("quickgelu", "gelu")})
    quick = settings.get("activation") != "gelu"
    options = {"force_quick_gelu": quick, "force_image_size": size}
    with fitting(spec, path):
        model = open_clip.create_model(spec.architecture, pretrained=None, **options, **spec.options)
        open_clip.factory.resize_pos_embed(state, model)
        model.load_state_dict(state)
    tower = model.visual
    projection, tower.proj, tower.output_tokens = tower.proj, None, True

    def run(batch):
        cls, patches = tower(batch)
        return Outputs(cls @ projection.to(cls.device), torch.cat([cls[:, None], patches], dim=1), 1)

    return run, tower


def transformers_network(spec, path, size, settings):
    """Build the MSN of transformers from the folder of its weights and their config.json.

    Returns a function (n, 3, size, size) -> Outputs, and the network.
    """
    check_settings(spec, settings, {})
    if not path.with_name("config.json").is_file():
        raise InputError(f"{path} needs the config.json of {spec.identifier} beside it: download both")
    state = read_state(path)
    import transformers
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with fitting(spec, path):
        model = getattr(transformers, spec.architecture)
        config = model.config_class.from_pretrained(path.parent)
        network, report = model.from_pretrained(None, config=config, state_dict=state, output_loading_info=True)
        _check_report(report)

    def run(batch):
        return Outputs(None, network(batch, interpolate_pos_encoding=True).last_hidden_state, 1)

    return run, network


def _check_report(report):
    """Turn what transformers only reports into an error."""
    wrong = [f"{kind.split('_')[0]} {sorted(map(str, found))[0]}" for kind, found in report.items() if found]
    if wrong:
        raise RuntimeError("\n" + "; ".join(wrong))


def check_settings(spec, settings, known):
    """InputError for a setting or a value that is not among the known ones, {name: values}."""
    for name, value in settings.items():
        if value not in known.get(name, ()):
            choices = "; ".join(f"{key} {' or '.join(values)}" for key, values in known.items()) or "none"
            raise InputError(f"{spec.name} has no setting {name} {value!r}; known are: {choices}")


@contextmanager
def fitting(spec, path):
    """Turn a library's complaint about weights into one sentence.

    Raises InputError for weights of another shape or name than the network's.
    """
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, KeyError, AttributeError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} does not fit encoder {spec.name} ({spec.architecture}): {_first_complaint(str(error))}; "
            f"it needs the weights of {spec.identifier}"
        ) from error


def _first_complaint(text):
    """First thing that a library found wrong, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    detail = lines[1] if len(lines) > 1 else lines[0] if lines else "unreadable"
    return re.sub(r"\s+", " ", detail)[:160].rstrip(" .,:")
