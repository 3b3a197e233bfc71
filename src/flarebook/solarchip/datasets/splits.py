"""Training, validation and test dates in stretches of time with gaps between them, never random by image."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

TRAIN, GAP, VALIDATION, TEST = "train", "gap", "validation", "test"


ROTATION, HALF = 27, 14  # days in which the Sun turns once as the Earth sees it, and in which a region crosses the disk


def split_chronologically(
    times: np.ndarray, fractions: tuple[float, ...] = (0.6, 0.15, 0.25), gap_days: float | None = None
) -> np.ndarray:
    """Split dates in time: the earliest train, then validation, then test, with gaps between them.

    Parameters
    ----------
    times : array_like, shape (n,)
        ISO text or datetimes, in any order.
    fractions : tuple of float
        Fractions of the time span of the three parts.
    gap_days : float, optional
        Days after the end of a part that belong to none; by default a solar rotation (27 days), or 14 days for short
        series.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        "train", "gap", "validation" or "test".

    Raises
    ------
    InputError
        If a part holds no date.

    Examples
    --------
    >>> import pandas as pd
    >>> from flarebook.solarchip import split_chronologically
    >>> parts = split_chronologically(pd.date_range("2012-01-01", periods=200))
    >>> [int((parts == name).sum()) for name in ("train", "validation", "test")]
    [120, 16, 36]
    """
    days = _days_since_epoch(times)
    gap_days = gap_between_parts(np.ptp(days), fractions) if gap_days is None else gap_days
    edges = days.min() + np.cumsum(fractions)[:2] / np.sum(fractions) * np.ptp(days)
    names = np.array([TRAIN, VALIDATION, TEST], object)[np.digitize(days, edges)]
    for edge in edges:
        names[(days >= edge) & (days < edge + gap_days)] = GAP
    for part in (TRAIN, VALIDATION, TEST):
        if not (names == part).any():
            raise InputError(
                f"the {part} part holds none of the {len(names)} dates: give more dates or a shorter gap_days"
            )
    return names.astype(str)


def gap_between_parts(span, fractions):
    """Days between the parts: a whole rotation where the shorter of the latter two is three times that, else 14.

    span: days from the first date to the last.  A region is out of view for half a rotation, then returns if it lives;
    after a whole one few are left.
    """
    shortest = span * min(fractions[1:]) / np.sum(fractions)
    return ROTATION if shortest >= 3 * ROTATION else HALF


def count_shared_regions(days, regions):
    """How many regions the parts see, and how many of them more than one part: (number, number).

    days: table with time and split; regions: table with time and region.
    """
    parts = regions["time"].map(days.set_index("time")["split"])
    known = parts.isin([TRAIN, VALIDATION, TEST])
    counts = parts[known].groupby(regions["region"][known]).nunique()
    return len(counts), int((counts > 1).sum())


def _days_since_epoch(times):
    """Times as days since 1970."""
    moments = np.asarray(pd.to_datetime(pd.Series(times)), "datetime64[ns]")
    return (moments - np.datetime64("1970-01-01", "ns")) / np.timedelta64(1, "D")


def subsample_evenly(rows, n):
    """At most n of the rows, evenly over all of them."""
    rows = np.asarray(rows)
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(n, len(rows))).round().astype(int))]
