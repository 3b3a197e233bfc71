"""Published vision transformers, each built by the library that knows its checkpoint, behind one call."""

import json
import re
from contextlib import contextmanager
from typing import NamedTuple

import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.device import declare_torchvision_schemas

ORIGINAL = {"ijepa": {"architecture": "vit_huge_patch14_gap_224", "options": {}}}  # timm reads the authors' own files


class Outputs(NamedTuple):
    """What a transformer makes of a batch: its own pooled features (n, d) or None, and normalised tokens.

    tokens: (n, n_prefix + n_patches, width); n_prefix: how many do not belong to a patch (class token, registers).
    """

    own: torch.Tensor | None
    tokens: torch.Tensor
    n_prefix: int


def pool(outputs, pooling):
    """Features of a batch, (n, d).

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


def timm_network(recipe, path, state, size, settings):
    """Transformer of timm; its key converters read the authors' own checkpoints too.

    Returns a function (n, 3, size, size) -> Outputs, and the network.
    """
    declare_torchvision_schemas()
    import timm

    options = {"num_classes": 0, "img_size": size, **recipe.options, **settings}
    with fitting(recipe, path):
        source = {"state_dict": state, "num_classes": 0}  # with another number timm would accept misfits in silence
        network = timm.create_model(recipe.architecture, pretrained=True, pretrained_cfg_overlay=source, **options)
    return timm_outputs(network), network


def timm_outputs(network):
    """Function that runs a timm VisionTransformer."""

    def run(batch):
        tokens = network.forward_features(batch)
        return Outputs(network.forward_head(tokens, pre_logits=True), tokens, network.num_prefix_tokens)

    return run


def open_clip_network(recipe, path, state, size, settings):
    """Image tower of a CLIP of open_clip.

    settings: activation, "quickgelu" (as the weights were trained) or "gelu" (as the poster's code loads them).
    Returns a function (n, 3, size, size) -> Outputs, and the tower.
    """
    declare_torchvision_schemas()
    import open_clip

    check_settings(recipe, settings, {"activation": ("quickgelu", "gelu")})
    quick = settings.get("activation") != "gelu"
    options = {"force_quick_gelu": quick, "force_image_size": size}
    with fitting(recipe, path):
        model = open_clip.create_model(recipe.architecture, pretrained=None, **options, **recipe.options)
        open_clip.factory.resize_pos_embed(state, model)
        model.load_state_dict(state)
    tower = model.visual
    projection, tower.proj, tower.output_tokens = tower.proj, None, True

    def run(batch):
        cls, patches = tower(batch)
        return Outputs(cls @ projection.to(cls.device), torch.cat([cls[:, None], patches], dim=1), 1)

    return run, tower


def transformers_network(recipe, path, state, size, settings):
    """MSN or I-JEPA of transformers; config.json beside the weights tells their size, the published one otherwise.

    A checkpoint of I-JEPA's authors has other names and goes to timm.
    Returns a function (n, 3, size, size) -> Outputs, and the network.
    """
    if "encoder" in state:
        return timm_network(recipe.model_copy(update=ORIGINAL[recipe.name]), path, state, size, settings)
    check_settings(recipe, settings, {})
    import transformers
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = getattr(transformers, recipe.architecture)
    with fitting(recipe, path):
        config = model.config_class(**(_config(path) or recipe.options))
        network, report = model.from_pretrained(None, config=config, state_dict=state, output_loading_info=True)
        _check_report(report)

    def run(batch):
        tokens = network(batch, interpolate_pos_encoding=True).last_hidden_state
        return Outputs(None, tokens, int(hasattr(network.embeddings, "cls_token")))

    return run, network


def _config(path):
    """Settings in the config.json beside a checkpoint; None when there is none."""
    config = path.with_name("config.json")
    return json.loads(config.read_text(encoding="utf-8")) if config.is_file() else None


def _check_report(report):
    """Turn what transformers only reports into an error."""
    wrong = [f"{kind.split('_')[0]} {sorted(map(str, found))[0]}" for kind, found in report.items() if found]
    if wrong:
        raise RuntimeError("\n" + "; ".join(wrong))


def check_settings(recipe, settings, known):
    """InputError for a setting or a value that is not among the known ones, {name: values}."""
    for name, value in settings.items():
        if value not in known.get(name, ()):
            choices = "; ".join(f"{key} {' or '.join(values)}" for key, values in known.items()) or "none"
            raise InputError(f"{recipe.name} has no setting {name} {value!r}; it knows: {choices}")


@contextmanager
def fitting(recipe, path):
    """Turn a library's complaint about weights into one sentence.

    Raises InputError for weights of another shape or name than the network's.
    """
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, KeyError, AttributeError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} does not fit encoder {recipe.name} ({recipe.architecture}): {_first_complaint(str(error))}; "
            f"it needs the weights of {recipe.identifier}"
        ) from error


def _first_complaint(text):
    """First thing that a library found wrong, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    detail = lines[1] if len(lines) > 1 else lines[0] if lines else "unreadable"
    return re.sub(r"\s+", " ", detail)[:160].rstrip(" .,:")
