"""PF and AR spectra drawn from a table on disk into an array on disk: memory does not grow with their number."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.splits import NEGATIVE, POSITIVE, Spectra
from flarebook.iris.mg2 import FEATURES

EACH = 3_000  # spectra of each observation that stand for all of them in scores


def draw_spectra(dataset, rng, number=0, folder=None, columns=FEATURES):
    """Draw as many PF as AR rows of a table, as `select_spectra` does, reading it twice piece by piece.

    dataset: pyarrow Dataset with observation, region and the features; rng: draws the rows; number: of spectra in all,
    0: as many as the smaller class allows; folder: of the array of features, memory-mapped, None: it is in memory.
    Returns Spectra.  Raises InputError when one class is missing or a feature is NaN or infinite.
    """
    pair = dataset.scanner(
        columns=["observation", "region"], filter=pc.field("region").isin([POSITIVE, NEGATIVE]), use_threads=False
    )
    known = pd.concat([batch.to_pandas() for batch in pair.to_batches()], ignore_index=True)
    positive = (known["region"].astype(str) == POSITIVE).to_numpy()
    classes = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    size = min(map(len, classes))
    if not size:
        raise InputError("The table of spectra lacks PF or AR observations: run iris/3-observations with both regions.")
    size = min(size, number // 2) if number else size
    chosen = np.zeros(len(known), bool)
    for rows in classes:
        chosen[rng.choice(rows, size, replace=False)] = True
    code, names = pd.factorize(known["observation"].astype(str)[chosen], sort=True)
    place = np.empty(len(code), np.int64)
    place[np.argsort(code, kind="stable")] = np.arange(len(code))
    features = _array(folder, (len(code), len(columns)))
    _fill(features, dataset, chosen, place, columns)
    label = np.empty(len(code), np.float32)
    label[place] = positive[chosen]
    order = np.sort(code)
    sides = np.array([label[np.searchsorted(order, i)] == 1 for i in range(len(names))])
    return Spectra(features, label, order, tuple(names), sides, tuple(columns))


def thin_spectra(spectra, number):
    """At most `number` spectra of each observation, evenly spaced; 0: all.  Returns Spectra."""
    if not number or spectra.counts.max() <= number:
        return spectra
    starts = np.searchsorted(spectra.observation, np.arange(len(spectra.names)))
    rows = [
        first + np.unique(np.linspace(0, count - 1, min(number, count)).astype(int))
        for first, count in zip(starts, spectra.counts, strict=True)
    ]
    rows = np.concatenate(rows)
    kept = (np.asarray(spectra.features[rows]), spectra.label[rows], spectra.observation[rows])
    return Spectra(*kept, spectra.names, spectra.positive, spectra.columns)


def _array(folder, shape):
    """Empty float32 array in memory, or memory-mapped in a file that is gone when the array is."""
    if folder is None:
        return np.empty(shape, np.float32)
    path = Path(folder) / "features.npy"
    array = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    path.unlink()
    return array


def _fill(features, dataset, chosen, place, columns):
    """Write the chosen rows of PF and AR to their places; InputError for a missing feature."""
    pair = dataset.scanner(
        columns=list(columns), filter=pc.field("region").isin([POSITIVE, NEGATIVE]), use_threads=False
    )
    row = written = 0
    for batch in pair.to_batches():
        mine = chosen[row : row + len(batch)]
        row += len(batch)
        if not mine.any():
            continue
        values = np.stack([batch[name].to_numpy(zero_copy_only=False)[mine] for name in columns], axis=1)
        if not np.isfinite(values).all():
            raise InputError("The table of spectra holds missing features: keep only rows whose quality flag is good.")
        features[place[written : written + len(values)]] = values
        written += len(values)
