"""Flare forecasts: skill beside the baselines, skill against the number of labels, reliability, and days in a row."""

import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from flarebook.solarchip.flares.comparison import BOUNDED
from flarebook.solarchip.flares.methods import (
    FROZEN,
    FROZEN_RANDOM,
    NATURAL,
    NO_VALIDATION,
    SCRATCH,
    SIMULATOR_R,
    TUNED,
    UPPER_BOUND,
    WITH_AIA,
    display_name,
    family,
)
from flarebook.solarchip.flares.scores import NAMES

COLOURS = {  # of the colour-blind-safe palette
    FROZEN: "#0173B2",
    WITH_AIA: "#56B4E9",
    NO_VALIDATION: "#0173B2",
    TUNED: "#029E73",
    SCRATCH: "#DE8F05",
    FROZEN_RANDOM: "#D55E00",
    NATURAL: "#CC78BC",
    "baseline": "#606060",
    SIMULATOR_R: "#CA9161",
    UPPER_BOUND: "black",
}
MARKS = {
    TUNED: "s",
    FROZEN: "o",
    NO_VALIDATION: "o",
    SIMULATOR_R: "v",
    SCRATCH: "^",
    FROZEN_RANDOM: "X",
    NATURAL: "D",
    "baseline": "v",
}
LEGEND = {
    FROZEN: "SolarCHIP, frozen",
    WITH_AIA: "SolarCHIP, frozen, HMI and AIA",
    NO_VALIDATION: "SolarCHIP, frozen, no validation labels",
    TUNED: "SolarCHIP, fine-tuned",
    SCRATCH: "from scratch",
    FROZEN_RANDOM: "random weights, frozen",
    NATURAL: "natural images",
    "baseline": "no network",
    SIMULATOR_R: "a number no observer has",
}

SKILL = ("tss", "hss", "f1", "auc", "brier_skill")
CALLS = ("tss", "hss", "f1")  # scores of calls, not of probabilities
CURVES = (SCRATCH, FROZEN_RANDOM, FROZEN, NO_VALIDATION, TUNED)
NO_SKILL = {"tss": 0, "hss": 0, "auc": 0.5, "brier_skill": 0}  # what a forecast that knows nothing scores


def method_colour(method):
    """Colour of a method, by what it rests on."""
    return COLOURS[family(method)]


def plot_skill(table, scores=SKILL):
    """Scores of every method with all labels: mean and 95 % interval, the upper bound as a line.

    table: of `flare_comparison.summary`.
    """
    full = table[table["fraction"] == table["fraction"].max()]
    means = full[full["score"] == "auc"].set_index("method")["mean"]
    order = means.drop(UPPER_BOUND, errors="ignore").sort_values(ascending=False).index.tolist()
    undecided = set(full.query("score == 'tss' and low == high")["method"])  # they call every day, or none
    figure = Figure(figsize=(2.9 + 1.55 * len(scores), 1.3 + 0.3 * len(order)), layout="constrained")
    panels = figure.subplots(1, len(scores), sharey=True)
    for axes, score in zip(panels, scores, strict=True):
        rows = full[full["score"] == score].set_index("method")
        for place, row in enumerate(rows.loc[order].itertuples()):
            plot_interval(axes, place, row, hollow=score in CALLS and row.Index in undecided)
        plot_upper_bound(axes, rows)
        if score in NO_SKILL:
            axes.axvline(NO_SKILL[score], color="0.6", linestyle=":", linewidth=1)
        axes.set_title(NAMES[score])
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.grid(axis="y", color="0.92")
    panels[0].set_yticks(range(len(order)), [display_name(method) for method in order])
    panels[0].set_ylim(len(order) - 0.5, -0.5)
    figure.legend(handles=skill_legend(order, UPPER_BOUND in set(full["method"])), loc="outside lower center", ncols=4)
    return figure


def plot_interval(axes, place, row, hollow=False):
    """Mean and interval of one method; hollow: it calls a flare on every day or on none."""
    error = np.abs([[row.mean - row.low], [row.high - row.mean]])
    style = {"color": method_colour(row.Index), "markerfacecolor": "white" if hollow else method_colour(row.Index)}
    axes.errorbar(row.mean, place, xerr=error, fmt="o", markersize=5.5, capsize=2.5, **style)


def plot_upper_bound(axes, rows):
    """Score of the true rate, where it is known and bounds the others in expectation, with its interval as a shade."""
    if UPPER_BOUND in rows.index and rows["score"].iloc[0] in BOUNDED:
        row = rows.loc[UPPER_BOUND]
        axes.axvspan(row["low"], row["high"], color="0.5", alpha=0.12, linewidth=0)
        axes.axvline(row["mean"], color="black", linewidth=1.2)


def skill_legend(methods, with_upper_bound):
    """One mark per family, and the upper bound's line."""
    families = [name for name in LEGEND if name != NO_VALIDATION and name in {family(method) for method in methods}]
    handles = [Line2D([], [], marker="o", linestyle="", color=COLOURS[name], label=LEGEND[name]) for name in families]
    same = Line2D(
        [], [], marker="o", linestyle="", color="0.4", markerfacecolor="white", label="calls all days, or none"
    )
    upper_bound = Line2D([], [], color="black", linewidth=1.2, label="upper bound: true rate")
    return [*handles, same] + [upper_bound] * with_upper_bound


def plot_label_efficiency(table, backbones, scores=("tss", "auc"), references=("r-value", NATURAL)):
    """Scores against the share of the labels, one column per backbone: mean, and standard deviation over draws.

    table: of `flare_comparison.summary`; references: methods drawn in every panel.
    """
    figure = Figure(figsize=(1.2 + 3.6 * len(backbones), 0.9 + 2.5 * len(scores)), layout="constrained")
    panels = figure.subplots(len(scores), len(backbones), sharex=True, sharey="row", squeeze=False)
    for row, score in zip(panels, scores, strict=True):
        for axes, backbone in zip(row, backbones, strict=True):
            methods = [*references, *(f"{backbone}.{way}" for way in CURVES)]
            for k, method in enumerate(methods):
                plot_curve(axes, table, method, score, 1 + 0.05 * (k - 2))
            plot_upper_bound_level(axes, table, score)
            axes.axhline(NO_SKILL[score], color="0.6", linestyle=":", linewidth=1)
            label_axes(axes, sorted(table["fraction"].unique()))
        row[0].set_ylabel(NAMES[score])
    for axes, backbone in zip(panels[0], backbones, strict=True):
        axes.set_title(backbone)
    for axes in panels[-1]:
        axes.set_xlabel("share of the labels")
    figure.legend(
        handles=curve_legend(references, UPPER_BOUND in set(table["method"])), loc="outside lower center", ncols=3
    )
    return figure


def plot_upper_bound_level(axes, table, score):
    """Level of the true rate, to be expected of nobody, however many labels."""
    row = table[(table["method"] == UPPER_BOUND) & (table["score"] == score)]
    if len(row):
        axes.axhline(row["mean"].item(), color="black", linewidth=1.2)


def plot_curve(axes, table, method, score, shift):
    """One curve of a score against the share of the labels; shift: factor that keeps the bars apart."""
    rows = table[(table["method"] == method) & (table["score"] == score)].sort_values("fraction")
    style = {"color": method_colour(method), "marker": MARKS[family(method)], "capsize": 2.5, "elinewidth": 1}
    dashes = "--" if family(method) in ("baseline", NATURAL) else ":" if family(method) == NO_VALIDATION else "-"
    style["markerfacecolor"] = "white" if family(method) == NO_VALIDATION else method_colour(method)
    axes.errorbar(rows["fraction"] * shift, rows["mean"], rows["sd"], markersize=5, linestyle=dashes, **style)


def curve_legend(references, with_upper_bound):
    """Lines of the curves, and of the upper bound."""
    dashes = dict.fromkeys(references, "--") | {NO_VALIDATION: ":"}
    handles = [
        Line2D([], [], color=method_colour(name), marker=MARKS[family(name)], linestyle=dashes.get(name, "-"))
        for name in (*references, *CURVES)
    ]
    for handle, name in zip(handles, (*references, *CURVES), strict=True):
        handle.set(
            label=LEGEND.get(name) or display_name(name),
            markerfacecolor="white" if name == NO_VALIDATION else method_colour(name),
        )
    return handles + [Line2D([], [], color="black", linewidth=1.2, label="upper bound: true rate")] * with_upper_bound


def label_axes(axes, fractions):
    """Logarithmic axis of the shares, in per cent."""
    axes.set_xscale("log")
    axes.set_xlim(min(fractions) / 1.4, max(fractions) * 1.4)
    axes.xaxis.set_major_locator(FixedLocator(fractions))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.grid(axis="y", color="0.92")


def plot_gains(table, scores=("auc", "tss")):
    """What pretraining adds at each share of the labels, with 95 % intervals; a row per score, a column per backbone.

    table: of `flare_verdicts.gains`.
    """
    backbones = table["backbone"].unique()
    figure = Figure(figsize=(1.2 + 3.6 * len(backbones), 0.9 + 2.4 * len(scores)), layout="constrained")
    panels = figure.subplots(len(scores), len(backbones), sharex=True, sharey="row", squeeze=False)
    for row, score in zip(panels, scores, strict=True):
        for axes, backbone in zip(row, backbones, strict=True):
            plot_gain(axes, table[(table["backbone"] == backbone) & (table["score"] == score)])
            label_axes(axes, sorted(table["fraction"].unique()))
        row[0].set_ylabel(f"{NAMES[score]}, gain over\nrandom weights")
    for axes, backbone in zip(panels[0], backbones, strict=True):
        axes.set_title(backbone)
    for axes in panels[-1]:
        axes.set_xlabel("share of the labels")
    panels[0, 0].legend(fontsize="small")
    return figure


def plot_gain(axes, rows):
    """Gain of the ways to use pretrained weights against the share of the labels, for one backbone and score."""
    for shift, (way, part) in zip((0.95, 1.05), rows.groupby("way", sort=False), strict=False):
        error = [part["gain"] - part["low"], part["high"] - part["gain"]]
        style = {"marker": MARKS[way], "color": COLOURS[way], "capsize": 2.5, "markersize": 5, "label": LEGEND[way]}
        axes.errorbar(part["fraction"] * shift, part["gain"], error, **style)
    axes.axhline(0, color="0.6", linestyle=":", linewidth=1)


def plot_reliability(table):
    """Share of flaring days among days of like forecast, with its 95 % interval, and how many days those are.

    table: of `flare_comparison.reliability_table`.
    """
    methods = table["method"].unique()
    figure = Figure(figsize=(1.0 + 2.3 * len(methods), 3.1), layout="constrained")
    panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
    for axes, method in zip(panels, methods, strict=True):
        rows = table[table["method"] == method]
        error = np.abs([rows["observed"] - rows["low"], rows["high"] - rows["observed"]])
        axes.plot([0, 1], [0, 1], "k--", linewidth=0.9)
        axes.errorbar(
            rows["score"], rows["observed"], error, fmt="o-", capsize=2.5, color=method_colour(method), markersize=5
        )
        for row in rows.itertuples():  # numbers stand above the axes' frame, where nothing else is drawn
            axes.annotate(f"{row.n}", (row.score, 1.04), xycoords=("data", "axes fraction"), ha="center", fontsize=8)
        axes.set_title(display_name(method), pad=18)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        axes.set_xlabel("forecast probability")
    panels[0].set_ylabel("share of days with a flare")
    return figure


def plot_days(days, forecasts):
    """Forecasts of the test days in a row, the days that were followed by a flare marked above.

    days: test days, with time and the label; forecasts: {method: (n_test,)}, the true probability among them if known.
    """
    times = pd.to_datetime(days["time"])
    figure = Figure(figsize=(8.6, 1.0 + 1.35 * len(forecasts)), layout="constrained")
    panels = figure.subplots(len(forecasts), 1, sharex=True, squeeze=False)[:, 0]
    flaring = days["label"].to_numpy().astype(bool)
    for axes, (method, probability) in zip(panels, forecasts.items(), strict=True):
        axes.vlines(times[flaring], 0, 1, color="#D55E00", alpha=0.3, linewidth=1.6)
        axes.step(times, probability, where="mid", color=method_colour(method), linewidth=1.3)
        axes.set(ylim=(0, 1.0), yticks=(0, 0.5, 1))
        axes.set_title(display_name(method), loc="left", fontsize="small", pad=3)
    panels[-1].set_xlim(times.min(), times.max())
    panels[-1].xaxis.set_major_formatter(ConciseDateFormatter(panels[-1].xaxis.get_major_locator()))
    figure.supylabel("probability of a flare", fontsize="medium")
    return figure
