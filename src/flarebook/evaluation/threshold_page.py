"""A page in which the threshold and the base rate of forecasts move: TSS, Brier score, reliability, ROC, in one file.

Its script repeats the arithmetic of `classification`; tests/book/test_threshold_page.py compares both.
"""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.compendium.errors import InputError
from flarebook.compendium.figures import bin_heights
from flarebook.compendium.interactive_pages.fill import AXES, TEXT, fill_page
from flarebook.evaluation.classification import count_scores

DATA = files("flarebook.evaluation") / "data"
PARTS = ("page.html", "page.css", "page.js")


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of one kind, as the numbers of events and of others at each forecast value.

    name: in the page's list; origin: "REAL" or "SIMULATED"; about: a sentence; values: (n,) from 0 to 1; events,
    others: (n,) numbers; threshold: from which the page calls an event at first, None for the share of events.
    """

    name: str
    origin: str
    about: str
    values: np.ndarray
    events: np.ndarray
    others: np.ndarray
    threshold: float | None = None


def count_forecasts(label, score, n_bins):
    """Numbers of events and others in equal bins of the score, and the mean score of each: three (n,) arrays.

    label: (n,) of 0 and 1; score: (n,) from 0 to 1.  Bins without a score are left out.
    """
    label, score = np.asarray(label).astype(bool), np.asarray(score, float)
    place = np.minimum((score * n_bins).astype(int), n_bins - 1)
    events, n, total = (np.bincount(place, weights, n_bins) for weights in (label, None, score))
    kept = n > 0
    return total[kept] / n[kept], events[kept], (n - events)[kept]


def threshold_page(forecasts, title, about, positive, negative, axis="forecast"):
    """The page as text.

    forecasts: [Forecasts], the first of which it opens with; about: a sentence; positive, negative: what follows a
    forecast, in words, such as "a flare"; axis: name of the forecast values.  Raises InputError for forecasts without
    events or others.
    """
    for one in forecasts:
        if not (np.sum(one.events) > 0 and np.sum(one.others) > 0):
            raise InputError(f"the forecasts {one.name!r} were all followed by the same: give events and others")
    series = [
        {"origin": one.origin, "about": one.about, "threshold": one.threshold}
        | {name: np.asarray(getattr(one, name), float).tolist() for name in ("values", "events", "others")}
        for one in forecasts
    ]
    words = {
        "title": title,
        "about": about,
        "positive": positive,
        "negative": negative,
        "version": version("flarebook"),
    }
    parts = [TEXT, AXES, *(DATA / "threshold_page" / name for name in PARTS)]
    names = [f"{one.name} ({one.origin.lower()})" for one in forecasts]
    return fill_page(parts, {"series": series, "axis": axis}, names=names, **words)


def threshold_table(forecasts, thresholds):
    """Skill of calling an event from each threshold on: DataFrame threshold, tss, hss, recall and false_alarm_rate.

    forecasts: Forecasts; thresholds: (n,).
    """
    called = forecasts.values >= np.asarray(thresholds)[:, None]
    hits, alarms = called @ forecasts.events, called @ forecasts.others
    events, others = forecasts.events.sum(), forecasts.others.sum()
    found = count_scores(hits, alarms, others - alarms, events - hits)
    columns = {name: found[name] for name in ("tss", "hss", "recall")}
    return pd.DataFrame({"threshold": thresholds, **columns, "false_alarm_rate": alarms / others})


def threshold_panels(forecasts, labels):
    """What the page shows of one kind of forecasts, {panel: DataFrame}: both classes, skill and ROC, reliability.

    forecasts: Forecasts; labels: names of events and others.
    """
    events, others, n = forecasts.events, forecasts.others, forecasts.events + forecasts.others
    shares = {name: one / one.sum() for name, one in zip(labels, (events, others), strict=True)}
    return {
        "classes": bin_heights(dict.fromkeys(labels, forecasts.values), np.linspace(0, 1, 21), shares),
        "skill and ROC curve": threshold_table(forecasts, np.linspace(0, 1, 101)),
        "reliability": pd.DataFrame({"forecast": forecasts.values, "observed": events / n, "n": n}),
    }


def plot_thresholds(panels, colour, axis="forecast", kinds=(VERMILION, BLUE)):
    """Both classes, skill, ROC curve and reliability of one kind of forecasts.

    panels: of `threshold_panels`; colour: of the curves; kinds: of events and others; axis: name of the forecasts.
    """
    figure = Figure(figsize=(WIDE, 5.43), layout="constrained")
    (classes, skill), (roc, reliable) = figure.subplots(2, 2)
    bins, table, shares = panels.values()
    sides = [rows for _, rows in bins.groupby("series", sort=False)]
    edges = [*sides[0]["low"], 1]
    classes.hist(
        [rows["low"] for rows in sides],
        edges,
        weights=[rows["height"] for rows in sides],
        color=kinds,
        label=list(bins["series"].unique()),
    )
    classes.set(xlabel=axis, ylabel="share of each class")
    for name, style in (("tss", "-"), ("hss", "--")):
        skill.plot(table["threshold"], table[name], style, color=colour, label=name.upper())
    skill.set(xlabel="threshold", ylabel="skill")
    roc.plot(table["false_alarm_rate"], table["recall"], color=colour)
    roc.set(xlabel="false-alarm rate", ylabel="recall")
    area = 10 + 120 * shares["n"] / shares["n"].max()
    reliable.scatter(shares["forecast"], shares["observed"], area, color=colour, alpha=0.8)
    reliable.set(xlabel=axis, ylabel="observed share")
    for axes in (roc, reliable):
        axes.plot([0, 1], [0, 1], ls=":", color="0.5")
    for axes in (classes, skill):
        axes.legend()
    return figure
