"""Forecasts of real days from what was known at their beginning: past flares, and the sunspot groups of the day before.

The window of a day runs from 00:00 to 24:00 UT.  A region summary of that day is issued at 00:30 UT and describes the
Sun up to 24:00 UT of the day before, so that it holds nothing of the window.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from flarebook.goes.classes import reaches_class
from flarebook.goes.flare_list import flare_times

DAY, MOMENT = pd.Timedelta("1D"), pd.Timedelta("1ns")
PRIOR = 1.0  # group-days at the mean rate that join each McIntosh class, so that a rare one has no rate of zero
FAINTEST = 1e-6  # W/m2: the list begins at C1.0
REGION_FEATURES = ("area", "largest_area", "n_groups", "n_delta", "mcintosh")


def flare_days(flares):
    """Day to whose window (00:00, 24:00] UT each flare belongs by its peak: DatetimeIndex."""
    return pd.DatetimeIndex(flare_times(flares) - MOMENT).floor("D")


def mcintosh_rates(regions, flares, goes_class, before):
    """Mean flares of a class or above a day of each McIntosh class: (Series by class, mean rate of all).

    regions: of `read_region_summaries`; flares: with region; before: time, only group-days before which count.
    Flares without a region are spread over the others in proportion.  Bloomfield et al. 2012, section 2.
    """
    known = regions[regions["valid"] < before]
    strong = flares[reaches_class(flares["peak_flux"], goes_class) & (flare_days(flares) < before)]
    strong = strong[flare_days(strong) >= known["valid"].min()]
    counts = strong.groupby([flare_days(strong), "region"]).size()
    index = pd.MultiIndex.from_frame(known[["valid", "region"]])
    own = counts.reindex(index, fill_value=0).to_numpy()
    scale = len(strong) / max(own.sum(), 1)
    groups = pd.Series(own * scale).groupby(known["mcintosh"].to_numpy())
    mean = own.mean() * scale
    return (groups.sum() + PRIOR * mean) / (groups.size() + PRIOR), float(mean)


def poisson_probability(regions, days, rates, mean, spotless):
    """Probability of at least one flare a day from the rates of the groups on the disk: (n,).

    days: (n,) midnights; rates, mean: of `mcintosh_rates`; spotless: probability on days without a group.
    """
    rate = regions["mcintosh"].map(rates).fillna(mean).groupby(regions["valid"]).sum().reindex(days)
    return np.where(rate.isna(), spotless, 1 - np.exp(-rate.fillna(0)))


def region_features(regions, days, rates, mean):
    """Features of the groups on the disk: DataFrame of REGION_FEATURES, a row a day; no group gives zeros.

    area and largest_area: log(1 + millionths of the hemisphere); mcintosh: log of the summed rates of their classes.
    """
    groups = regions.assign(
        delta=regions["magnetic_class"].str.contains("DELTA"), rate=regions["mcintosh"].map(rates).fillna(mean)
    ).groupby("valid")
    table = pd.DataFrame(
        {
            "area": np.log1p(groups["area"].sum()),
            "largest_area": np.log1p(groups["area"].max()),
            "n_groups": groups.size(),
            "n_delta": groups["delta"].sum(),
            "mcintosh": np.log(groups["rate"].sum() + mean / 10),
        }
    )
    return table.reindex(days).fillna({name: np.log(mean / 10) if name == "mcintosh" else 0 for name in table})


def past_flares(flares, days):
    """Flares before each midnight: log10 of the largest peak flux of one day, log(1 + number) of one and of seven.

    days: (n,) midnights.  A flare counts by its peak.  Returns a DataFrame largest, number, week.
    """
    grid = pd.date_range(min(days[0], flare_days(flares)[0]) - 7 * DAY, days[-1])
    grouped = flares["peak_flux"].groupby(flare_days(flares))
    number = grouped.size().reindex(grid, fill_value=0)
    largest = grouped.max().reindex(grid).fillna(FAINTEST)
    table = pd.DataFrame(
        {"largest": np.log10(largest), "number": np.log1p(number), "week": np.log1p(number.rolling(7).sum())}
    )
    return table.shift(1).reindex(days)


def logistic_forecast(features, label, train):
    """Probabilities of a logistic regression on standardised features: (n,).  train: (n,) bool, days it learns from."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(features[train], label[train])
    return model.predict_proba(features)[:, 1]


def persistence_forecast(label, train):
    """Share of flaring days among training days after a day with a flare, and after one without: (n,)."""
    before = np.concatenate([[0], label[:-1]]).astype(bool)
    after = {value: label[train & (before == value)].mean() for value in (False, True)}
    return np.where(before, after[True], after[False])


def real_forecasts(days, regions, flares, goes_class, before):
    """Forecasts of every day by five methods that learn from the days before a time: {method: (n,)}.

    days: with time and label, consecutive; regions, flares: whole lists.
    """
    midnights, label = pd.DatetimeIndex(days["time"]), days["label"].to_numpy(int)
    train = np.asarray(midnights < before)
    rates, mean = mcintosh_rates(regions, flares, goes_class, before)
    spotless = ~midnights.isin(regions["valid"])
    quiet = (label[train & spotless].sum() + 0.5) / ((train & spotless).sum() + 1)
    groups, past = region_features(regions, midnights, rates, mean), past_flares(flares, midnights)
    return {
        "climatology": np.full(len(label), label[train].mean()),
        "persistence": persistence_forecast(label, train),
        "McIntosh rates": poisson_probability(regions, midnights, rates, mean, quiet),
        "regions": logistic_forecast(groups, label, train),
        "regions and past flares": logistic_forecast(pd.concat([groups, past], axis=1), label, train),
    }
