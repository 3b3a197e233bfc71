"""The cost of wrong labels: model B trained on the same splits with observations left out, or their labels flipped."""

from dataclasses import replace

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.ensemble import ARCHITECTURES, train_ensemble
from flarebook.iris.classifiers.protocol import score_table, test_scores
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, Splits

REFERENCE = "labels as simulated"
VARIANTS = LEFT_OUT, TWO, ALL, EVERYWHERE = (
    "doubted left out",
    "contradicted flipped in training",
    "doubted flipped in training",
    "doubted flipped everywhere",
)


def flip_labels(spectra, names):
    """Spectra whose label is wrong for some observations: pre-flare becomes active region and the other way round.

    names: of the observations.  Raises InputError for a name that is not among them.
    """
    wrong = np.isin(spectra.names, list(names))
    if missing := set(names) - set(spectra.names):
        raise InputError(f"there are no spectra of {', '.join(sorted(missing))}, whose labels are to be flipped")
    flipped = wrong[spectra.observation]
    label = np.where(flipped, 1 - spectra.label, spectra.label).astype(spectra.label.dtype)
    return replace(spectra, label=label, positive=spectra.positive ^ wrong)


def leave_out(splits, spectra, names):
    """Splits in which some observations train and validate nothing; the test sets stay as they are."""
    out = np.isin(spectra.names, list(names)) & (splits.role != TEST)
    return Splits(np.where(out, EXCLUDED, splits.role).astype(splits.role.dtype))


def mislabelled_scores(spectra, splits, config, contradicted, doubted):
    """Scores of model B with what the audit doubts left out or wrong: DataFrame as of `ablation.run_variant`.

    contradicted, doubted: names of observations, the former among the latter.  The model is REFERENCE or one of
    VARIANTS.  Test labels are right but in EVERYWHERE, which shows what a study with wrong labels would report.
    """
    two, every = flip_labels(spectra, contradicted), flip_labels(spectra, doubted)
    runs = {REFERENCE: (spectra, splits), LEFT_OUT: (spectra, leave_out(splits, spectra, doubted))}
    runs |= {TWO: (two, splits), ALL: (every, splits)}
    parts = []
    for name, (learned, parted) in runs.items():
        weights = train_ensemble(learned, parted, ARCHITECTURES["B"], config).weights["validation"]
        scores = test_scores(weights, spectra, splits)
        parts.append(score_table(name, "validation", scores, spectra, splits))
    parts.append(score_table(EVERYWHERE, "validation", scores, every, splits))
    return pd.concat(parts, ignore_index=True)
