"""Tables and maps of the features of a real raster, and what coarse resolution leaves of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES, GRID, TRIPLET_WING, WINDOW
from flarebook.iris.rasters.raster import Raster
from flarebook.iris.rasters.read import read_raster

if TYPE_CHECKING:
    import ndcube

UNITS = {"minutes": "min", "x": "arcsec", "y": "arcsec", "intensity": "DN / s"}  # grid points and ratios have none
PAPER_RANGES = {"intensity": "0 to 800", "kh_ratio": "0.8 to 1.4", "asymmetry": "-1 to 1"}  # sections 2.1 and 3


def feature_table(raster: "Raster | ndcube.NDCube | str | Path", window: float = WINDOW) -> pd.DataFrame:
    """Measure the features of all usable spectra of a raster.

    Parameters
    ----------
    raster : Raster, or ndcube.NDCube, str or Path
        Counts of the Mg II window, or what `read_raster` reads them from.
    window : float
        Full width of the k and of the h integration window in Angstrom.

    Returns
    -------
    DataFrame
        One row a spectrum: exposure, slit (pixel), minutes (after the start), x, y (arcsec), the ten features and good,
        which is True in every row because spectra that cannot be measured or used are skipped.  `attrs["units"]` holds
        the units of the columns, for `astropy.table.QTable.from_pandas`.

    Raises
    ------
    InputError
        When the wavelengths do not cover the grid.

    Examples
    --------
    >>> from flarebook import iris
    >>> table = iris.feature_table(iris.real_raster())
    >>> table["exposure"].nunique(), bool(table["intensity"].median() > 10)
    (3, True)
    >>> from astropy.table import QTable
    >>> QTable.from_pandas(table, units=table.attrs["units"])["intensity"].unit
    Unit("DN / s")
    """
    raster = raster if isinstance(raster, Raster) else read_raster(raster)
    spectra, exposure_time = raster.flat()
    features, good = extract_features(spectra, raster.wavelength, exposure_time, window)
    exposure, slit = (index.ravel() for index in np.indices(raster.quality.shape))
    table = pd.DataFrame({"exposure": exposure, "slit": slit, "minutes": raster.time[exposure] / 60})
    for name, centre, part in zip("xy", (raster.x, raster.y), raster.slit_direction, strict=True):
        table[name] = centre[exposure] + part * raster.slit_offset[slit]
    table[list(FEATURES)] = features
    good = good & raster.quality.ravel()
    table = table.assign(good=good)[good].reset_index(drop=True)
    table.attrs["units"] = UNITS
    return table


K_LINE_FEATURES = ("line_center", "line_width", "asymmetry", "triplet", "k3_height", "peak_ratio", "peak_separation")


def k_line_features(profiles, wavelength):
    """The seven features that profiles of the k line and the triplet alone can give.

    profiles: (n, n_wavelengths), any unit; wavelength: (n_wavelengths,) Angstrom, to 2799.32 A at least.  Returns a
    DataFrame of K_LINE_FEATURES; a profile that cannot be measured, such as a constant one, has no row.
    Raises InputError when the triplet's wing point is not covered.
    """
    if wavelength[-1] < TRIPLET_WING:
        raise InputError(
            f"The profiles end at {wavelength[-1]:.2f} A; the triplet needs {TRIPLET_WING} A: give longer ones."
        )
    beyond = np.arange(wavelength[-1] + 0.05, GRID[-1] + 0.1, 0.05)  # h, which none of the seven features uses
    padded = np.hstack([profiles, np.repeat(profiles[:, -1:], len(beyond), axis=1)])
    features, good = extract_features(padded, np.append(wavelength, beyond), 1.0)
    good = good & (np.ptp(profiles, axis=1) > 0)
    return pd.DataFrame(features, columns=list(FEATURES)).loc[good, list(K_LINE_FEATURES)]


def feature_maps(table, shape):
    """Features of a table as images, {name: (n_exposures, n_slit)} with NaN where a spectrum is unusable."""
    maps = {}
    for name in FEATURES:
        maps[name] = np.full(shape, np.nan)
        maps[name][table["exposure"], table["slit"]] = table[name]
    return maps


def most_typical(table):
    """Row label of the spectrum whose features lie nearest to the medians, in units of their interquartile ranges."""
    features = table[list(FEATURES)]
    spread = (features.quantile(0.75) - features.quantile(0.25)).replace(0, 1)
    return ((features - features.median()) / spread).abs().sum(axis=1).idxmin()


def range_table(table):
    """Range of each feature beside the range that the paper quotes, where it quotes one."""
    quantiles = table[list(FEATURES)].quantile([0.01, 0.25, 0.50, 0.75, 0.99]).T
    quantiles.columns = ["1 %", "25 %", "median", "75 %", "99 %"]
    ranges = [PAPER_RANGES.get(name, "not given") for name in FEATURES]
    return quantiles.round(3).assign(**{"range in the paper": ranges}).rename_axis("feature (real raster)")


def coarse_agreement(fine, coarse, fine_shape, coarse_shape):
    """How well features of resized spectra rank the same places of the Sun as those of the original spectra.

    fine, coarse: feature tables whose first exposures are the same; shapes: (n_exposures, n_slit) of both rasters.
    Returns DataFrame: feature, rank_correlation (Spearman), fine_median, coarse_median.
    """
    fine_maps, coarse_maps = feature_maps(fine, fine_shape), feature_maps(coarse, coarse_shape)
    n_same = fine_shape[0]
    below = np.linspace(0, fine_shape[1] - 1, coarse_shape[1]).round().astype(int)  # both ends of the slit coincide
    rows = []
    for name in FEATURES:
        pairs = pd.DataFrame({"fine": fine_maps[name][:, below].ravel(), "coarse": coarse_maps[name][:n_same].ravel()})
        pairs = pairs.dropna()
        rows.append((name, pairs.corr("spearman").iloc[0, 1], *pairs.median()))
    return pd.DataFrame(rows, columns=["feature", "rank_correlation", "fine_median", "coarse_median"])
