"""Fit the distributions of the simulated population to the science flare list.

`python -m scripts.stix.fit_flare_statistics flarelist.csv` writes data/flare_distributions.yaml.
"""

import sys

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import curve_fit, minimize_scalar

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.stix.maps.file_names import published_names
from flarebook.stix.simulation.flare_statistics import FITTED, LAST_IMAGE, read_flare_list, upper_share


def fit_distributions(flares, published=None):
    """Fit every distribution that the simulated population is drawn from.

    flares: of `read_flare_list`; published: of `published.published_names`, or None.  Returns a nested dict of plain
    numbers.
    """
    fitted = {
        "flares": len(flares),
        "counts": fit_counts(flares["excess"].to_numpy(float)),
        "background": normal(flares["background"]),
        "hard_background": normal(flares["hard_background"]),
        "hard_ratio": fit_hard_ratio(flares),
        "attenuator": fit_attenuator(flares),
        "duration": fit_duration(flares),
        "place": fit_place(flares),
        "months": fit_months(flares),
    }
    return fitted if published is None else fitted | {"upper_band": fit_upper_band(flares, published)}


def normal(values):
    """Mean and standard deviation, the latter from the 5 to 95 % range: a few outliers do not widen it."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"mean": round(float(middle), 2), "std": round(float((high - low) / 3.29), 2)}


def fit_counts(excess):
    """Broken power law of the peak excess, counts in 4 s: N(>c) falls as c^-low, beyond the break as c^-high.

    Maximum likelihood on flares above the lowest percentile, on which the list's own threshold acts.
    """
    floor = float(np.quantile(excess, 0.05))
    values = excess[excess >= floor]

    def indices(split):
        faint, bright = values[values < split], values[values >= split]
        low = len(faint) / (np.log(faint / floor).sum() + len(bright) * np.log(split / floor))
        return low, 1 / np.log(bright / split).mean()

    def minus_likelihood(log_split):
        split = 10**log_split
        low, high = indices(split)
        density = np.where(
            values < split,
            np.log(low) - (low + 1) * np.log(values / floor) - np.log(floor),
            np.log(high) - low * np.log(split / floor) - (high + 1) * np.log(values / split) - np.log(split),
        )
        return -density.sum()

    split = 10 ** minimize_scalar(minus_likelihood, bounds=(3.5, 5.8), method="bounded").x
    low, high = indices(split)
    rounded = {"threshold": round(floor), "low": round(float(low), 3), "break": round(float(split))}
    return rounded | {"high": round(float(high), 3), "highest": round(float(values.max()))}


def fit_hard_ratio(flares, bright=1e4):
    """Logarithm of the 15-25 over the 4-10 keV excess: mean and spread among bright flares, where noise is small.

    The upper channel's peak of a faint flare is a maximum over noise: its significance without any signal is fitted to
    the flares that the ratio leaves without.
    """
    chosen = flares[flares["excess"] > bright]
    ratio = normal(np.log10(chosen["hard_excess"].clip(lower=1) / chosen["excess"]))
    faint = flares[flares["excess"] < 1500]
    expected = faint["excess"] * 10 ** ratio["mean"] / np.sqrt(faint["hard_background"])
    noise = float((faint["significance"] - expected).quantile(0.3))
    return ratio | {"noise_mean": round(noise, 2), "noise_std": 1.0}


def fit_attenuator(flares):
    """Share of flares with the attenuator in: constant below the bend, then a share more per decade of counts."""
    decade = np.log10(flares["excess"])
    inserted = flares["attenuator"].astype(float)
    faint, bright = inserted[decade < 4.5], inserted[decade > 5]
    return {"faint": round(float(faint.mean()), 3), "bright": round(float(bright.mean()), 3), "bend": 4.5}


def fit_duration(flares):
    """Logarithm of the duration in s: linear in the logarithm of the counts, with a normal spread, cut at both ends."""
    decade, duration = np.log10(flares["excess"]), np.log10(flares["duration"].clip(lower=8))
    slope, at_thousand = np.polyfit(decade - 3, duration, 1)
    spread = np.std(duration - at_thousand - slope * (decade - 3))
    shortest, longest = flares["duration"].quantile([0.002, 0.998]).round()
    fitted = {"mean": round(float(at_thousand), 3), "slope": round(float(slope), 3), "std": round(float(spread), 3)}
    return fitted | {"shortest": float(shortest), "longest": float(longest)}


def fit_place(flares):
    """Two belts of latitude (degrees), the latitudes of the spacecraft, and what lies beyond the limb."""
    belt, beyond = flares["latitude"].abs(), flares["radius"] > 1
    return {
        "latitude": {"mean": round(float(belt.mean()), 2), "std": round(float(belt.std()), 2)},
        "north": round(float((flares["latitude"] > 0).mean()), 3),
        "solo_latitude": normal(flares["solo_latitude"]),
        "beyond_limb": round(float(beyond.mean()), 3),
        "height": round(float((flares["radius"][beyond] - 1).median()), 4),
    }


def fit_months(flares):
    """Flares, and mean and spread of the distance (AU), by month: the orbit ties distance to time."""
    groups = flares.groupby(flares["start"].dt.strftime("%Y-%m"))["distance"]
    rows = pd.DataFrame({"flares": groups.size(), "mean": groups.mean(), "std": groups.std().fillna(0.02)})
    return {
        month: [int(row.flares), round(float(row["mean"]), 3), round(float(row["std"]), 3)]
        for month, row in rows.iterrows()
    }


def fit_upper_band(flares, published):
    """Share of flares imaged at 16-28 keV, against the significance s of the upper channel: ceiling / (1 + (half/s)^n).

    Flares whose 4-10 keV image is among the published ones grow rarer as the upper channel shows signal: each request
    has one image, so the rest must have been imaged at 16-28 keV.
    """
    band = published.set_index("uid")["band"]
    listed = flares[flares["start"] < LAST_IMAGE]
    soft = (listed["uid"].map(band) == "4-10").to_numpy(float)
    significance = listed["significance"].to_numpy(float)
    base = soft[significance < 3].mean()
    edges = np.quantile(significance[significance > 2], np.linspace(0, 0.93, 15))
    place = np.digitize(significance, edges)
    bins = [place == number for number in range(1, len(edges))]
    middle = np.array([np.median(significance[chosen]) for chosen in bins])
    share = np.array([1 - soft[chosen].mean() / base for chosen in bins])
    (half, power, ceiling), _ = curve_fit(
        upper_share, middle, share, p0=(6, 2, 0.8), bounds=([2, 0.5, 0.3], [30, 6, 1])
    )
    return {"half": round(float(half), 2), "power": round(float(power), 2), "ceiling": round(float(ceiling), 3)}


def main(arguments):
    """Fit the list and write the shipped file."""
    if len(arguments) != 1:
        raise InputError("give one file: the CSV of the science flare list")
    fitted = fit_distributions(read_flare_list(arguments[0]), published_names())
    command = "python -m scripts.stix.fit_flare_statistics"
    head = f"# Fitted to the STIX science flare list by `{command}`; holds no row of it.\n"
    with atomic_write(FITTED) as path:
        path.write_text(head + yaml.safe_dump(fitted, sort_keys=False, default_flow_style=None), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
