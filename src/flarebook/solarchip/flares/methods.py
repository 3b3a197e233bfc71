"""The methods that are compared, under one interface: positions of the days with labels in, probabilities out."""

from dataclasses import replace
from functools import cache

import numpy as np

from flarebook.evaluation.linear_head import linear_head
from flarebook.solarchip.flares.baselines import climatology, table_features
from flarebook.solarchip.flares.features import frozen_features, natural_features
from flarebook.solarchip.flares.fine_tune import fine_tune
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.models.autoencoder import create_autoencoder

UPPER_BOUND, CLIMATOLOGY, NATURAL = "upper_bound", "climatology", "natural"
FROZEN, TUNED, SCRATCH, WITH_AIA, NO_VALIDATION = "frozen", "tuned", "scratch", "frozen-aia", "frozen-alone"
FROZEN_RANDOM = "frozen-random"  # tells what freezing costs from what pretraining gives
SIMULATOR_R = "r-true"  # the simulator's own R: it knows more than any image shows
PRETRAINED = (FROZEN, TUNED)  # ways of which the better on validation days stands for SolarCHIP
UNTRAINED = {TUNED: SCRATCH, FROZEN: FROZEN_RANDOM}  # way: the same with random weights in place of pretrained ones
TABLE_METHODS = {"persistence": "persistence", "r-value": "R measured", "goes-flux": "GOES flux"}
DISPLAY_NAMES = {
    UPPER_BOUND: "upper bound (true rate)",
    CLIMATOLOGY: "climatology",
    "persistence": "persistence",
    "r-value": "R measured",
    SIMULATOR_R: "R, simulator's own",
    "goes-flux": "GOES flux",
    NATURAL: "natural images",
    FROZEN: "{} frozen",
    TUNED: "{} fine-tuned",
    SCRATCH: "{} from scratch",
    WITH_AIA: "{} frozen, HMI and AIA",
    NO_VALIDATION: "{} frozen, no validation labels",
    FROZEN_RANDOM: "{} frozen, random weights",
}


def display_name(method):
    """Name of a method as figures and tables show it: "vit-tiny.tuned" -> "vit-tiny fine-tuned"."""
    backbone, _, way = method.rpartition(".")
    return DISPLAY_NAMES[way].format(backbone)


def family(method):
    """What a method rests on, for its colour: its way, or "baseline"."""
    way = method.rpartition(".")[2]
    return (
        way
        if way in (*UNTRAINED, *UNTRAINED.values(), WITH_AIA, NO_VALIDATION, NATURAL, SIMULATOR_R, UPPER_BOUND)
        else "baseline"
    )


def scale_inputs(images, channels, side):
    """Scaled images of the wanted channels in their places among the eleven, float32; the others stay zero.

    images: (n, 11, h, w) physical; side: pixels to which they are binned.  Zeros that nobody reads take no memory;
    scaling all channels of a thousand days would take a gigabyte.
    """
    scaled = np.zeros((*images.shape[:2], side, side), np.float32)
    for channel in channels:
        place = CHANNELS.index(channel)
        scaled[:, place] = scale_channel(bin_images(images[:, place : place + 1], side)[:, 0], channel)
    return scaled


def table_methods(days, label, parts, column):
    """Forecasters of the baselines that see no image: {method: function of (known, seed)}.

    days: table of notebook 1; label: (n,); parts: {part: positions}; column: "label_m" or "label_c".
    """

    def constant(known, seed):
        return np.full(len(label), climatology(label[known]))

    names = TABLE_METHODS | (
        {SIMULATOR_R: DISPLAY_NAMES[SIMULATOR_R]} if "r_value" in days and days["r_value"].notna().all() else {}
    )
    features = {method: table_features(name, days, column) for method, name in names.items()}
    return {CLIMATOLOGY: constant} | {method: on_features(values, label, parts) for method, values in features.items()}


def on_features(features, label, parts):
    """Forecaster of a linear head on features (n, d); nothing in it is drawn, so that the seed is left unused."""

    def forecaster(known, seed):
        return linear_head(features, label, known, parts["train"], parts["validation"])

    return forecaster


def on_drawn_features(features, label, parts):
    """Forecaster of a linear head on features that the seed draws; features: function of a seed, to (n, d)."""

    def forecaster(known, seed):
        return linear_head(features(seed), label, known, parts["train"], parts["validation"])

    return forecaster


def on_features_alone(features, label, parts):
    """Forecaster of a linear head to which no validation label is known."""

    def forecaster(known, seed):
        return linear_head(features, label, known, parts["train"])

    return forecaster


def natural_method(images, label, parts, channels, device="auto"):
    """Forecaster of the frozen encoder of photographs: {method: forecaster}."""
    features = natural_features(images, channels, device=device)
    return {NATURAL: on_features(features, label, parts)}


def solarchip_methods(name, model, images, label, parts, channels, config, device="auto"):
    """Forecasters of a pretrained model and of its architecture with random weights: {method: forecaster}.

    name: of the methods; model: SolarChip; channels: (seen by all, added to them in one more frozen row); config:
    fine_tune.FineTuningConfig.
    """
    seen, added = channels
    frozen = frozen_features(model, images, seen, device=device)
    methods = {
        f"{name}.{FROZEN}": on_features(frozen, label, parts),
        f"{name}.{NO_VALIDATION}": on_features_alone(frozen, label, parts),
    }
    if added:
        both = np.concatenate([frozen, frozen_features(model, images, added, device=device)], axis=1)
        methods[f"{name}.{WITH_AIA}"] = on_features(both, label, parts)

    def random_start(seed):
        return create_autoencoder(model.name, model.sharing, seed, model.size.image)

    @cache  # one network for all shares of the labels
    def random_features(seed):
        return frozen_features(random_start(seed), images, seen, device=device)

    methods[f"{name}.{FROZEN_RANDOM}"] = on_drawn_features(random_features, label, parts)
    learned = (images, label, parts, seen, config, device)
    methods[f"{name}.{TUNED}"] = fine_tuned(model, *learned)
    methods[f"{name}.{SCRATCH}"] = fine_tuned(None, *learned, starts=random_start)
    return methods


def fine_tuned(model, images, label, parts, channels, config, device="auto", starts=None):
    """Forecaster of a network that learns, from the weights of a model or, with starts, from random ones.

    model: SolarChip; starts: function of a seed to an untrained SolarChip, drawn anew for each draw of labels.
    """

    def forecaster(known, seed):
        first = starts(seed) if starts else model
        own = replace(config, seed=seed)
        return fine_tune(first, images, label, channels, known, parts["train"], parts["validation"], own, device)

    return forecaster
