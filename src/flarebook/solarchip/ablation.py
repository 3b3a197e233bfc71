"""What each term of the loss is worth: the same training with one thing changed, several seeds each.

As a script it runs the rows longer than a notebook has time for, one after the other, and goes on where it was stopped:
python -m flarebook.solarchip.ablation ARCHIVE OUT --epochs 40 --seeds 3
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.files import whole_file
from flarebook.solarchip.backbones import create
from flarebook.solarchip.pretrain import pretrain
from flarebook.solarchip.representation_scores import score_model

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


@dataclass(frozen=True)
class Variant:
    """One row of the ablation: a backbone, which channels share an encoder, and the terms of the loss."""

    backbone: str
    row: str
    sharing: str = "two"


def variants(backbones, sharings=("one", "separate")):
    """All rows: each set of terms with two encoders, and all terms with every other way of sharing."""
    found = [Variant(backbone, row) for backbone in backbones for row in TERMS]
    return found + [Variant(backbone, ALL_TERMS, sharing) for backbone in backbones for sharing in sharings]


def train_variant(variant, images, settings):
    """Encoder of one row after its training; without terms, the weights that the seed draws.

    images: (n, 11, h, w) scaled, of the training dates; settings: pretrain.Settings of the row with all terms.
    Returns a SolarChip in evaluation mode.
    """
    if not TERMS[variant.row]:
        return create(variant.backbone, variant.sharing, settings.seed, images.shape[-1]).eval()
    own = replace(settings, size=variant.backbone, sharing=variant.sharing, terms=TERMS[variant.row])
    return pretrain(images, own)[0]


def run_variant(variant, dates, settings, channels):
    """Scores of one row and one seed: DataFrame of COLUMNS.

    dates: representation_scores.Dates; channels: AIA channels that are scored.
    """
    model = train_variant(variant, dates.images[dates.train], settings)
    table = score_model(model, dates, channels, device=settings.device)
    about = {"backbone": variant.backbone, "sharing": variant.sharing, "row": variant.row, "seed": settings.seed}
    return table.assign(**about)[list(COLUMNS)]


def run(chosen, dates, settings, seeds, channels, path=None, progress=None):
    """Scores of all rows and seeds; what a table at `path` already holds is not run again.

    chosen: of `variants`; seeds: one training of each row per seed, which draws the same first weights and batches in
    every row; path: Parquet table that grows with every training, none: nothing is written; progress: called with
    each Variant and seed that is done.
    Returns a DataFrame of COLUMNS.
    """
    table = _read(path)
    done = set(table[["backbone", "sharing", "row", "seed"]].drop_duplicates().itertuples(index=False, name=None))
    for seed in seeds:  # a run that was stopped has whole seeds
        for variant in chosen:
            if (variant.backbone, variant.sharing, variant.row, seed) in done:
                continue
            rows = run_variant(variant, dates, replace(settings, seed=seed), channels)
            table = rows if table.empty else pd.concat([table, rows], ignore_index=True)
            _write(table, path)
            if progress:
                progress(variant, seed)
    return table


def _read(path):
    """Table of an earlier run, empty when there is none; InputError when it is something else."""
    if path is None or not Path(path).is_file():
        return pd.DataFrame({name: [] for name in COLUMNS})
    table = pd.read_parquet(path)
    if list(table.columns) != list(COLUMNS):
        raise InputError(f"{path} is no table of an ablation: give another folder, or remove it to begin anew")
    return table


def _write(table, path):
    """Write the table so far, whole."""
    if path is not None:
        with whole_file(path) as partial:
            table.to_parquet(partial, index=False)
