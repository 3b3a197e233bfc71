"""What each term of the loss is worth: the same training with one thing changed, several seeds each."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flarebook.solarchip.datasets.archive import scale_archive
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.pretraining.pretrain import pretrain
from flarebook.solarchip.representation.scores import COLUMNS as SCORE_COLUMNS
from flarebook.solarchip.representation.scores import build_evaluation_set, score_model

TERMS = {  # row: terms of the loss
    "random": (),
    "reconstruction": ("reconstruction",),
    "+ CLS": ("reconstruction", "cls"),
    "+ CLS + patch": ("reconstruction", "cls", "patch"),
    "+ CLS + patch + intra": ("reconstruction", "cls", "patch", "intra"),
    "CLS alone": ("cls",),
    "patch alone": ("patch",),
    "intra alone": ("intra",),
}
ALL_TERMS = "+ CLS + patch + intra"
SHARING_WORDS = {"two": "HMI, AIA", "one": "one for all", "separate": "one per channel"}  # who shares an encoder
COLUMNS = ("backbone", "sharing", "row", "seed", "score", "value", "chance")


def loss_score(term):
    """Name of the score that holds the training's loss of a term."""
    return f"training loss, {term}"


@dataclass(frozen=True)
class Variant:
    """One row of the ablation: a backbone, which channels share an encoder, and the terms of the loss."""

    backbone: str
    row: str
    sharing: str = "two"


def ablation_variants(backbones, sharings=("one", "separate")):
    """All rows: each set of terms with two encoders, and all terms with every other way of sharing."""
    rows = [Variant(backbone, row) for backbone in backbones for row in TERMS]
    return rows + [Variant(backbone, ALL_TERMS, sharing) for backbone in backbones for sharing in sharings]


def prepare_evaluation_set(images, days, side):
    """Dates of an archive at the ablation's size: an EvaluationSet.

    images: (n, 11, h, w) physical; days: table of notebook 1; side: pixels along a side.
    """
    binned = bin_images(images, side)
    return build_evaluation_set(scale_archive(binned), days, binned[:, 0])


def train_variant(variant, images, settings):
    """Encoder of one row after its training; without terms, the weights that the seed draws.

    images: (n, 11, h, w) scaled, of the training dates; settings: PretrainingConfig of the row with all terms.
    Returns a SolarChip in evaluation mode and {term: its loss, the mean over the last `every` steps}.
    """
    terms = TERMS[variant.row]
    if not terms:
        return create_autoencoder(variant.backbone, variant.sharing, settings.seed, images.shape[-1]).eval(), {}
    own = replace(settings, size=variant.backbone, sharing=variant.sharing, terms=terms)
    model, history = pretrain(images, own)
    return model, history[list(terms)].iloc[-1].to_dict()


def run_variant(variant, dates, settings, channels):
    """Scores of one row and one seed: DataFrame of COLUMNS.

    dates: EvaluationSet; channels: AIA channels that are scored.
    """
    model, losses = train_variant(variant, dates.images[dates.train], settings)
    trained = pd.DataFrame([(loss_score(term), loss, np.nan) for term, loss in losses.items()], columns=SCORE_COLUMNS)
    tables = [score_model(model, dates, channels, device=settings.device), trained]
    table = pd.concat([part for part in tables if len(part)], ignore_index=True)
    about = {"backbone": variant.backbone, "sharing": variant.sharing, "row": variant.row, "seed": settings.seed}
    return table.assign(**about)[list(COLUMNS)]


def run_ablation(variants, dates, settings, seeds, channels):
    """Scores of all rows and seeds: DataFrame of COLUMNS.

    variants: of `ablation_variants`; seeds: one training of each row per seed, with the same first weights and batches
    in every row; dates, settings, channels: of `run_variant`.
    """
    trainings = [(variant, replace(settings, seed=seed)) for seed in seeds for variant in variants]
    return pd.concat([run_variant(one, dates, own, channels) for one, own in trainings], ignore_index=True)
