"""Figures of translated images: images side by side, scores, unsigned flux, spread and error, the two branches."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from flarebook.compendium.appearance.palette import BLACK, BLUE, GREEN, ORANGE, PINK, SKY, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import hide_axes, plot_image_grid, show_scaled
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.translation import ten_channels
from flarebook.solarchip.translation.comparison import (
    MANY,
    METHODS,
    ONE,
    PRETRAINED,
    RANDOM,
    RECONSTRUCTION,
    SHIPPED,
    TARGETS,
)
from flarebook.solarchip.translation.direct import GAN, MEAN, POLYNOMIAL, UNET
from flarebook.solarchip.translation.scores import region_masks, select_target

STYLES = {  # of each method: colour, marker
    MEAN: ("#8c8c8c", "x"), POLYNOMIAL: (SKY, "+"), UNET: (BLUE, "o"), GAN: (GREEN, "s"),
    ONE: (ORANGE, "v"), MANY: (VERMILION, "D"), SHIPPED: (PINK, "^"), RECONSTRUCTION: (BLACK, "_"),
}  # fmt: skip
NAMES = {"psnr": "PSNR [dB]", "ssim": "SSIM", "correlation": "correlation"}
LONG = {"hmi": "field", "|hmi|": "|field|"}
SHOWN_METHODS = (POLYNOMIAL, UNET, GAN, ONE, MANY, SHIPPED)
LINES = (ORANGE, BLUE, GREEN, VERMILION, PINK)


def target_name(target):
    """Short name of a target for an axis."""
    return LONG.get(target, f"{target} Å")


def plot_examples(test, date, translations, members):
    """One date: source, target, its translations and the spread of the ensemble, a row for each target.

    test: (n, 11, h, w) scaled; translations: {method: {target: (n, h, w)}}; members: {target: (m, n, h, w)}.
    """
    targets = [target for target in TARGETS if target in members]
    titles = ("from", "target", *SHOWN_METHODS, "spread")
    figure = Figure(figsize=(WIDE, WIDE / len(titles) * len(targets) + 0.35), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    for row, target in zip(figure.subplots(len(targets), len(titles), squeeze=False), targets, strict=True):
        source = "171" if "hmi" in target else "hmi"
        shown = [select_target(test, target)[date], *(translations[method][target][date] for method in SHOWN_METHODS)]
        show_scaled(row[0], select_target(test, source)[date], source)
        for axis, image in zip(row[1:], shown, strict=False):
            show_scaled(axis, image, target)
        spread = members[target][:, date].std(axis=0, ddof=1)
        look = {"vmin": 0, "vmax": max(np.quantile(spread, 0.99), 1e-6)}  # the largest hundredth looks alike
        row[-1].imshow(spread, origin="lower", cmap="cividis", **look)
        hide_axes(row[-1])
        row[0].set_ylabel(f"to {target_name(target)}", fontsize="small")
        if target == targets[0]:
            for axis, title in zip(row, titles, strict=True):
                axis.set_title(fill(title, 11), fontsize="small")
    return figure


def examples_table(test, date, translations, members):
    """Mean and deviation of the scaled values on the disk in each panel of the examples."""
    rows = []
    for target in [target for target in TARGETS if target in members]:
        shown = {"target": select_target(test, target)[date]}
        shown |= {method: translations[method][target][date] for method in SHOWN_METHODS}
        shown["spread"] = members[target][:, date].std(axis=0, ddof=1)
        mask = region_masks(target, test.shape[-1])["disk"]
        rows += [(target, name, image[mask].mean(), image[mask].std()) for name, image in shown.items()]
    return pd.DataFrame(rows, columns=["target", "panel", "mean", "deviation"])


def plot_scores(table, region="disk"):
    """Scores of all methods on one part of the image, one above the other, a group for each target.

    table: of `translation_scores.summarize_scores`; bars: standard deviation over the dates.
    """
    rows = table[table["region"] == region]
    targets = [target for target in TARGETS if target in set(rows["target"])]
    methods = [method for method in METHODS if method in set(rows["method"])]
    figure = Figure(figsize=(WIDE, 6.02), layout="constrained")
    for axis, (score, label) in zip(figure.subplots(len(NAMES), 1, sharex=True), NAMES.items(), strict=True):
        for place, method in enumerate(methods):
            chosen = rows[rows["method"] == method].set_index("target").reindex(targets)
            x = np.arange(len(targets)) + (place - (len(methods) - 1) / 2) * 0.11
            colour, marker = STYLES[method]
            look = {"color": colour, "fmt": marker, "markersize": 5, "elinewidth": 0.8, "label": method}
            axis.errorbar(x, chosen[score], chosen[f"{score}_sd"], **look)
        axis.set_xticks(range(len(targets)), [target_name(target) for target in targets])
        axis.set_ylabel(label)
        for edge in np.arange(len(targets) - 1) + 0.5:
            axis.axvline(edge, color="0.9", linewidth=0.8, zorder=0)
    figure.axes[-1].set_xlabel("target")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_ten_channels(table):
    """Scores of the ten AIA channels on the disk, a line for each: the mean image, and what a translation adds to it.

    table: of `ten_channels.channel_scores`; bars: standard deviation over the dates.
    """
    figure = Figure(figsize=(WIDE, 3.64), layout="constrained")
    targets = list(dict.fromkeys(table["target"]))
    for axis, (score, label) in zip(figure.subplots(1, len(NAMES), sharey=True), NAMES.items(), strict=True):
        wide = table.pivot(index="target", columns="method", values=score).reindex(targets)
        axis.hlines(range(len(targets)), wide.min(axis=1), wide.max(axis=1), color="0.8", linewidth=3, zorder=0)
        methods = [method for method in ten_channels.METHODS if method in wide]
        for place, method in enumerate(methods):
            rows = table[table["method"] == method].set_index("target").reindex(targets)
            colour, marker = STYLES[method]
            look = {"color": colour, "fmt": marker, "markersize": 5, "elinewidth": 1, "label": method}
            y = np.arange(len(targets)) + 0.16 * (place - (len(methods) - 1) / 2)
            axis.errorbar(rows[score], y, xerr=rows[f"{score}_sd"], **look)
        axis.set_yticks(range(len(targets)), [target_name(target) for target in targets])
        axis.set(xlabel=label, ylim=(len(targets) - 0.5, -0.5))
    figure.axes[0].set_ylabel("AIA channel")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_channel_images(test, date, translations, methods=(UNET, SHIPPED)):
    """One date in all ten channels: the target, and as translated from the magnetogram, a row for each method.

    test: (n, 11, h, w) scaled; translations: {method: {target: (n, h, w)}}.
    """
    rows = [("target", {channel: select_target(test, channel) for channel in AIA})]
    whole = [method for method in methods if set(AIA) <= set(translations.get(method, ()))]
    rows += [(method.partition(",")[0], translations[method]) for method in whole]
    shown = [(label, [(images[channel][date], channel) for channel in AIA]) for label, images in rows]
    return plot_image_grid(shown, [target_name(channel) for channel in AIA], height=0.78)


def plot_flux(table, methods=(POLYNOMIAL, UNET, GAN, ONE, RECONSTRUCTION)):
    """Unsigned flux of the translated field against that of the target, a panel for each method.

    table: of `comparison.flux_table`.
    """
    methods = [method for method in methods if method in set(table["method"])]
    top = 1.08 * table.loc[table["method"].isin(methods), ["target", "translated"]].to_numpy().max() / 1e22
    figure = Figure(figsize=(WIDE, 2.1), layout="constrained")
    panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
    for axis, method in zip(panels, methods, strict=True):
        rows = table[table["method"] == method]
        axis.plot([0, top], [0, top], color="0.6", linewidth=0.9, linestyle="--")
        axis.plot(rows["target"] / 1e22, rows["translated"] / 1e22, "o", markersize=3, color=STYLES[method][0])
        axis.set(title=fill(method, 12), xlim=(0, top), ylim=(0, top), aspect="equal")
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    panels[0].set_ylabel("translated [10²² Mx]")
    figure.supxlabel("unsigned flux of the target [10²² Mx]")
    return figure


def plot_uncertainty(rows, members, wanted, date, target="171"):
    """Left: error in bins of spread for all targets, logarithmic axes; right: spread and error of one date.

    rows: of `spread_error_table`, all targets; members: (m, n, h, w), wanted: (n, h, w) of the shown target.
    """
    figure = Figure(figsize=(WIDE, 2.85), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
    values = rows[["spread", "error"]].to_numpy()
    ends = 0.8 * values[values > 0].min(), 1.25 * values.max()
    left.plot(ends, ends, color="0.6", linewidth=0.9, linestyle="--", label="calibrated")
    for (name, part), colour, mark in zip(rows.groupby("target", sort=False), LINES, "osD^v", strict=False):
        left.plot(part["spread"], part["error"], color=colour, marker=mark, markersize=4, label=target_name(name))
    left.set(
        xlabel="spread of the ensemble [scaled units]",
        ylabel="error of its mean [scaled units]",
        xscale="log",
        yscale="log",
    )
    for axis in (left.xaxis, left.yaxis):  # less than two decades are shown: those alone would give no scale
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_locator(NullLocator())
    left.legend()
    error = np.abs(members[:, date].mean(axis=0) - wanted[date])
    spread = members[:, date].std(axis=0, ddof=1)
    limit = float(np.quantile(error, 0.99))
    for axis, image, title in ((middle, spread, "spread"), (right, error, "error of the mean")):
        shown = axis.imshow(image, origin="lower", cmap="cividis", vmin=0, vmax=limit)
        axis.set_title(f"{title}, {target_name(target)}")
        hide_axes(axis)
    figure.colorbar(shown, ax=[middle, right], shrink=0.75, label="spread or error [scaled units]", extend="max")
    return figure


def plot_encoder_transfer(scores, region="disk"):
    """PSNR of each seed's branch, pretrained and random source encoder side by side, joined by seed.

    scores: of `comparison.score_controlnets`.
    """
    rows = scores[scores["region"] == region]
    targets = list(dict.fromkeys(rows["target"]))
    figure = Figure(figsize=(WIDE, 2.8), layout="constrained")
    for axis, target in zip(figure.subplots(1, len(targets), squeeze=False)[0], targets, strict=True):
        values = rows[rows["target"] == target].pivot(index="condition", columns="seed", values="psnr")
        axis.plot([0, 1], values.loc[[RANDOM, PRETRAINED]], "-", color="0.7", linewidth=1, zorder=1)
        for place, condition, marker, colour in ((0, RANDOM, "o", "0.35"), (1, PRETRAINED, "D", VERMILION)):
            axis.plot([place] * values.shape[1], values.loc[condition], marker, color=colour, zorder=2)
        axis.set_xticks([0, 1], [RANDOM, PRETRAINED])
        axis.set(xlim=(-0.4, 1.4), title=f"to {target_name(target)}")
    figure.axes[0].set_ylabel("PSNR on the disk [dB]")
    figure.supxlabel("source encoder of the branch")
    return figure
