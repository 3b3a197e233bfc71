"""Draws of a share of the labels: the same days for every method, both classes in each."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError

COLUMNS = ("fraction", "draw", "n_days", "n_flaring")


def draw_days(label, fraction, rng):
    """Days whose labels are known: a share of each class, at least one day of each, in order of time.

    label: (n,) of 0 and 1, of the training days; fraction: 0 to 1; rng: of the draw.  Keeping the shares of the classes
    means that a small draw knows how frequent flares are, as a forecaster would from a flare list.
    Returns positions (n_drawn,).  Raises InputError for a fraction out of range or an empty class.
    """
    if not 0 < fraction <= 1:
        raise InputError(f"a share of {fraction} of the labels cannot be drawn: give a number above 0, 1 at most")
    parts = []
    for value in (0, 1):
        rows = np.flatnonzero(np.asarray(label) == value)
        if not len(rows):
            raise InputError(
                f"no training day has the label {value}, so that a share of {fraction:.0%} of them cannot hold both "
                "classes: take more days or another class of flare"
            )
        parts.append(rng.choice(rows, max(1, round(fraction * len(rows))), replace=False))
    return np.sort(np.concatenate(parts))


def draws(label, fractions, n_draws, seed):
    """All draws: {(fraction, draw): positions}, and a table of their sizes with COLUMNS.

    fractions: of `draw_days`, with 1.0, against which the others are set.  Draws with all labels hold the same days;
    what differs between them is then the network's own chance alone.  Raises InputError as `draw_days` does.
    """
    if 1.0 not in fractions:
        raise InputError(f"the shares of labels are {list(fractions)}: add 1.0, against which the others are set")
    days, rows = {}, []
    for fraction in fractions:
        for draw in range(n_draws):
            known = draw_days(label, fraction, np.random.default_rng([seed, round(1e6 * fraction), draw]))
            days[fraction, draw] = known
            rows.append((fraction, draw, len(known), int(np.asarray(label)[known].sum())))
    return days, pd.DataFrame(rows, columns=list(COLUMNS))
