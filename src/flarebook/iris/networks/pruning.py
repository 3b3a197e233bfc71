"""Pruning spectra that look like quiet Sun, split by split, and what it does to the scores of unseen observations."""

from dataclasses import replace

import numpy as np
import pandas as pd

from flarebook.evaluation.classification import ranking_probability
from flarebook.iris.classifiers.ensemble import train_ensemble
from flarebook.iris.classifiers.protocol import score_table, test_scores
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, VALIDATION, Splits, select_spectra


def held_out_thresholds(errors, spectra, splits, share=0.9):
    """Error below which the given share of a split's held-out quiet-Sun spectra lies, (n_splits,).

    errors: (n_splits, n) of the quiet-Sun spectra; splits: of `split_quiet_sun`.
    """
    rows = (splits.rows(i, VALIDATION, spectra) for i in range(len(splits)))
    return np.array([np.quantile(error[held_out], share) for error, held_out in zip(errors, rows, strict=True)])


def brightest(intensity, kept, splits, spectra):
    """Keep the brightest spectra, as many of each split's as another rule keeps: (n_splits, n) bool.

    intensity: (n,); kept: (n_splits, n) bool of the other rule.  The floor of a split comes from spectra that it does
    not test.
    """
    rows = []
    for split, mine in enumerate(kept):
        learned = (splits.role[split] != TEST)[spectra.observation]
        rows.append(intensity > np.quantile(intensity[learned], 1 - mine[learned].mean()))
    return np.array(rows)


def prune_splits(spectra, splits, kept, tested=True):
    """Splits by spectrum instead of by observation, in which pruned spectra take no part.

    kept: (n_splits, n) bool; tested: whether test spectra are pruned too.  Returns Spectra, each spectrum a unit of its
    own, and Splits (n_splits, n).  An observation stays on one side: every spectrum keeps its observation's part.
    """
    role = splits.role[:, spectra.observation]
    pruned = ~kept if tested else ~kept & (role != TEST)
    units = tuple(f"{spectra.names[code]}/{row}" for row, code in enumerate(spectra.observation))
    single = replace(spectra, observation=np.arange(len(units)), names=units, positive=spectra.label > 0)
    return single, Splits(np.where(pruned, EXCLUDED, role).astype(np.int8))


def pruned_scores(name, spectra, splits, kept, widths, config, tested=True):
    """Scores per spectrum and per observation of classifiers that never see the pruned spectra.

    kept: (n_splits, n) bool.  Returns a DataFrame model, split, selection, metric, value with the six scores and
    "auc per observation", of the mean score of each observation's remaining spectra.
    """
    single, parts = prune_splits(spectra, splits, kept, tested)
    scores = test_scores(train_ensemble(single, parts, widths, config).weights["validation"], single, parts)
    table = score_table(name, "validation", scores, single, parts)
    rows = []
    for split, score in enumerate(scores):
        of = spectra.observation[parts.rows(split, TEST, single)]
        mean = pd.Series(score).groupby(of).mean()
        positive = spectra.positive[mean.index]
        value = ranking_probability(mean[positive].to_numpy(), mean[~positive].to_numpy())
        rows.append((name, split, "validation", "auc per observation", value))
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)


def quiet_light_auc(errors, quiet, most_quiet=0.5):
    """AUC with which each split's errors tell active light from quiet Sun: (n_splits,), NaN where that is unknown.

    errors: (n_splits, n); quiet: (n,) share of quiet-Sun light, NaN on real spectra; below `most_quiet` is active.
    """
    active, still = quiet < most_quiet, quiet >= most_quiet
    if not (active.any() and still.any()):
        return np.full(len(errors), np.nan)
    return np.array([ranking_probability(error[active], error[still]) for error in errors])


def quiet_light(table, rng):
    """Share of quiet-Sun light of the spectra that `select_spectra` selects with the same rng, (n,); NaN if unknown."""
    known = table.assign(known=table["quiet_fraction"].fillna(-1))
    share = select_spectra(known, rng, ("known",)).features[:, 0]
    return np.where(share < 0, np.nan, share)
