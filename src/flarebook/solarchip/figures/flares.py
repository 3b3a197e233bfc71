"""Flare forecasts: skill beside the baselines, skill against the number of labels, reliability, and days in a row."""

from itertools import product
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from flarebook.compendium.appearance.palette import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import write_counts
from flarebook.solarchip.flares import methods as ways
from flarebook.solarchip.flares.comparison import BOUNDED
from flarebook.solarchip.flares.methods import UPPER_BOUND, display_name, family
from flarebook.solarchip.flares.scores import NAMES

STYLES = {  # of a family: colour of the colour-blind-safe palette, marker, name in a legend
    ways.FROZEN: (BLUE, "o", "SolarCHIP, frozen"),
    ways.NO_VALIDATION: (BLUE, "o", "SolarCHIP, frozen, no validation labels"),
    ways.TUNED: (GREEN, "s", "SolarCHIP, fine-tuned"),
    ways.SCRATCH: (ORANGE, "^", "from scratch"),
    ways.FROZEN_RANDOM: (VERMILION, "X", "random weights, frozen"),
    ways.NATURAL: (PINK, "D", "natural images"),
    "baseline": (GREY, "v", "baseline, no network"),
    ways.SIMULATOR_R: (BLACK, "v", display_name(ways.SIMULATOR_R)),
    UPPER_BOUND: ("black", "", display_name(UPPER_BOUND)),
}
DASHES = {"baseline": "--", ways.NATURAL: "--", ways.NO_VALIDATION: ":"}
SKILL = ("tss", "hss", "f1", "auc", "brier_skill")
CALLS = ("tss", "hss", "f1")  # scores of calls, not of probabilities
CURVES = (ways.SCRATCH, ways.FROZEN_RANDOM, ways.FROZEN, ways.NO_VALIDATION, ways.TUNED)
FLOORS = {"brier_skill": -1.0}  # of scores without a lower limit: what lies below is written at the edge
NO_SKILL = {"tss": 0, "hss": 0, "auc": 0.5, "brier_skill": 0}  # scores of a forecast without skill


def method_colour(method):
    """Colour of a method, by its family."""
    return STYLES[family(method)][0]


def curve_style(method):
    """Line and marker of a method's curve."""
    name = family(method)
    colour, marker, _ = STYLES[name]
    face = "white" if name == ways.NO_VALIDATION else colour
    return {"color": colour, "marker": marker, "linestyle": DASHES.get(name, "-"), "markerfacecolor": face}


def upper_bound_line(table):
    """Legend of the upper bound, [Line2D], or nothing where it is unknown."""
    colour, _, label = STYLES[UPPER_BOUND]
    return [Line2D([], [], color=colour, linewidth=1.2, label=label)] * (UPPER_BOUND in set(table["method"]))


def plot_skill(table, scores=SKILL):
    """Scores of every method with all labels: mean and 95 % interval, the upper bound as a line.

    An interval that leaves a panel at its floor is cut there, and its numbers are written at the edge.

    table: of `comparison.summarize_scores`.
    """
    full = table[table["fraction"] == table["fraction"].max()]
    means = full[full["score"] == "auc"].set_index("method")["mean"]
    order = means.drop(UPPER_BOUND, errors="ignore").sort_values(ascending=False).index.tolist()
    undecided = set(full.query("score == 'tss' and low == high")["method"])  # they call every day, or none
    figure = Figure(figsize=(WIDE, 1.2 + 0.25 * len(order)), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True)
    for axes, score in zip(panels, scores, strict=True):
        rows = full[full["score"] == score].set_index("method")
        for place, row in enumerate(rows.loc[order].itertuples()):
            plot_interval(axes, place, row, hollow=score in CALLS and row.Index in undecided)
        if UPPER_BOUND in rows.index and score in BOUNDED:
            bound = rows.loc[UPPER_BOUND]
            axes.axvspan(bound["low"], bound["high"], color="0.5", alpha=0.12, linewidth=0)
            axes.axvline(bound["mean"], color="black", linewidth=1.2)
        if score in NO_SKILL:
            axes.axvline(NO_SKILL[score], color="0.6", linestyle=":", linewidth=1)
        if rows["low"].min() < FLOORS.get(score, -np.inf):
            mark_cut_intervals(axes, rows.loc[order], FLOORS[score])
            axes.set_xlim(FLOORS[score], rows["high"].max() + 0.05)
        axes.set_title(NAMES[score])
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.grid(axis="y", color="0.92")
    panels[0].set_yticks(range(len(order)), [display_name(method) for method in order])
    panels[0].set_ylim(len(order) - 0.5, -0.5)
    shown = {family(method) for method in order} - {ways.NO_VALIDATION}
    looks = [(colour, colour, label) for name, (colour, _, label) in STYLES.items() if name in shown]
    looks.append(("0.4", "white", "flare every day, or never"))
    handles = [Line2D([], [], marker="o", ls="", color=c, markerfacecolor=face, label=text) for c, face, text in looks]
    figure.legend(handles=handles + upper_bound_line(full), loc="outside lower center", ncols=4)
    return figure


def plot_interval(axes, place, row, hollow=False):
    """Mean and interval of one method; hollow: it calls a flare on every day or on none."""
    error = np.abs([[row.mean - row.low], [row.high - row.mean]])
    style = {"color": method_colour(row.Index), "markerfacecolor": "white" if hollow else method_colour(row.Index)}
    axes.errorbar(row.mean, place, xerr=error, fmt="o", markersize=5.5, capsize=2.5, **style)


def mark_cut_intervals(axes, rows, floor):
    """Write the mean and, in brackets, the lower end of intervals that reach below a floor at the left edge."""
    for place, row in enumerate(rows.itertuples()):
        if row.low < floor:
            words = f"\N{LEFTWARDS ARROW} {row.mean:.1f} ({row.low:.1f})".replace("-", "\N{MINUS SIGN}")
            look = {"xycoords": ("axes fraction", "data"), "fontsize": "small", "color": method_colour(row.Index)}
            axes.annotate(words, (0.03, place - 0.12), va="bottom", **look)


def fraction_panels(table, backbones, scores, height):
    """Panels for curves against the share of the labels, in per cent: a row per score, a column per backbone.

    Returns (figure, {(score, backbone): axes}).
    """
    figure = Figure(figsize=(WIDE, 0.9 + height * len(scores)), layout="constrained")
    panels = figure.subplots(len(scores), len(backbones), sharex=True, sharey="row", squeeze=False)
    fractions = sorted(table["fraction"].unique())
    for axes in panels.flat:
        axes.set(xscale="log", xlim=(min(fractions) / 1.4, max(fractions) * 1.4))
        axes.xaxis.set_major_locator(FixedLocator(fractions))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
        axes.grid(axis="y", color="0.92")
    for column, backbone in zip(panels.T, backbones, strict=True):
        column[0].set_title(backbone)
        column[-1].set_xlabel("share of the labels")
    return figure, dict(zip(product(scores, backbones), panels.flat, strict=True))


def plot_label_efficiency(table, backbones, scores=("tss", "auc"), references=(ways.MEASURED_R, ways.NATURAL)):
    """Scores against the share of the labels, one column per backbone: mean, and standard deviation over draws.

    table: of `comparison.summarize_scores`; references: methods drawn in every panel.
    """
    figure, panels = fraction_panels(table, backbones, scores, 2.1)
    for (score, backbone), axes in panels.items():
        rows = table[table["score"] == score]
        for k, method in enumerate((*references, *(f"{backbone}.{way}" for way in CURVES))):
            curve = rows[rows["method"] == method].sort_values("fraction")
            shifted = curve["fraction"] * (1 + 0.05 * (k - 2))  # which keeps the bars apart
            look = curve_style(method) | {"capsize": 2.5, "elinewidth": 1, "markersize": 5}
            axes.errorbar(shifted, curve["mean"], curve["sd"], **look)
        for level in rows.loc[rows["method"] == UPPER_BOUND, "mean"]:
            axes.axhline(level, color="black", linewidth=1.2)
        axes.axhline(NO_SKILL[score], color="0.6", linestyle=":", linewidth=1)
        if backbone == backbones[0]:
            axes.set_ylabel(NAMES[score])
    labels = {name: STYLES[name][2] if name in STYLES else display_name(name) for name in (*references, *CURVES)}
    handles = [Line2D([], [], label=label, **curve_style(name)) for name, label in labels.items()]
    figure.legend(handles=handles + upper_bound_line(table), loc="outside lower center", ncols=3)
    return figure


def plot_gains(table, scores=("auc", "tss")):
    """Gain of pretraining at each share of the labels, with 95 % intervals; a row per score, a column per backbone.

    table: of `claims.pretraining_gains`.
    """
    backbones = list(table["backbone"].unique())
    figure, panels = fraction_panels(table, backbones, scores, 2)
    for (score, backbone), axes in panels.items():
        rows = table[(table["backbone"] == backbone) & (table["score"] == score)]
        for shift, (way, curve) in zip((0.95, 1.05), rows.groupby("way", sort=False), strict=False):
            error = [curve["gain"] - curve["low"], curve["high"] - curve["gain"]]
            look = {"capsize": 2.5, "markersize": 5, "label": STYLES[way][2], **curve_style(way)}
            axes.errorbar(curve["fraction"] * shift, curve["gain"], error, **look)
        axes.axhline(0, color="0.6", linestyle=":", linewidth=1)
        if backbone == backbones[0]:
            axes.set_ylabel(f"{NAMES[score]}, gain over\nrandom weights")
    panels[scores[0], backbones[0]].legend()
    return figure


def plot_reliability(table):
    """Share of flaring days among days of like forecast, with its 95 % interval, and how many days those are.

    table: of `comparison.reliability_table`.
    """
    methods = table["method"].unique()
    figure = Figure(figsize=(WIDE, 2.7), layout="constrained")
    panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
    for axes, method in zip(panels, methods, strict=True):
        rows = table[table["method"] == method]
        error = np.abs([rows["observed"] - rows["low"], rows["high"] - rows["observed"]])
        axes.plot([0, 1], [0, 1], "k--", linewidth=0.9)
        look = {"fmt": "o-", "capsize": 2.5, "color": method_colour(method), "markersize": 5}
        axes.errorbar(rows["score"], rows["observed"], error, **look)
        write_counts(axes, rows)
        axes.set_title(fill(display_name(method), 24), pad=14)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        axes.set_xlabel("forecast probability")
    panels[0].set_ylabel("share of days with a flare")
    return figure


def plot_days(days, forecasts):
    """Forecasts of the test days in a row, the days that were followed by a flare marked above.

    days: test days, with time and the label; forecasts: {method: (n_test,)}, the true probability among them if known.
    """
    times = pd.to_datetime(days["time"])
    figure = Figure(figsize=(WIDE, 0.7 + 1.05 * len(forecasts)), layout="constrained")
    panels = figure.subplots(len(forecasts), 1, sharex=True, squeeze=False)[:, 0]
    flaring = days["label"].to_numpy().astype(bool)
    for axes, (method, probability) in zip(panels, forecasts.items(), strict=True):
        axes.vlines(times[flaring], 0, 1, color=VERMILION, alpha=0.3, linewidth=1.6)
        axes.step(times, probability, where="mid", color=method_colour(method), linewidth=1.3)
        axes.set(ylim=(0, 1.0), yticks=(0, 0.5, 1))
        axes.set_title(display_name(method), loc="left", fontsize="small", pad=3)
    panels[-1].set_xlim(times.min(), times.max())
    panels[-1].xaxis.set_major_formatter(ConciseDateFormatter(panels[-1].xaxis.get_major_locator()))
    figure.supylabel("probability of a flare")
    return figure
