"""Random splits of the observations into training, validation and test; never an observation on two sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.mg2 import FEATURES

POSITIVE, NEGATIVE = "PF", "AR"
TRAIN, VALIDATION, TEST, EXCLUDED = 0, 1, 2, 3


@dataclass(frozen=True)
class Spectra:
    """PF and AR spectra in the order of their observations, ready for the classifiers.

    features (n, 10) float32, not standardised; label (n,) 1 for PF; observation (n,) index into `names`;
    positive (n_observations,) bool; columns: names of the features.
    """

    features: np.ndarray
    label: np.ndarray
    observation: np.ndarray
    names: tuple
    positive: np.ndarray
    columns: tuple

    @property
    def counts(self):
        """Number of spectra of each observation."""
        return np.bincount(self.observation, minlength=len(self.names))

    def per_observation(self, values):
        """Sums of (..., n) values over the spectra of each observation: (..., n_observations)."""
        starts = np.searchsorted(self.observation, np.arange(len(self.names)))
        return np.add.reduceat(values, starts, axis=-1)


@dataclass(frozen=True)
class Splits:
    """Part of each observation in each split: role (n_splits, n_observations), one of TRAIN, VALIDATION, ..."""

    role: np.ndarray

    def __len__(self):
        return len(self.role)

    def rows(self, split, part, spectra):
        """Indices of the spectra that belong to a part of one split."""
        return np.flatnonzero((self.role[split] == part)[spectra.observation])

    def first(self, n):
        """The first n splits."""
        return Splits(self.role[:n])


def select_spectra(table: pd.DataFrame, rng: np.random.Generator, columns: tuple = FEATURES) -> Spectra:
    """Select the PF and AR rows of a table, as many of one class as of the other.

    Parameters
    ----------
    table : DataFrame
        Columns observation, region and the features; rows of QS and SS are never used.
    rng : Generator
        Draws the rows that the larger class keeps.
    columns : tuple of str
        Features to keep.

    Returns
    -------
    Spectra
        Features (n, n_features), labels and observations, in the order of the observations.

    Raises
    ------
    InputError
        When one class is missing or a feature is NaN or infinite.

    References
    ----------
    Panos & Kleint (2020), section 4.2.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from flarebook import iris
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(160, 10)), columns=list(iris.FEATURES))
    >>> table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(10)])
    >>> table["region"] = table["observation"].str[:2]
    >>> spectra = iris.select_spectra(table, rng)
    >>> spectra.features.shape, float(spectra.label.mean())
    ((160, 10), 0.5)
    """
    pair = table[table["region"].isin((POSITIVE, NEGATIVE))]
    if pair["region"].nunique() < 2:
        raise InputError("The table of spectra lacks PF or AR observations: run iris/3-observations with both regions.")
    pair = pair.iloc[np.sort(equal_numbers((pair["region"] == POSITIVE).to_numpy(), rng))]
    features = pair[list(columns)].to_numpy(np.float32)
    if not np.isfinite(features).all():
        raise InputError("The table of spectra holds missing features: keep only rows whose quality flag is good.")
    code, names = pd.factorize(pair["observation"].astype(str), sort=True)
    order = np.argsort(code, kind="stable")
    label = (pair["region"] == POSITIVE).to_numpy()
    positive = np.array([label[code == i][0] for i in range(len(names))])
    label = label[order].astype(np.float32)
    return Spectra(features[order], label, code[order], tuple(names), positive, tuple(columns))


def equal_numbers(positive, rng):
    """Row indices with equal numbers of both classes, the larger one thinned at random."""
    classes = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    size = min(map(len, classes))
    return np.concatenate([rng.choice(rows, size, replace=False) for rows in classes])


def thin_out(table, share, rng):
    """A random `share` of the rows of each observation: what fewer spectra cost, wherever they come from."""
    rows = table.groupby("observation", observed=True, sort=False)
    return rows.sample(frac=share, random_state=rng).sort_index()


def thin_table(table, number, rng):
    """About `number` PF and AR rows of a table, the same share of each observation; 0: the table as it is."""
    pair = table[table["region"].isin((POSITIVE, NEGATIVE))] if number else table
    return thin_out(pair, number / len(pair), rng) if 0 < number < len(pair) else table


def draw_splits(
    spectra: Spectra,
    rng: np.random.Generator,
    n_splits: int = 100,
    n_test: int = 4,
    n_validation: int = 2,
    excluded: Sequence[str] = (),
) -> Splits:
    """Draw random splits by observation: no observation is on two sides of one split.

    Parameters
    ----------
    spectra : Spectra
        Of `select_spectra`.
    rng : Generator
        Source of every random number.
    n_splits : int
        Number of splits.
    n_test, n_validation : int
        Observations per class for testing and for validation; the rest is for training.
    excluded : sequence of str
        Names of observations that take no part.

    Returns
    -------
    Splits
        Part of each observation in each split.

    Raises
    ------
    InputError
        When too few observations remain for training.

    References
    ----------
    Panos & Kleint (2020), section 4.2 (4 AR and 4 PF test observations, no validation set).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from flarebook import iris
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(160, 10)), columns=list(iris.FEATURES))
    >>> table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(10)])
    >>> table["region"] = table["observation"].str[:2]
    >>> spectra = iris.select_spectra(table, rng)
    >>> splits = iris.draw_splits(spectra, rng, n_splits=3)
    >>> len(splits), len(splits.rows(0, 2, spectra))  # 2: the test part
    (3, 80)
    """
    role = np.full((n_splits, len(spectra.names)), TRAIN, np.int8)
    barred = np.isin(spectra.names, list(excluded))
    role[:, barred] = EXCLUDED
    for region in (True, False):
        members = np.flatnonzero((spectra.positive == region) & ~barred)
        if len(members) <= n_test + n_validation:
            raise InputError(
                f"{len(members)} {POSITIVE if region else NEGATIVE} observations do not suffice for {n_test} test and "
                f"{n_validation} validation observations plus training: lower n_test or n_validation."
            )
        order = rng.permuted(np.tile(members, (n_splits, 1)), axis=1)
        np.put_along_axis(role, order[:, :n_test], TEST, axis=1)
        np.put_along_axis(role, order[:, n_test : n_test + n_validation], VALIDATION, axis=1)
    return Splits(role)


def observation_weights(splits, spectra, part):
    """Weight of a spectrum by split and observation: zero outside the part, both classes of equal total weight.

    Returns (n_splits, n_observations) float32; a split's weights average to one over the spectra of the part.
    """
    inside = splits.role == part
    weights = np.zeros(inside.shape)
    total = inside @ spectra.counts
    for region in (True, False):
        mine = inside & (spectra.positive == region)
        number = np.maximum(mine @ spectra.counts, 1)
        weights += mine * (0.5 * total / number)[:, None]
    return weights.astype(np.float32)


def standardisation(splits, spectra):
    """Mean and standard deviation of each feature over the training spectra of each split.

    Returns mean, scale: (n_splits, 10) float32; a constant feature has scale 1.  Equation 1 of the paper, which does
    not say from which spectra its mean and variance come; here they come from the training observations alone.
    """
    inside = (splits.role == TRAIN).astype(float)
    number = (inside @ spectra.counts)[:, None]
    centre = np.array([column.mean(dtype=float) for column in spectra.features.T])
    sums = np.empty((2, len(centre), len(spectra.names)))
    for i, column in enumerate(spectra.features.T):  # one at a time: in double precision all fill much memory
        deviation = column.astype(float) - centre[i]  # sums of squares about a common centre keep their digits
        sums[:, i] = spectra.per_observation(deviation), spectra.per_observation(deviation**2)
    mean = inside @ sums[0].T / number
    variance = inside @ sums[1].T / number - mean**2
    scale = np.sqrt(np.maximum(variance, 0))
    scale[scale <= 1e-6 * np.abs(centre)] = 1.0
    return (mean + centre).astype(np.float32), scale.astype(np.float32)


def shuffle_observations(table, rng):
    """The table with the observations' names dealt out at random within each region: a split by spectrum.

    Splits drawn from it have the sizes of observation-wise splits, but each side holds spectra of every observation.
    """
    names = table["observation"].astype(str).to_numpy().copy()
    for region in (POSITIVE, NEGATIVE):
        rows = np.flatnonzero((table["region"] == region).to_numpy())
        names[rows] = rng.permutation(names[rows])
    return table.assign(observation=names)
