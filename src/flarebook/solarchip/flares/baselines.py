"""Forecasts that see no image, or need no network: what every flare classifier must beat."""

from importlib.resources import files

import numpy as np
import pandas as pd
import yaml

from flarebook.compendium.errors import InputError
from flarebook.goes.classes import reaches_class
from flarebook.goes.labels import LEVELS

FAINTEST = 1e-9  # W/m2, below GOES's own background: where the logarithm of the flux ends
R_COLUMNS = {"inversion-line flux, measured": "r_measured", "inversion-line flux, simulator's own": "r_value"}
BASELINES = ("persistence", *R_COLUMNS, "GOES flux")
NEEDED = ("r_measured", "goes_now", "flux_max_past_24h")  # columns of the baselines, known of real days
LABEL_NAMES = {"label_m": "a flare of M1.0 or above within 24 h", "label_c": "a flare of C1.0 or above within 24 h"}
SUBSET_COLUMNS = ("fraction", "draw", "n_days", "n_flaring")
PUBLISHED_COLUMNS = ("unit", "method", "input", "years", "base_rate", "tss", "hss", "source", "checked")


def table_features(name, days, label="label_m"):
    """Features from which a baseline forecasts, (n, 1 or 2).

    name: of BASELINES; days: table of notebook 1; label: "label_m" or "label_c", the class asked for.
    "persistence": whether the past 24 h had such a flare.  "inversion-line flux, measured" and "..., simulator's own":
    its log10, of the magnetogram or of the regions without noise, on which the rate of flares rests; it is 0 for a Sun
    without strong inversion lines, and whether it is 0 is the second column.  The simulator's own is known for
    simulated days only.  "GOES flux": log10 of the X-ray flux now, and of its largest value of the past 24 h.
    Raises InputError for an unknown name or a missing column.
    """
    if name == "persistence":
        return reaches_class(_column(days, "flux_max_past_24h"), LEVELS[label]).astype(float)[:, None]
    if name in R_COLUMNS:
        r = _column(days, R_COLUMNS[name])
        return np.column_stack([r, r > 0])
    if name == "GOES flux":
        now, largest = (np.maximum(_column(days, key), FAINTEST) for key in ("goes_now", "flux_max_past_24h"))
        return np.log10(np.column_stack([now, np.maximum(now, largest)]))
    raise InputError(f"there is no baseline {name!r}: known are {', '.join(BASELINES)}")


def _numbers(days, name):
    """Numbers of a column, (n,), NaN where unknown; InputError when it is missing."""
    if name not in days:
        raise InputError(f"the table of days has no column {name!r}: run solarchip/1-simulated-sun again")
    return pd.to_numeric(days[name], errors="coerce").to_numpy(float, na_value=np.nan)


def _column(days, name):
    """Numbers of a column, (n,); InputError when it is missing or has gaps (see `complete_days`)."""
    values = _numbers(days, name)
    if not np.isfinite(values).all():
        day = days["time"].iloc[np.flatnonzero(~np.isfinite(values))[0]]
        raise InputError(f"{name} of {day} is missing: leave the day out or fill it in")
    return values


def complete_days(days, images, label="label_m"):
    """Days whose label and whose baselines' inputs are known, with their images, and a sentence about the others.

    days: table of notebook 1; images: (n, 11, h, w) of its rows; label: its column.  A day that no X-ray record covers
    is neither quiet nor flaring, and the first real day has no day before it.  Returns (days, images, sentence), which
    is empty when nothing is left out.  Raises InputError when no day is left.
    """
    needed = [label, *NEEDED]
    known = np.array([np.isfinite(_numbers(days, name)) for name in needed])
    complete = known.all(axis=0)
    if complete.all():
        return days.astype({label: int}), images, ""
    lacks = ", ".join(f"{name} of {(~row).sum()}" for name, row in zip(needed, known, strict=True) if not row.all())
    if not complete.any():
        raise InputError(f"none of {len(days)} days can be classified: missing are {lacks}; give their X-ray records")
    kept = days[complete].reset_index(drop=True).astype({label: int})
    return kept, images[complete], f"{(~complete).sum()} of {len(days)} days are left out: missing are {lacks}"


def true_probability(days, label="label_m"):
    """Probability with which the simulator drew the label, (n,), or None where no truth is known, as on real days.

    Its skill is the upper bound: whether a flare comes on a day of given probability is chance.
    """
    name = {"label_m": "p_m", "label_c": "p_c"}[label]
    values = pd.to_numeric(days[name], errors="coerce").to_numpy(float) if name in days else np.array([np.nan])
    return values if np.isfinite(values).all() else None


def sample_labels(label, fraction, rng):
    """Days whose labels are known: a share of each class, at least one day of each, in order of time.

    label: (n,) of 0 and 1, of the training days; fraction: 0 to 1; rng: of the draw.  Keeping the shares of the classes
    means that a small draw knows how frequent flares are, as a forecaster would from a flare list.
    Returns positions (n_drawn,).  Raises InputError for a fraction out of range or an empty class.
    """
    if not 0 < fraction <= 1:
        raise InputError(f"a share of {fraction} of the labels cannot be drawn: give a number above 0, 1 at most")
    drawn = []
    for value in (0, 1):
        rows = np.flatnonzero(np.asarray(label) == value)
        if not len(rows):
            raise InputError(
                f"no training day has the label {value}, so that a share of {fraction:.0%} of them cannot hold both "
                "classes: take more days or another class of flare"
            )
        drawn.append(rng.choice(rows, max(1, round(fraction * len(rows))), replace=False))
    return np.sort(np.concatenate(drawn))


def label_subsets(label, fractions, n_draws, seed):
    """All subsets of labels: {(fraction, draw): positions}, and a table of their sizes with SUBSET_COLUMNS.

    fractions: of `sample_labels`, with 1.0 as the reference.  Subsets of all labels are identical, so that only the
    network's initialisation differs between them.  Raises InputError as `sample_labels` does.
    """
    if 1.0 not in fractions:
        raise InputError(f"the shares of labels are {list(fractions)}: add 1.0, against which the others are set")
    days = {
        (fraction, draw): sample_labels(label, fraction, np.random.default_rng([seed, round(1e6 * fraction), draw]))
        for fraction in fractions
        for draw in range(n_draws)
    }
    rows = [(*key, len(known), int(np.asarray(label)[known].sum())) for key, known in days.items()]
    return days, pd.DataFrame(rows, columns=list(SUBSET_COLUMNS))


def published_skill():
    """Published scores of forecasts of M1.0 flares within 24 h: DataFrame of PUBLISHED_COLUMNS, text.

    Each study has its own unit, years and splits, so that the rows compare neither with each other nor with a simulated
    Sun.  A region is quiet far more often than the disk; TSS does not depend on the base rate, HSS does.
    """
    text = (files("flarebook.solarchip") / "data" / "published_flare_skill.yaml").read_text(encoding="utf-8")
    return pd.DataFrame(yaml.safe_load(text), columns=list(PUBLISHED_COLUMNS))
