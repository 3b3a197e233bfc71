"""Rank correlations among the ten features, by region and on the real raster, and what the paper says of them."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import resample_rows
from flarebook.iris.mg2 import FEATURES

# Panos & Kleint 2020, section 6.2: features that change along one direction of the t-SNE map, in the paper's order.
COUPLED = {
    "horizontal": ("triplet", "intensity", "total_continuum", "line_width", "kh_ratio"),
    "middle": ("peak_separation", "k3_height"),
    "vertical": ("line_center", "asymmetry", "peak_ratio"),
}
ORDER = sum(COUPLED.values(), ())
STATEMENTS = (  # the same section: first feature, second feature, sign of their correlation, the paper's words
    ("intensity", "triplet", 1, "more intense profiles come with triplet emission"),
    ("intensity", "total_continuum", -1, "and with less continuum"),
    ("intensity", "kh_ratio", 1, "and with higher k/h ratios"),
    ("intensity", "peak_separation", -1, "weakly with closer peaks"),
    ("peak_separation", "k3_height", -1, "strongly anti-correlated"),
    ("k3_height", "line_width", -1, "deeper reversals in broader profiles"),
    ("total_continuum", "line_width", 1, "strong, and artificial"),
)
BLOCK = 25  # slit pixels, 4 arcsec: neighbours along the slit show the same structure


def rank_correlations(table):
    """Spearman correlation of each pair of features.

    table: the ten features, one row a spectrum.  Returns DataFrame (10, 10) in the order ORDER; NaN where a feature is
    constant.  Raises InputError for fewer than three spectra.
    """
    if len(table) < 3:
        raise InputError(f"A correlation needs at least three spectra; the table holds {len(table)}.")
    return table[list(ORDER)].rank().corr()  # Spearman's coefficient is Pearson's of the ranks


def matrix_distance(first, second):
    """Root mean square difference of two correlation matrices over their 45 pairs of features."""
    upper = np.triu_indices(len(FEATURES), 1)
    return float(np.sqrt(np.nanmean((np.asarray(first)[upper] - np.asarray(second)[upper]) ** 2)))


def group_coupling(matrix):
    """Mean absolute correlation of pairs within the paper's three groups, and of pairs from two groups."""
    group = np.repeat(range(len(COUPLED)), [len(names) for names in COUPLED.values()])
    same = group[:, None] == group
    upper = np.triu(np.ones_like(same), 1).astype(bool)
    strength = np.abs(np.asarray(matrix))
    return tuple(float(np.nanmean(strength[upper & part])) for part in (same, ~same))


def coupling_table(matrices):
    """What the paper says of pairs of features beside their correlation in each sample.

    matrices: {name of a sample: matrix of `rank_correlations`}.  Returns first, second, paper (sign), words and one
    column a sample.
    """
    table = pd.DataFrame(STATEMENTS, columns=["first", "second", "paper", "words"])
    for name, matrix in matrices.items():
        table[name] = [matrix.loc[first, second] for first, second, *_ in STATEMENTS]
    return table


def statements_held(table, sample):
    """Number of the paper's statements whose sign a sample shares."""
    return int((np.sign(table[sample]) == table["paper"]).sum())


def redrawn_matrices(table, unit, n_draws, rng):
    """Correlation matrices of tables of which whole units are redrawn with replacement, (n_draws, 10, 10).

    unit: (n_spectra,), what stays together: an observation, or a block of the slit.
    """
    values = table[list(ORDER)].to_numpy()
    members = list(pd.Series(np.arange(len(table))).groupby(np.asarray(unit)).indices.values())
    draws = []
    for rows in resample_rows(len(members), n_draws, rng):
        drawn = pd.DataFrame(values[np.concatenate([members[i] for i in rows])])
        draws.append(drawn.rank().corr().to_numpy())
    return np.stack(draws)


def observation_distances(table):
    """Distance of each observation's matrix from that of all its region's spectra: how alike observations are.

    table: columns observation, region and the ten features.  Returns observation, region, distance.
    """
    rows = []
    for region, spectra in table.groupby("region", observed=True):
        whole = rank_correlations(spectra)
        for name, own in spectra.groupby("observation", observed=True):
            rows.append((name, region, matrix_distance(rank_correlations(own), whole)))
    return pd.DataFrame(rows, columns=["observation", "region", "distance"])
