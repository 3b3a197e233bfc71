"""Tests on the flares of the poster's images: medians with intervals, and what differs between groups and clusters.

Rank statistics, since counts and fluxes span decades; within months where asked, since the orbit ties distance to date
and activity grew over the years.  Holm's method corrects over the features of a comparison.
"""

import numpy as np
import pandas as pd
from scipy import stats

from flarebook.evaluation.bootstrap import percentile_interval
from flarebook.evaluation.claims import holm
from flarebook.stix.archive.published_flares import FEATURES, SHARES

N_DRAWS = 1000  # of the bootstrap
N_PERMUTATIONS = 19_999
TOGETHER = 5000  # permutations that are held in memory at once
LEVEL = 0.95
ROUNDING = 1e-10  # of an effect, of permutations that leave it unchanged
FEWEST = 5  # flares of a cluster that is compared


def typical(values, name, rng):
    """Median of a feature, or its mean if it is a share, with its 95 % interval: (value, low, high).

    values: (n,) without NaN.  Bootstrap; Wilson's for a share, which does not vanish where none or all have it.  NaN
    for the interval of a single value.
    """
    values = np.asarray(values, float)
    if name in SHARES:
        found = stats.binomtest(int(values.sum()), len(values)).proportion_ci(LEVEL, "wilson")
        return float(values.mean()), float(found.low), float(found.high)
    if len(values) < 2:
        return float(values[0]), np.nan, np.nan
    draws = np.median(values[rng.integers(len(values), size=(N_DRAWS, len(values)))], axis=1)
    return (float(np.median(values)), *map(float, percentile_interval(draws, LEVEL)))


def summarise_groups(groups, rng):
    """Typical value of each feature in each group: group, feature, n, value, low, high.

    groups: {name: table with the columns FEATURES}.
    """
    rows = []
    for group, table in groups.items():
        for name in FEATURES:
            values = table[name].dropna()
            if len(values):
                rows.append((group, name, len(values), *typical(values, name, rng)))
    return pd.DataFrame(rows, columns=["group", "feature", "n", "value", "low", "high"])


def within(values, strata):
    """Ranks of values within their strata, from 0 to 1, ties shared: (n,).  strata: (n,), None for one stratum."""
    values = pd.Series(np.asarray(values, float))
    grouped = values.groupby(np.zeros(len(values)) if strata is None else np.asarray(strata))
    return ((grouped.rank() - 0.5) / grouped.transform("size")).to_numpy()


def permutations(rank, strata, n, rng):
    """Ranks exchanged at random within strata, n times: (n, len(rank))."""
    if strata is None:
        return rng.permuted(np.tile(rank, (n, 1)), axis=1)
    shuffled = np.empty((n, len(rank)))
    for rows in pd.Series(np.arange(len(rank))).groupby(np.asarray(strata)).indices.values():
        shuffled[:, rows] = rng.permuted(np.tile(rank[rows], (n, 1)), axis=1)
    return shuffled


def spread_between(sums, sizes, squares):
    """Share of the ranks' variance that lies between groups, less what chance gives (adjusted eta squared): (...).

    sums: (..., k), of the ranks in each group; sizes: (..., k), of the groups; squares: (...), sum of squared ranks.  0
    when the groups do not differ, 1 when they explain all.  Tomczak 2014.
    """
    n, k = sizes.sum(axis=-1), sizes.shape[-1]
    common = sums.sum(axis=-1) ** 2 / n
    explained = ((sums**2 / sizes).sum(axis=-1) - common) / (squares - common)
    return 1 - (1 - explained) * (n - 1) / (n - k)


def compare_clusters(values, clusters, rng, strata=None, n=N_PERMUTATIONS):
    """Compare a feature between clusters by Kruskal and Wallis's test: (effect, low, high, p).

    values, clusters, strata: (n,).  Effect: of `spread_between`, 0 where all values are alike; interval of 95 % by the
    jackknife over flares; p by permutation, within the strata.
    """
    rank, one_hot = within(values, strata), pd.get_dummies(pd.Series(clusters)).to_numpy(float)
    if np.ptp(rank) == 0:
        return 0.0, 0.0, 0.0, 1.0
    sums, sizes, squares = rank @ one_hot, one_hot.sum(axis=0), rank @ rank
    effect = float(spread_between(sums, sizes, squares))
    left_out = spread_between(sums - rank[:, None] * one_hot, sizes - one_hot, squares - rank**2)
    error = np.sqrt((len(rank) - 1) * np.mean((left_out - left_out.mean()) ** 2))
    parts = [min(TOGETHER, n - start) for start in range(0, n, TOGETHER)]
    drawn = np.concatenate([permutations(rank, strata, part, rng) @ one_hot for part in parts])
    reached = (spread_between(drawn, sizes, squares) >= effect - ROUNDING).sum()
    half = stats.norm.ppf(0.5 + LEVEL / 2) * error
    return effect, effect - half, effect + half, float((1 + reached) / (n + 1))


def compare_two(values, other, rng, strata=None):
    """Compare two groups by their ranks: (effect, low, high, p).

    values: (n,); other: (m,); strata: (strata of values, strata of other) or None.  Effect: the probability that a
    value exceeds an other one, less the reverse (rank-biserial correlation), from ranks within the strata; interval of
    95 % by the bootstrap over both groups; p two-sided, normal, with the moments of all permutations within the strata
    (Mann & Whitney 1947; van Elteren 1960).
    """
    labels = None if strata is None else np.concatenate(strata)
    rank = within(np.concatenate([values, other]), labels)
    own = np.arange(len(rank)) < len(values)
    effect = 2 * (rank[own].mean() - rank[~own].mean())
    first, second = (ranks[rng.integers(len(ranks), size=(N_DRAWS, len(ranks)))] for ranks in (rank[own], rank[~own]))
    low, high = percentile_interval(2 * (first.mean(axis=1) - second.mean(axis=1)), LEVEL)
    groups = pd.DataFrame({"rank": rank, "own": own}).groupby(np.zeros(len(rank)) if labels is None else labels)
    n, size = groups["own"].sum(), groups.size()
    variance = (n * (size - n) / size * groups["rank"].var().fillna(0)).sum()
    excess = rank[own].sum() - (n * groups["rank"].mean()).sum()
    p = 2 * stats.norm.sf(abs(excess) / np.sqrt(variance)) if variance > 0 else 1.0
    return float(effect), float(low), float(high), float(p)


def compare_rows(values, rows, rng):
    """Rank correlation of a feature with the row of the mosaic: (effect, low, high, p), interval by the bootstrap.

    Effect 0 where all values are alike.
    """
    values, rows = np.asarray(values, float), np.asarray(rows, float)
    if np.ptp(values) == 0:
        return 0.0, 0.0, 0.0, 1.0
    found = stats.spearmanr(rows, values)
    drawn = rng.integers(len(rows), size=(N_DRAWS, len(rows)))
    first, second = (stats.rankdata(column[drawn], axis=1) - (len(rows) + 1) / 2 for column in (rows, values))
    norm = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    draws = (first * second).sum(axis=1) / np.where(norm, norm, 1)  # 0 where a draw's values are alike
    return (float(found.statistic), *map(float, percentile_interval(draws, LEVEL)), float(found.pvalue))


def compare_features(printed, rest, rng):
    """Test every feature: comparison, feature, n, effect, low, high, p, p_holm (over the features of a comparison).

    printed: features of the printed images with cluster, row and month; rest: of the listed flares that no published
    image shows.  Clusters with fewer than FEWEST flares do not enter.
    """
    rows = []
    for name in FEATURES:
        own, other = printed.dropna(subset=[name]), rest.dropna(subset=[name])
        clean = own.dropna(subset=["cluster"])
        clean = clean[clean.groupby("cluster")["uid"].transform("size") >= FEWEST]
        if len(other):
            months = (own["month"], other["month"])
            rows.append(("printed against the list", name, len(own), *compare_two(own[name], other[name], rng)))
            found = compare_two(own[name], other[name], rng, months)
            rows.append(("printed against the list, within months", name, len(own), *found))
        labels = clean["cluster"].to_numpy(int)
        rows.append(("between clusters", name, len(clean), *compare_clusters(clean[name], labels, rng)))
        found = compare_clusters(clean[name], labels, rng, clean["month"])
        rows.append(("between clusters, within months", name, len(clean), *found))
        rows.append(("row of the mosaic", name, len(own), *compare_rows(own[name], own["row"], rng)))
    table = pd.DataFrame(rows, columns=["comparison", "feature", "n", "effect", "low", "high", "p"])
    return table.assign(p_holm=table.groupby("comparison")["p"].transform(holm))


def compare_each_cluster(printed, rng):
    """Compare each cluster with the other printed images: the columns of `compare_features`, Holm over all of them."""
    clustered = printed.dropna(subset=["cluster"])
    rows = []
    for cluster, own in clustered.groupby("cluster"):
        others = clustered[clustered["cluster"] != cluster]
        for name in FEATURES:
            values, rest = own[name].dropna(), others[name].dropna()
            if len(values) >= FEWEST:
                found = compare_two(values, rest, rng)
                rows.append((f"cluster {cluster}", name, len(values), *found))
    table = pd.DataFrame(rows, columns=["comparison", "feature", "n", "effect", "low", "high", "p"])
    return table.assign(p_holm=holm(table["p"]))
