"""Training, validation and test dates in stretches of time with gaps between them, never random by image."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

TRAIN, GAP, VALIDATION, TEST = "train", "gap", "validation", "test"


def chronological(times, fractions=(0.6, 0.15, 0.25), gap_days=14):
    """Part of each date: the earliest train, then validation, then test, with a gap before the latter two.

    times: (n,) ISO text or datetimes in any order; fractions: of the time span.  Dates less than gap_days after the
    end of the part before are "gap": 14 days let the regions rotate off the visible disk.  Returns (n,) of str.
    Raises InputError when a part is left without dates.
    """
    days = _days(times)
    edges = days.min() + np.cumsum(fractions)[:2] / np.sum(fractions) * np.ptp(days)
    names = np.array([TRAIN, VALIDATION, TEST], object)[np.digitize(days, edges)]
    for edge in edges:
        names[(days >= edge) & (days < edge + gap_days)] = GAP
    return _checked(names.astype(str))


def _days(times):
    """Times as days since 1970."""
    moments = np.asarray(pd.to_datetime(pd.Series(times)), "datetime64[ns]")
    return (moments - np.datetime64("1970-01-01", "ns")) / np.timedelta64(1, "D")


def _checked(names):
    """Names of the parts; InputError when one of the three has no date."""
    for part in (TRAIN, VALIDATION, TEST):
        if not (names == part).any():
            raise InputError(
                f"the {part} part holds none of the {len(names)} dates: give more dates or a shorter gap_days"
            )
    return names


def month_blocks(times, rng, fractions=(0.6, 0.15, 0.25), gap_days=2):
    """Part of each date when whole calendar months go to training, validation and test at random.

    times: (n,) of several years, in any order; the shares are those of the months.  Dates within gap_days of a month of
    another part are "gap", so no label window crosses a border; regions that last longer than a month still do: the
    chronological split is the stricter one.  Returns (n,) of str.  Raises InputError when a part is left without dates.
    """
    moments = pd.DatetimeIndex(pd.to_datetime(pd.Series(times)))
    months = moments.to_period("M")
    known = rng.permutation(np.array(sorted(set(months)), object))
    counts = np.round(np.cumsum(fractions)[:2] / np.sum(fractions) * len(known)).astype(int)
    part_of = dict(zip(known, np.repeat([TRAIN, VALIDATION, TEST], np.diff([0, *counts, len(known)])), strict=True))
    names = np.array([part_of[month] for month in months], dtype=object)
    for shift in (-gap_days, gap_days):
        beside = (moments + pd.Timedelta(days=shift)).to_period("M")
        names[[part_of.get(b, part_of[m]) != part_of[m] for b, m in zip(beside, months, strict=True)]] = GAP
    return _checked(names.astype(str))
