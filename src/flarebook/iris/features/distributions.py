"""How the ten features of each solar region are distributed, and how far pre-flare and active regions differ."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.stats import spearmanr
from sklearn.feature_selection import f_classif
from sklearn.preprocessing import scale

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import percentile_interval, resample_counts
from flarebook.iris.mg2 import FEATURE_RANKING, FEATURES, REGIONS

KERNEL_REACH = 6.0  # the Gaussian kernel is cut where it has fallen to 2e-8 of its peak
# Half the distance between neighbouring values of the features that are counted in whole grid points; the asymmetry is
# a ratio of two such counts, of which the lower is about nine.
HALF_STEPS = {"line_center": 0.5, "line_width": 0.5, "asymmetry": 0.055, "peak_separation": 0.5}
STATEMENTS = (  # Panos & Kleint 2020, section 6.1
    ("QS", "total_continuum", "highest"),
    ("QS", "triplet", "lowest"),
    ("QS", "k3_height", "lowest"),
    ("QS", "kh_ratio", "lowest"),
    ("PF", "intensity", "highest"),
    ("PF", "triplet", "highest"),
    ("PF", "total_continuum", "lowest"),
)
BINS_PER_BANDWIDTH = 16  # linear binning then changes the density by less than 1e-3 of its peak


def standardise_features(values):
    """Values shifted to zero mean and scaled to unit variance, column by column.

    values: (n_spectra, n_features).  Returns the same shape, float64; a constant column becomes zero.
    Panos & Kleint 2020, equation 1.
    """
    return scale(np.ascontiguousarray(values, dtype=float))


def sample_spectra(table, regions, n_per_region, rng):
    """Rows of the table with the same number of spectra from each region, drawn without replacement.

    table: one row a spectrum with a column "region".  Returns n_per_region rows of regions[0], then of regions[1]...
    Raises InputError when a region has fewer spectra than asked for.  Panos & Kleint 2020, section 3.
    """
    rows = []
    for region in regions:
        members = np.flatnonzero(table["region"].to_numpy() == region)
        if len(members) < n_per_region:
            raise InputError(
                f"The table holds {len(members)} spectra of region {region!r} where {n_per_region} are asked for: "
                "ask for fewer per region, or simulate more."
            )
        rows.append(np.sort(rng.choice(members, n_per_region, replace=False)))
    return table.iloc[np.concatenate(rows)].reset_index(drop=True)


def smallest_region(table, regions):
    """Number of spectra of the region that has fewest, so that a draw of that size keeps the classes equal."""
    return int(min((table["region"] == region).sum() for region in regions))


def bandwidth(sample):
    """Width of the Gaussian kernel, h = sigma n^(-1/5), in the sample's units.

    The paper's text calls sigma the variance; h would then carry squared units and depend on the choice of unit,
    so sigma is the standard deviation here, which makes h the rule of Scott.  Panos & Kleint 2020, section 2.2.
    """
    return float(np.std(sample, ddof=1) * len(sample) ** -0.2)


def density(sample, points, least_width=0.0):
    """Gaussian kernel density estimate of a sample, by binning and one convolution instead of n sums.

    sample: (n,); points: (m,), where to evaluate; least_width: the kernel is at least as wide.  Returns (m,), in
    1 / unit of the sample; integrates to one.  Raises InputError for fewer than two values, missing values or a
    constant sample.  Panos & Kleint 2020, equation 2.
    """
    sample = np.asarray(sample, dtype=float)
    width = max(_checked_bandwidth(sample), least_width)
    step = width / BINS_PER_BANDWIDTH
    start = sample.min() - KERNEL_REACH * width
    position = (sample - start) / step
    left = position.astype(int)
    share = position - left  # each value is shared between its two neighbouring bins
    n_bins = left.max() + int(KERNEL_REACH * BINS_PER_BANDWIDTH) + 2
    counts = np.bincount(left, 1 - share, n_bins) + np.bincount(left + 1, share, n_bins)
    smooth = gaussian_filter1d(counts, BINS_PER_BANDWIDTH, mode="constant", truncate=KERNEL_REACH)
    return np.interp(points, start + step * np.arange(n_bins), smooth / (len(sample) * step), left=0.0, right=0.0)


def _checked_bandwidth(sample):
    if sample.ndim != 1 or len(sample) < 2 or not np.isfinite(sample).all():
        raise InputError("A density needs one column of at least two finite values: drop rows that are not usable.")
    width = bandwidth(sample)
    if width == 0:
        raise InputError("All values of the sample are equal, so it has no density: leave this feature out.")
    return width


def density_table(table, regions=REGIONS, coverage=0.99, bridge_steps=True, n_points=400):
    """Densities of the ten features of each region on a common axis per feature.

    table: columns "region" and the ten features; coverage: the axis holds this middle share of every region, so that
    a few outliers do not squeeze the curves; bridge_steps: widen the kernel of features counted in grid points until
    their whole numbers no longer stand as a comb (HALF_STEPS).  Returns columns feature, region, value, density.
    Raises InputError when a region has no spectra.
    """
    groups = {region: table[table["region"] == region] for region in regions}
    empty = [region for region, rows in groups.items() if not len(rows)]
    if empty:
        raise InputError(f"the table holds no spectra of {', '.join(empty)}: add observations of them to notebook 3")
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    ranges = pd.concat([rows[list(FEATURES)].quantile(tails) for rows in groups.values()])
    low, high = ranges.min(), ranges.max()
    margin = 0.05 * (high - low)
    curves = []
    for feature in FEATURES:
        points = np.linspace(low[feature] - margin[feature], high[feature] + margin[feature], n_points)
        least = HALF_STEPS.get(feature, 0.0) if bridge_steps else 0.0
        for region, rows in groups.items():
            curve = density(rows[feature].to_numpy(), points, least)
            curves.append(pd.DataFrame({"feature": feature, "region": region, "value": points, "density": curve}))
    return pd.concat(curves, ignore_index=True)


def f_scores(table: pd.DataFrame, positive: str = "PF", negative: str = "AR") -> pd.Series:
    """Compute the univariate F-score of each feature: variance between two regions over the variance within them.

    F grows in proportion to the number of spectra, so only the order of features compares between data sets.

    Parameters
    ----------
    table : DataFrame
        Columns "region" and the ten features.
    positive, negative : str
        The two regions.

    Returns
    -------
    Series
        F-score by feature.

    References
    ----------
    Panos & Kleint (2020), section 2.2 and Figure 5.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from flarebook import iris
    >>> values = np.random.default_rng(0).normal(size=(200, 10))
    >>> table = pd.DataFrame(values, columns=list(iris.FEATURES)).assign(region=["PF", "AR"] * 100)
    >>> table.loc[table["region"] == "PF", "triplet"] += 2
    >>> iris.f_scores(table).idxmax()
    'triplet'
    """
    pair = table[table["region"].isin((positive, negative))]
    scores, _ = f_classif(standardise_features(pair[list(FEATURES)]), (pair["region"] == positive).to_numpy())
    return pd.Series(scores, index=list(FEATURES), name="f_score")


def bootstrap_f_scores(table, rng, n_draws=1000, unit="observation", positive="PF", negative="AR"):
    """F-scores of draws with replacement of whole observations, because spectra of one observation are alike.

    unit: column whose values are drawn as a whole within each region.  Returns a DataFrame (n_draws, 10).
    """
    pair = table[table["region"].isin((positive, negative))]
    values = standardise_features(pair[list(FEATURES)])
    classes = [_unit_sums(values, pair, region, unit) for region in (positive, negative)]
    sums = [np.array(list(resample_counts(len(sums), n_draws, rng))) @ sums for sums in classes]
    return pd.DataFrame(_f_from_sums(*sums), columns=list(FEATURES))


def _unit_sums(values, pair, region, unit):
    """Number, sum and sum of squares per unit, (n_units, 1 + 2 n_features): all that F needs to know."""
    mine = (pair["region"] == region).to_numpy()
    moments = np.hstack([np.ones((mine.sum(), 1)), values[mine], values[mine] ** 2])
    return pd.DataFrame(moments).groupby(pair[unit].to_numpy()[mine], sort=False).sum().to_numpy()


def _f_from_sums(first, second):
    """F of two classes from number, sum and sum of squares of each; (n_draws, n_features)."""
    half = 1 + first.shape[1] // 2
    (n1, sum1, squares1), (n2, sum2, squares2) = (np.split(sums, [1, half], axis=1) for sums in (first, second))
    mean1, mean2 = sum1 / n1, sum2 / n2
    within = squares1 - n1 * mean1**2 + squares2 - n2 * mean2**2
    between = n1 * n2 / (n1 + n2) * (mean1 - mean2) ** 2
    return between / (within / (n1 + n2 - 2))


def f_score_table(table, draws):
    """F-score, its 16 to 84 % range over redrawn observations, its rank, and the paper's rank in a column of its own.

    table: columns "region" and the ten features; draws: as bootstrap_f_scores gives.  Returns one row a feature,
    highest F first: feature, f_score, low, high, first_share (of draws in which it comes first), rank, paper_rank.
    """
    low, high = percentile_interval(draws)
    result = pd.DataFrame({"f_score": f_scores(table), "low": low, "high": high})
    result["first_share"] = draws.idxmax(axis=1).value_counts(normalize=True).reindex(result.index, fill_value=0.0)
    result["rank"] = result["f_score"].rank(ascending=False).astype(int)
    result["paper_rank"] = [FEATURE_RANKING.index(feature) + 1 for feature in result.index]
    return result.sort_values("rank").rename_axis("feature").reset_index()


def rank_agreement(scores):
    """Spearman correlation of features' scores with the paper's order: 1 the same, 0 unrelated, -1 reversed.

    scores: (..., 10), columns in the order of FEATURES.  Returns (...,).  Panos & Kleint 2020, section 6.2.
    """
    place = [FEATURE_RANKING.index(feature) for feature in FEATURES]
    return np.apply_along_axis(lambda row: -spearmanr(row, place).statistic, -1, np.asarray(scores, dtype=float))


def check_statements(table):
    """What section 6.1 of the paper says of the regions' distributions, and whether the medians agree.

    table: columns "region" and the ten features.  Returns region, feature, paper (its place among the four), median,
    next (the other region's median that is nearest to contradicting it), holds.
    """
    medians = table.groupby("region", observed=True)[list(FEATURES)].median()
    rows = []
    for region, feature, place in STATEMENTS:
        own, others = medians.loc[region, feature], medians[feature].drop(region)
        rival = others.max() if place == "highest" else others.min()
        holds = own > rival if place == "highest" else own < rival
        rows.append((region, feature, place, own, rival, bool(holds)))
    return pd.DataFrame(rows, columns=["region", "feature", "paper", "median", "next", "holds"])
