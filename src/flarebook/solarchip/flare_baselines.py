"""Forecasts that see no image, or need no network: what every flare classifier must beat."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.flare_labels import LEVELS
from flarebook.solarchip.goes import at_least

FAINTEST = 1e-9  # W/m2, below GOES's own background: where the logarithm of the flux ends
SEES = {  # table baselines: what they see, column by column
    "persistence": "whether the past 24 h had such a flare",
    "R measured": "R of the magnetogram, one number",
    "R, simulator's own": "R of the regions without noise, on which the rate of flares rests",
    "GOES flux": "X-ray flux now, and its largest value of the past 24 h",
}
R_COLUMNS = {"R measured": "r_measured", "R, simulator's own": "r_value"}
QUESTIONS = {"label_m": "a flare of M1.0 or above within 24 h", "label_c": "a flare of C1.0 or above within 24 h"}


def table_features(name, days, label="label_m"):
    """Numbers from which a baseline forecasts, (n, 1 or 2).

    name: of SEES; days: table of notebook 1; label: "label_m" or "label_c", the class asked for.
    "R measured", "R, simulator's own": log10 R of Schrijver 2007, which is 0 for a Sun without strong inversion lines,
    and whether it is 0.  The second is the simulator's own variable, known for simulated days only.
    Raises InputError for an unknown name or a missing column.
    """
    if name == "persistence":
        return at_least(_column(days, "flux_max_past_24h"), LEVELS[label]).astype(float)[:, None]
    if name in R_COLUMNS:
        r = _column(days, R_COLUMNS[name])
        return np.column_stack([r, r > 0])
    if name == "GOES flux":
        now, largest = (np.maximum(_column(days, key), FAINTEST) for key in ("goes_now", "flux_max_past_24h"))
        return np.log10(np.column_stack([now, np.maximum(now, largest)]))
    raise InputError(f"there is no baseline {name!r}: known are {', '.join(SEES)}")


def _column(days, name):
    """Numbers of a column, (n,); InputError when it is missing or has gaps."""
    if name not in days:
        raise InputError(f"the table of days has no column {name!r}: run solarchip/1-simulated-sun again")
    values = pd.to_numeric(days[name], errors="coerce").to_numpy(float)
    if not np.isfinite(values).all():
        day = days["time"].iloc[np.flatnonzero(~np.isfinite(values))[0]]
        raise InputError(f"{name} of {day} is missing: leave the day out or fill it in")
    return values


def climatology(label):
    """The constant forecast: share of flaring days among those whose label is known."""
    return float(np.mean(label))


def true_probability(days, label="label_m"):
    """Probability with which the simulator drew the label, (n,), or None where no truth is known, as on real days.

    Its skill is the ceiling: whether a flare comes on a day of given probability is chance.
    """
    name = {"label_m": "p_m", "label_c": "p_c"}[label]
    values = pd.to_numeric(days[name], errors="coerce").to_numpy(float) if name in days else np.array([np.nan])
    return values if np.isfinite(values).all() else None
