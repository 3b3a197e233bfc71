"""Figures of the search for multiple sources: curves, checkpoints, labels needed, and shares of the clusters."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from flarebook.compendium.appearance.palette import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.stix.figures.image_rows import plot_strip

METHOD_COLOURS = {
    "authors' network": VERMILION,
    "logistic regression": BLUE,
    "nearest neighbours": PINK,
    "counted maxima": GREEN,
    "logistic regression, archive labels": SKY,
}
METHOD_LINES = {
    "counted maxima": "--",
    "nearest neighbours": (0, (1, 1)),
    "logistic regression": (0, (5, 1)),
    "logistic regression, archive labels": "-.",
}
DISPLAYED = 0.25  # share from which the authors display a cluster; published code
TRUTH, CALLED = "#111111", VERMILION


def plot_labelled(images, bands, n_sources, n_single=13):
    """The labelled images: all with several sources, and a few of those with one, with their numbers.

    images: (n, 177, 177); n_sources: (n,).
    """
    order = np.argsort(-np.asarray(n_sources), kind="stable")
    rows = order[: int((np.asarray(n_sources) > 1).sum()) + n_single]
    return plot_strip(images[rows], bands[rows], n_sources[rows], [""] * len(rows), n_columns=10)


def plot_precision_recall(curves, table, prevalence):
    """Left: precision against recall; right: average precision of each method with its interval.

    curves: of `source_scores.curves`; table: of `source_scores.compare_labels`;
    prevalence: share of images with several sources, which a guess has as its precision.
    """
    figure = Figure(figsize=(WIDE, 3.23), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
    for method, curve in curves.groupby("method", sort=False):
        style = {"color": METHOD_COLOURS[method], "linestyle": METHOD_LINES.get(method, "-")}
        left.step(curve["recall"], curve["precision"], where="post", label=method, **style)
    left.axhline(prevalence, color="0.4", linestyle=":", linewidth=1.2, label="a guess")
    left.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    plot_intervals(right, table, prevalence)
    return figure


def plot_intervals(axes, table, prevalence):
    """Average precision with 68 % intervals, one row per method and kind of labels."""
    place = np.arange(len(table))[::-1]
    for y, row in zip(place, table.itertuples(), strict=True):
        colour = METHOD_COLOURS[row.method]
        filled = "white" if row.labels == "archive" else colour
        bars = [[max(row.average_precision - row.low, 0)], [max(row.high - row.average_precision, 0)]]
        axes.errorbar(
            row.average_precision, y, xerr=bars, fmt="o", color=colour, markerfacecolor=filled, capsize=3, markersize=7
        )
    axes.axvline(prevalence, color="0.4", linestyle=":", linewidth=1.2)
    names = [
        row.method if row.labels == "none needed" else f"{row.method}\n{row.labels} labels"
        for row in table.itertuples()
    ]
    axes.set_yticks(place, names)
    axes.set(xlabel="average precision", xlim=(0, 1), ylim=(-0.6, len(table) - 0.4))


def plot_checkpoints(checks, true_share):
    """Share of images called multiple, and what that was worth, while the authors' network trains.

    checks: of `source_scores.checkpoint_table`; true_share: of the same images, not-a-number when unknown.
    """
    figure = Figure(figsize=(WIDE, 3.06), layout="constrained")
    left, right = figure.subplots(1, 2)
    for _, own in checks.groupby("seed"):
        left.plot(own["epoch"], own["called_share"], color="0.75", linewidth=0.9, zorder=1)
    offered = checks[checks["eligible"]]
    style = {"s": 13, "color": VERMILION, "label": "training accuracy above 0.99", "zorder": 2}
    left.scatter(offered["epoch"], offered["called_share"], **style)
    left.axhline(true_share, color="black", linestyle=":", linewidth=1.2, label="true share")
    left.set(xlabel="epoch", ylabel="share called multiple", ylim=(0, None))
    left.legend()
    right.scatter(checks["recall"], checks["precision"], s=13, color="0.75", label="other epochs")
    right.scatter(offered["recall"], offered["precision"], **style)
    right.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(0, 1.02))
    right.legend()
    return figure


def plot_learning(curve, marks):
    """Average precision against the number of archive labels, mean and spread over draws.

    curve: of `source_scores.learning_curve`; marks: {name: (level, colour)} drawn as level lines.
    """
    figure = Figure(figsize=(NARROW, 3.12), layout="constrained")
    axes = figure.subplots()
    groups = curve.groupby("n_labels")["average_precision"]
    mean, sd = groups.mean(), groups.std()
    axes.errorbar(
        mean.index, mean, sd, fmt="o-", color=BLUE, capsize=3, label="logistic regression, random archive labels"
    )
    for name, (level, colour) in marks.items():
        axes.axhline(level, color=colour, linestyle="--", linewidth=1.2, label=name)
    axes.set(xscale="log", xlabel="archive images labelled", ylabel="average precision", ylim=(0, 1))
    axes.set_xticks(list(mean.index), [str(size) for size in mean.index])
    axes.minorticks_off()
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def plot_cluster_shares(shares, honest):
    """Share of images called multiple in each cluster, as the poster's bars, with the truth as points.

    shares: of `share_per_cluster`, largest first; honest: {cluster: share} called by another method, as open points.
    """
    figure = Figure(figsize=(WIDE, 3.45), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(shares))
    colours = np.where(shares["called"] >= DISPLAYED, ORANGE, "#B9B9B9")
    axes.bar(place, shares["called"], color=colours, width=0.8, label="called multiple by the authors' network")
    if shares["truth"].notna().any():
        axes.plot(place, shares["truth"], "D", color=TRUTH, markersize=5, label="truth")
    axes.plot(
        place,
        [honest[number] for number in shares["cluster"]],
        "o",
        color=BLUE,
        markerfacecolor="white",
        markersize=5,
        label="called multiple by counted maxima",
    )
    axes.axhline(DISPLAYED, color="black", linestyle="--", linewidth=0.8)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks(place, shares["cluster"].tolist())
    axes.set(xlabel="cluster of kept images", ylabel="share with several sources", xlim=(-0.7, len(shares) - 0.3))
    axes.set_ylim(0, 1.02)
    figure.legend(loc="outside upper center", ncols=3)
    return figure
