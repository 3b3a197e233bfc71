"""Real flares: base rates by year, skill of forecasts, reliability, first flares, and real beside simulated flares."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from flarebook.compendium.appearance.palette import BLUE, GREEN, PINK, REAL, SIMULATED, SKY, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.evaluation.threshold_page import Forecasts
from flarebook.goes.classes import LETTERS
from flarebook.solarchip.figures.styles import write_counts

COLOURS = {  # of a method: colour-blind-safe palette, and marker
    "climatology": ("0.45", "v"),
    "persistence": ("0.45", "s"),
    "McIntosh rates": (GREEN, "D"),
    "regions": (SKY, "o"),
    "regions and past flares": (BLUE, "o"),
    "SWPC": (VERMILION, "X"),
    "Met Office": (PINK, "P"),
}
OTHER = (BLUE, "o")
SKILL = {
    "brier_skill": "Brier skill",
    "auc": "AUC",
    "tss": "TSS\nat the base rate",
    "tss_best": "TSS\nat its best threshold",
}
TRANSITIONS = {
    "first_auc": "first flare:\nAUC",
    "first_hit": "first flare:\nshare called",
    "first_alarm": "no first flare:\nfalse-alarm rate",
    "clear_given": "quiet days:\nall-clear share",
    "clear_broken": "all-clears:\nshare broken",
}
NO_SKILL = {"brier_skill": 0, "auc": 0.5, "tss": 0, "tss_best": 0, "first_auc": 0.5}
SPLIT_YEAR = 2014
ORIGINS = {"real": (REAL, "-"), "simulated": (SIMULATED, "--")}


def plot_base_rates(years):
    """Share of days of each year with a flare of each class or above, training and test years apart.

    years: of `real_skill.year_table`.
    """
    figure = Figure(figsize=(WIDE, 3.08), layout="constrained")
    axes = figure.subplots()
    looks = {"c": (SKY, "o", "C1.0"), "m": (VERMILION, "s", "M1.0"), "x": ("black", "^", "X1.0")}
    for letter, (colour, marker, name) in looks.items():
        label = f"≥ {name}"
        axes.plot(years["year"], 100 * years[f"share_{letter}"], marker, ls="-", color=colour, label=label, ms=5)
    axes.axvspan(SPLIT_YEAR - 0.5, years["year"].max() + 0.5, color="0.93", zorder=0)
    axes.text(SPLIT_YEAR - 0.35, 108, "test", va="top", color="0.35")
    axes.text(SPLIT_YEAR - 0.65, 108, "training", va="top", ha="right", color="0.35")
    axes.set(ylabel="days with a flare [%]", xlabel="year", ylim=(0, 110), yticks=range(0, 101, 20))
    axes.set_xlim(years["year"].min() - 0.5, years["year"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def plot_scores(table, scores):
    """Scores of each method with 95 % intervals, a panel each.

    table: rows method, score, value, low, high; scores: {score: title}, of SKILL or TRANSITIONS.
    """
    methods = list(dict.fromkeys(table["method"]))
    figure = Figure(figsize=(WIDE, 1.1 + 0.28 * len(methods)), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True)
    for axes, (score, title) in zip(panels, scores.items(), strict=True):
        rows = table[table["score"] == score].set_index("method").loc[methods]
        for place, row in enumerate(rows.itertuples()):
            colour, marker = COLOURS.get(row.Index, OTHER)
            if np.isfinite(row.low):
                axes.plot([row.low, row.high], [place, place], color=colour, lw=1.6)
            axes.plot(row.value, place, marker, color=colour, ms=6.5)
        if score in NO_SKILL:
            axes.axvline(NO_SKILL[score], color="0.6", ls=":", lw=1)
        axes.set_title(title)
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.grid(axis="y", color="0.92")
    panels[0].set_yticks(range(len(methods)), methods)
    panels[0].set_ylim(len(methods) - 0.5, -0.5)
    return figure


def plot_reliability_panels(table, columns=3):
    """Share of days with a flare among days of like forecast, with Wilson's interval and the number of days.

    table: of `reliability_bins` with a column method.
    """
    methods = list(dict.fromkeys(table["method"]))
    columns = min(columns, len(methods))
    rows = -(-len(methods) // columns)
    figure = Figure(figsize=(WIDE, 0.4 + 2.5 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(methods) :]:
        axes.set_visible(False)
    for axes, method in zip(panels.flat, methods, strict=False):
        bins = table[table["method"] == method]
        colour, marker = COLOURS.get(method, OTHER)
        error = np.abs([bins["observed"] - bins["low"], bins["high"] - bins["observed"]])
        axes.plot([0, 1], [0, 1], "k--", lw=0.9)
        axes.errorbar(bins["score"], bins["observed"], error, fmt=f"{marker}-", color=colour, ms=5, capsize=2.5)
        write_counts(axes, bins)
        axes.set_title(method, pad=14, parse_math=False)  # the name of a file may hold "$"
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    figure.supxlabel("forecast probability")
    figure.supylabel("share of days with a flare")
    return figure


def plot_flare_statistics(table):
    """Flares a day by peak flux, and times between them, real and simulated.

    table: rows origin, quantity, low, high, value, of one period each, as of `real_skill.flare_statistics`.
    """
    figure = Figure(figsize=(WIDE, 3.27), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, quantity in ((left, "peak flux"), (right, "waiting time")):
        for origin, (colour, dashes) in ORIGINS.items():
            rows = table[(table["quantity"] == quantity) & (table["origin"] == origin) & (table["value"] > 0)]
            if len(rows):
                label = f"{origin}, {rows['period'].iloc[0]}"
                middle = np.sqrt(rows["low"] * rows["high"])
                axes.loglog(middle, rows["value"], dashes, marker="o", ms=3.5, color=colour, label=label)
    left.set(xlabel="peak flux, 1 to 8 Å [W/m²]", ylabel="flares a day and bin")
    for letter in "CMX":
        left.axvline(LETTERS[letter], color="0.85", lw=0.8, zorder=0)
        left.text(LETTERS[letter] * 1.1, 0.02, letter, transform=left.get_xaxis_transform(), color="0.4")
    right.set(xlabel="time between peaks of flares ≥ C1.0 [h]", ylabel="share per hour")
    left.legend()
    right.xaxis.set_minor_formatter(NullFormatter())
    return figure


def page_forecasts(curves):
    """Forecasts of real flares for the page of thresholds, one of each method and period.

    curves: rows score, observed, n, class, period and method, of `reliability_bins`.  Returns [Forecasts]; the days
    of a bin count with its mean forecast.
    """
    found = []
    for (kind, period, method), rows in curves.groupby(["class", "period", "method"], sort=False):
        events = (rows["observed"] * rows["n"]).round()
        about = f"{rows['n'].sum()} days of {period}, in {len(rows)} groups of similar forecasts, each with its mean."
        columns = [rows["score"].to_numpy(), events.to_numpy(), (rows["n"] - events).to_numpy()]
        found.append(Forecasts(f"{method}, flares {kind}, {period}", "REAL", about, *columns))
    return found
