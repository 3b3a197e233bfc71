"""The ten features measured over k and h windows of several widths: the paper's text says 2 A, its code 3 A."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.features.extract import extract_features
from flarebook.iris.features.tables import feature_table
from flarebook.iris.mg2 import FEATURES, WINDOW

AFFECTED = ("line_center", "line_width", "asymmetry", "total_continuum", "kh_ratio")  # the other five use no window
KEYS = ("observation", "region", "exposure", "slit")


def scan_raster(raster, widths):
    """Feature tables of one raster at each width, in one table: columns window (Angstrom) and those of `feature_table`.

    Raises InputError for a width outside 0.5 to 4.4 A.
    """
    return stack_windows(widths, [feature_table(raster, width) for width in widths])


def width_columns(widths):
    """Names of the columns that hold the affected features at further widths, NAME@WIDTH."""
    return [f"{name}@{width:g}" for width in widths for name in AFFECTED]


def measure_widths(spectra, wavelength, exposure_time, window=WINDOW, widths=(), sampled=None):
    """Ten features at one width, and those that change at further ones.

    spectra, wavelength, exposure_time, window: as of `extract_features`; sampled: (n,) bool, the spectra that are
    measured at the further widths, all by default.  Returns values (n, 10 + 5 * n_widths) float32 in the order of
    FEATURES and `width_columns`, NaN where a further width was not measured, and good (n,) at `window`.
    """
    features, good = extract_features(spectra, wavelength, exposure_time, window)
    values = np.full((len(features), len(FEATURES) + len(AFFECTED) * len(widths)), np.nan, np.float32)
    values[:, : len(FEATURES)] = features
    rows = good if sampled is None else good & sampled
    affected = [FEATURES.index(name) for name in AFFECTED]
    for i, width in enumerate(widths if rows.any() else ()):
        chosen = exposure_time if np.ndim(exposure_time) == 0 else exposure_time[rows]
        other, measured = extract_features(spectra[rows], wavelength, chosen, width)
        first = len(FEATURES) + len(AFFECTED) * i
        other[~measured] = np.nan
        values[rows, first : first + len(AFFECTED)] = other[:, affected]
    return values, good


def at_width(table, width, window=WINDOW):
    """Rows of a table of `measure_widths` that were measured at a width, with the features of that width.

    window: width of the columns FEATURES.
    """
    plain = table[[name for name in table if "@" not in name]]
    if width == window:
        return plain
    other = table[width_columns([width])].set_axis(list(AFFECTED), axis=1)
    return plain.assign(**other)[other.notna().all(axis=1)]


def stack_windows(widths, tables, regions=None):
    """Tables of the same spectra at several widths as one, with the column window in front.

    regions: those that are kept, None for all.
    """
    parts = []
    for width, table in zip(widths, tables, strict=True):
        kept = table if regions is None else table[table["region"].isin(regions)]
        columns = [name for name in (*KEYS, *FEATURES) if name in kept]
        parts.append(kept[columns].assign(window=float(width)))
    stacked = pd.concat(parts, ignore_index=True)
    return stacked[["window", *stacked.columns.drop("window")]]


def width_effect(scan, reference=WINDOW):
    """How the features that use a window change with its width, on spectra that are measured at every width.

    scan: of `scan_raster` or `stack_windows`; reference: width of the comparison, Angstrom.  Returns window, feature,
    median and rank_correlation (Spearman, with the same spectra at the reference).
    Raises InputError when the reference is not among the widths.
    """
    if reference not in set(scan["window"]):
        raise InputError(f"The scan lacks the width of {reference:g} A to compare with: add it to the widths.")
    keys = [name for name in KEYS if name in scan]
    wide = scan.pivot(index=keys, columns="window", values=list(AFFECTED)).dropna()
    rows = []
    for name in AFFECTED:
        agreement = wide[name].corrwith(wide[name][reference], method="spearman")
        medians = wide[name].median()
        rows += [(width, name, medians[width], agreement[width]) for width in wide[name].columns]
    return pd.DataFrame(rows, columns=["window", "feature", "median", "rank_correlation"])


def continuum_and_width(scan):
    """Spearman correlation of total continuum and line width at each window width.

    The paper calls it artificial, because a wide window holds continuum (section 6.2): then a narrow one lowers it.
    Returns a Series by window.
    """
    pair = ["total_continuum", "line_width"]
    return pd.Series({width: rows[pair].corr("spearman").iloc[0, 1] for width, rows in scan.groupby("window")})
