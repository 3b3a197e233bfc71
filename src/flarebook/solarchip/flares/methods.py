"""The methods that are compared, under one interface: positions of the days with labels in, probabilities out."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np

from flarebook.evaluation.probes import linear_head
from flarebook.solarchip.flares.baselines import table_features
from flarebook.solarchip.flares.features import frozen_features, natural_features
from flarebook.solarchip.flares.fine_tune import fine_tune
from flarebook.solarchip.models.autoencoder import backbone_kind, create_autoencoder

UPPER_BOUND, CLIMATOLOGY, NATURAL = "upper_bound", "climatology", "natural"
FROZEN, TUNED, SCRATCH, WITH_AIA, NO_VALIDATION = "frozen", "tuned", "scratch", "frozen-aia", "frozen-alone"
FROZEN_RANDOM = "frozen-random"  # separates the cost of freezing from the gain of pretraining
SIMULATOR_R = "r-true"  # the inversion-line flux that the simulator knows: more than any image shows
PRETRAINED = (FROZEN, TUNED)  # ways of which the better on validation days stands for SolarCHIP
UNTRAINED = {TUNED: SCRATCH, FROZEN: FROZEN_RANDOM}  # way: the same with random weights in place of pretrained ones
MEASURED_R = "r-value"  # the inversion-line flux, measured on the magnetogram
TABLE_METHODS = {"persistence": "persistence", MEASURED_R: "inversion-line flux, measured", "goes-flux": "GOES flux"}
DISPLAY_NAMES = {
    UPPER_BOUND: "upper bound (true rate)",
    CLIMATOLOGY: "climatology",
    "persistence": "persistence",
    MEASURED_R: "inversion-line flux, measured",
    SIMULATOR_R: "inversion-line flux, simulator's own",
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
    """Name of a method as figures and tables show it: "transformer.tuned" -> "transformer fine-tuned"."""
    backbone, _, way = method.rpartition(".")
    return DISPLAY_NAMES[way].format(backbone)


def family(method):
    """Family of a method, for its colour: its way, or "baseline"."""
    way = method.rpartition(".")[2]
    return "baseline" if way in (CLIMATOLOGY, *TABLE_METHODS) else way


def table_methods(days, label, parts, column):
    """Forecasters of the baselines that see no image: {method: function of (known, seed)}.

    days: table of notebook 1; label: (n,); parts: {part: positions}; column: "label_m" or "label_c".
    """

    def climatology(known, seed):
        return np.full(len(label), label[known].mean())

    known_r = "r_value" in days and days["r_value"].notna().all()
    names = TABLE_METHODS | ({SIMULATOR_R: DISPLAY_NAMES[SIMULATOR_R]} if known_r else {})
    features = {method: table_features(name, days, column) for method, name in names.items()}
    forecasters = {method: linear_forecaster(values, label, parts) for method, values in features.items()}
    return {CLIMATOLOGY: climatology} | forecasters


def linear_forecaster(features, label, parts, validated=True):
    """Forecaster of a linear head on features (n, d), or on those that a function of the seed returns.

    validated: whether it knows the labels of the validation days.
    """

    def forecaster(known, seed):
        values = features(seed) if callable(features) else features
        return linear_head(values, label, known, parts["train"], parts["validation"] if validated else None)

    return forecaster


def models_by_kind(models):
    """Models under the name of their kind, by which texts and metrics call them in all sizes: {name: SolarChip}.

    Of several of one kind, each has its own name.
    """
    counts = Counter(backbone_kind(model.name) for model in models)
    kinds = {model.name: backbone_kind(model.name) for model in models}
    return {kinds[model.name] if counts[kinds[model.name]] == 1 else model.name: model for model in models}


def natural_method(days):
    """Forecaster of the frozen encoder of photographs: {method: forecaster}; days: FlareDays."""
    features = natural_features(days.images, days.channels, device=days.device)
    return {NATURAL: linear_forecaster(features, days.label, days.parts)}


def coronal_method(name, model, days, added):
    """Forecaster of a frozen model that sees more channels: {method: forecaster}, empty when none is added.

    name: of the method; model: SolarChip; days: FlareDays, all with images of all channels; added: names of channels.
    """
    if not added:
        return {}
    features = frozen_features(model, days.images, [*days.channels, *added], device=days.device)
    return {f"{name}.{WITH_AIA}": linear_forecaster(features, days.label, days.parts)}


def solarchip_methods(name, model, days, config):
    """Forecasters of a pretrained model and of its architecture with random weights: {method: forecaster}.

    name: of the methods; model: SolarChip; days: FlareDays; config: FineTuningConfig.
    """

    def embed(network):
        return frozen_features(network, days.images, days.channels, device=days.device)

    def random_start(seed):
        return create_autoencoder(model.name, model.sharing, seed, model.size.image)

    @cache  # one network for all shares of the labels
    def random_features(seed):
        return embed(random_start(seed))

    def tuned(start):
        return lambda known, seed: fine_tune(start(seed), days, known, replace(config, seed=seed))

    frozen, known = embed(model), (days.label, days.parts)
    methods = {FROZEN: linear_forecaster(frozen, *known), NO_VALIDATION: linear_forecaster(frozen, *known, False)}
    methods[FROZEN_RANDOM] = linear_forecaster(random_features, *known)
    methods |= {TUNED: tuned(lambda seed: model), SCRATCH: tuned(random_start)}
    return {f"{name}.{way}": forecaster for way, forecaster in methods.items()}
