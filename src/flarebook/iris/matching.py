"""Whether the four classes of Tables 1 and 2 match on the disk and in time, as section 2.2 of the paper intends."""

import numpy as np
import pandas as pd
from astropy import units
from astropy.constants import R_sun
from astropy.coordinates import get_sun
from astropy.time import Time
from scipy.stats import false_discovery_control, ks_2samp

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import ranking_probability
from flarebook.iris.mg2 import REGIONS

QUANTITIES = {"mu": "cosine of the heliocentric angle", "year": "date [year]"}


def solar_radius(times):
    """Angular radius of the Sun seen from the Earth, (n,) arcsec; times: (n,) astropy Time."""
    return np.arcsin((R_sun / get_sun(times).distance).to_value("")) * units.rad.to(units.arcsec)


def heliocentric_cosine(x, y, radius):
    """Cosine of the heliocentric angle of points on the disk, NaN off it; x, y, radius: (n,) arcsec."""
    square = 1 - (np.asarray(x, float) ** 2 + np.asarray(y, float) ** 2) / np.asarray(radius, float) ** 2
    return np.sqrt(np.where(square > 0, square, np.nan))


def disk_positions(observations):
    """Where on the disk and when each observation began.

    Parameters
    ----------
    observations : DataFrame
        Rows of `observation_table`.

    Returns
    -------
    DataFrame
        observation, region, day (ISO), mu (cosine of the heliocentric angle of the field's centre, NaN when the printed
        position is off the disk) and year (decimal).
    """
    times = Time(observations["start"].tolist())
    mu = heliocentric_cosine(observations["x"], observations["y"], solar_radius(times))
    columns = {"day": observations["start"].str[:10], "mu": mu, "year": times.decimalyear}
    return observations[["observation", "region"]].assign(**columns)


def one_a_day(positions):
    """The first observation of each class and day: later ones see the same region again and are no new draw."""
    return positions.drop_duplicates(["region", "day"])


def compare_classes(positions, target="PF"):
    """Compare the positions and dates of one class with those of each other one.

    Parameters
    ----------
    positions : DataFrame
        Of `disk_positions`.
    target : str
        The class compared.

    Returns
    -------
    DataFrame
        One row a quantity (mu, year) and other class: n, n_other, median, median_other, ks (largest distance of the
        cumulative distributions), p (exact, two-sided), q (false-discovery rate over all rows) and auc (chance that the
        target's value is the larger one; .5 means that the quantity alone tells nothing).

    Raises
    ------
    InputError
        When the target class is not in the table.
    """
    classes = [name for name in REGIONS if name in set(positions["region"]) and name != target]
    if target not in set(positions["region"]) or not classes:
        raise InputError(f"class {target!r} or another to compare it with is not among {set(positions['region'])}")
    groups = {name: rows for name, rows in positions.groupby("region")}
    rows = []
    for quantity in QUANTITIES:
        own = groups[target][quantity].dropna()
        for name in classes:
            other = groups[name][quantity].dropna()
            test = ks_2samp(own, other, method="exact")
            auc = ranking_probability(own.to_numpy(), other.to_numpy())
            rows.append((quantity, name, len(own), len(other), own.median(), other.median(), *test[:2], auc))
    columns = ["quantity", "against", "n", "n_other", "median", "median_other", "ks", "p", "auc"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(8, "q", false_discovery_control(table["p"]))
    return table
