"""Temperature, velocity and turbulence of the library atmospheres nearest to observed spectra, beside their score."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

from flarebook.evaluation.bootstrap import resample_rows
from flarebook.iris.atmospheres.library import COVERED, candidates, normalised

# name: axis label with its unit
QUANTITIES = {
    "transition_region_shift": "transition region\n[dex in column mass]",
    "chromosphere_heating": "chromospheric\nheating [K]",
    "low_heating": "low-chromosphere\nheating [K]",
    "upflow": "upflow of the\ngradient [km/s]",
    "shift": "shift of the line\n[km/s], red > 0",
    "microturbulence": "microturbulence\n[factor on FAL-C]",
    "macroturbulence": "macroturbulence [km/s]",
}
GROUPS = {"low": (0.0, 1 / 3), "middle": (1 / 3, 2 / 3), "high": (2 / 3, 1.0)}  # thirds of the score's range


def candidate_quantities(library, origin):
    """The quantities of each candidate: those of its atmosphere, and the motions tried.

    origin: of `candidates`.  Returns a DataFrame with the columns QUANTITIES.
    """
    rows = library.parameters.iloc[origin["profile"]].reset_index(drop=True)
    rows = rows.assign(upflow=rows["velocity"] / 1000, shift=origin["shift"], macroturbulence=origin["macroturbulence"])
    return rows[list(QUANTITIES)]


def nearest_quantities(spectra, wavelength, library, lines, n_nearest=10):
    """Read the atmospheres of the library shapes nearest to each spectrum.

    Not an inversion: no model is fitted, and the absolute intensity is not used.

    Parameters
    ----------
    spectra : ndarray, shape (n, n_wavelengths)
        Profiles in any unit.
    wavelength : ndarray, shape (n_wavelengths,)
        Vacuum wavelengths in Angstrom.
    library : Library
        Of `load_library`.
    lines : list
        Narrow absorption lines, the calibration's `blanketing`.
    n_nearest : int
        Shapes over which each quantity is read.

    Returns
    -------
    DataFrame
        Median over the nearest shapes of each of QUANTITIES, their standard deviation as `<name>_spread`, distance
        (root mean square to the nearest, as a share of the peak) and covered.
    """
    profiles, origin = candidates(library, wavelength, lines)
    values = candidate_quantities(library, origin).to_numpy(np.float32)
    search = NearestNeighbors(n_neighbors=n_nearest, algorithm="brute").fit(normalised(profiles))
    distance, index = search.kneighbors(normalised(spectra).astype(np.float32))
    found = values[index]
    table = pd.DataFrame(np.median(found, axis=1), columns=list(QUANTITIES))
    table[[f"{name}_spread" for name in QUANTITIES]] = found.std(axis=1)
    nearest = distance[:, 0] / np.sqrt(spectra.shape[1])
    return table.assign(distance=nearest, covered=nearest <= COVERED)


def constraint(table, library, lines=()):
    """How well shapes determine each quantity: spread among the nearest over the spread of the whole library.

    0 where the nearest shapes agree, 1 where they are as diverse as the library.  Returns a Series by quantity.
    """
    _, origin = candidates(library, library.wavelength[:2], lines)
    whole = candidate_quantities(library, origin).std()
    return pd.Series({name: table[f"{name}_spread"].median() / whole[name] for name in QUANTITIES})


def score_groups(score):
    """Names of the thirds of the score's range that scores lie in: low, middle or high."""
    edges = [high for _, high in GROUPS.values()][:-1]
    return np.array(list(GROUPS))[np.digitize(score, edges)]


def group_summary(table):
    """Number of spectra, share covered, median distance and median of each quantity of covered spectra, by score group.

    table: of `nearest_quantities` with a column score.
    """
    rows = {}
    for name in GROUPS:
        own = table[score_groups(table["score"]) == name]
        covered = own[own["covered"]]
        about = {"spectra": len(own), "covered": own["covered"].mean(), "distance": own["distance"].median()}
        rows[name] = about | covered[list(QUANTITIES)].median().to_dict()
    return pd.DataFrame(rows).T


def score_relations(table, rng, n_draws=200, block=30):
    """Rank correlation of the score with each quantity over covered spectra, and with the distance over all.

    table: of `nearest_quantities` with columns score and slit; block: slit pixels that are redrawn together, because
    neighbours show the same structure.  Returns quantity, correlation, low, high (68 % of the draws), n.
    """
    rows = []
    for name in (*QUANTITIES, "distance"):
        used = table if name == "distance" else table[table["covered"]]
        pair = used[["score", name]].to_numpy()
        members = list(pd.Series(np.arange(len(used))).groupby((used["slit"] // block).to_numpy()).indices.values())
        draws = [
            spearmanr(*pair[np.concatenate([members[i] for i in unit])].T).statistic
            for unit in resample_rows(len(members), n_draws, rng)
        ]
        low, high = np.nanquantile(draws, [0.16, 0.84])
        rows.append((name, spearmanr(*pair.T).statistic, low, high, len(used)))
    return pd.DataFrame(rows, columns=["quantity", "correlation", "low", "high", "n"])
