"""Figures of translated images: images side by side, scores, unsigned flux, spread and error, the two branches."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from flarebook.solarchip.figures.channel_colours import SHOWN, channel_colours
from flarebook.solarchip.images.channels import channel_index
from flarebook.solarchip.translation.comparison import (
    GAN,
    MANY,
    MEAN,
    METHODS,
    ONE,
    POLYNOMIAL,
    RECONSTRUCTION,
    TARGETS,
    UNET,
    select_target,
)
from flarebook.solarchip.translation.encoder_transfer import PRETRAINED, RANDOM
from flarebook.solarchip.translation.scores import region_masks

COLOURS = {
    MEAN: "#8c8c8c", POLYNOMIAL: "#56B4E9", UNET: "#0072B2", GAN: "#009E73",
    ONE: "#E69F00", MANY: "#D55E00", RECONSTRUCTION: "#000000",
}  # fmt: skip
MARKS = {MEAN: "x", POLYNOMIAL: "+", UNET: "o", GAN: "s", ONE: "v", MANY: "D", RECONSTRUCTION: "_"}
NAMES = {"psnr": "PSNR [dB]", "ssim": "SSIM", "correlation": "correlation"}
LONG = {"hmi": "field", "|hmi|": "|field|"}
SHOWN_METHODS = (POLYNOMIAL, UNET, GAN, ONE, MANY)
LINES = ("#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7")


def target_name(target):
    """Short name of a target for an axis."""
    return LONG.get(target, f"{target} Å")


def plot_examples(test, date, translations, members):
    """One date: source, observed target, its translations and the spread of the ensemble, a row for each target.

    test: (n, 11, h, w) scaled; translations: {method: {target: (n, h, w)}}; members: {target: (m, n, h, w)}.
    """
    targets = [target for target in TARGETS if target in members]
    titles = ("from", "observed", *SHOWN_METHODS, "spread")
    figure = Figure(figsize=(1.32 * len(titles), 1.36 * len(targets) + 0.25), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    for row, target in zip(figure.subplots(len(targets), len(titles), squeeze=False), targets, strict=True):
        source = "171" if "hmi" in target else "hmi"
        show_scaled(row[0], test[date, channel_index(source)], source)
        show_scaled(row[1], select_target(test, target)[date], target)
        for axis, method in zip(row[2:], SHOWN_METHODS, strict=False):
            show_scaled(axis, translations[method][target][date], target)
        show_spread(row[-1], members[target][:, date])
        row[0].set_ylabel(f"to {target_name(target)}", fontsize=9)
        if target == targets[0]:
            for axis, title in zip(row, titles, strict=True):
                axis.set_title(title.replace("diffusion, ", "diffusion,\n"), fontsize=9)
    return figure


def show_scaled(axis, image, target):
    """One scaled image in its channel's colours, without axes; the field without its sign as its strength."""
    low, high = (0, SHOWN["hmi"][1]) if target == "|hmi|" else SHOWN[target]
    colours = channel_colours("hmi" if target == "|hmi|" else target)
    axis.imshow(image, origin="lower", cmap=colours, vmin=low, vmax=high, interpolation="antialiased")
    without_axes(axis)


def show_spread(axis, members):
    """Standard deviation of an ensemble, brighter where it is larger; the largest hundredth alike."""
    spread = members.std(axis=0, ddof=1)
    axis.imshow(spread, origin="lower", cmap="cividis", vmin=0, vmax=max(np.quantile(spread, 0.99), 1e-6))
    without_axes(axis)


def without_axes(axis):
    """No ticks and no frame."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def examples_table(test, date, translations, members):
    """What the examples show, a row for each panel: mean and deviation of the scaled values on the disk."""
    rows = []
    for target in [target for target in TARGETS if target in members]:
        shown = {"observed": select_target(test, target)[date]}
        shown |= {method: translations[method][target][date] for method in SHOWN_METHODS}
        shown["spread"] = members[target][:, date].std(axis=0, ddof=1)
        mask = region_masks(target, test.shape[-1])["disk"]
        rows += [(target, name, image[mask].mean(), image[mask].std()) for name, image in shown.items()]
    return pd.DataFrame(rows, columns=["target", "panel", "mean", "deviation"])


def plot_scores(table, region="disk"):
    """Scores of all methods on one part of the image, one above the other, a group for each target.

    table: of `translation_scores.summary`; bars: standard deviation over the dates.
    """
    rows = table[table["region"] == region]
    targets = [target for target in TARGETS if target in set(rows["target"])]
    methods = [method for method in METHODS if method in set(rows["method"])]
    figure = Figure(figsize=(9.6, 7.6), layout="constrained")
    for axis, (score, label) in zip(figure.subplots(len(NAMES), 1, sharex=True), NAMES.items(), strict=True):
        for place, method in enumerate(methods):
            chosen = rows[rows["method"] == method].set_index("target").reindex(targets)
            x = np.arange(len(targets)) + (place - (len(methods) - 1) / 2) * 0.11
            look = {"color": COLOURS[method], "marker": MARKS[method], "linestyle": "none", "markersize": 6}
            axis.errorbar(x, chosen[score], chosen[f"{score}_sd"], elinewidth=0.8, label=method, **look)
        axis.set_xticks(range(len(targets)), [target_name(target) for target in targets])
        axis.set_ylabel(label)
        for edge in np.arange(len(targets) - 1) + 0.5:
            axis.axvline(edge, color="0.9", linewidth=0.8, zorder=0)
    figure.axes[-1].set_xlabel("target")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def plot_flux(table, methods=(POLYNOMIAL, UNET, GAN, ONE, RECONSTRUCTION)):
    """Unsigned flux of the translated field against the observed one, a panel for each method.

    table: of `translation_comparison.fluxes`.
    """
    methods = [method for method in methods if method in set(table["method"])]
    top = 1.08 * table.loc[table["method"].isin(methods), ["observed", "translated"]].to_numpy().max() / 1e22
    figure = Figure(figsize=(2.15 * len(methods), 2.6), layout="constrained")
    panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
    for axis, method in zip(panels, methods, strict=True):
        rows = table[table["method"] == method]
        axis.plot([0, top], [0, top], color="0.6", linewidth=0.9, linestyle="--")
        axis.plot(rows["observed"] / 1e22, rows["translated"] / 1e22, "o", markersize=3, color=COLOURS[method])
        axis.set(title=method, xlim=(0, top), ylim=(0, top), aspect="equal")
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    panels[0].set_ylabel("translated [10²² Mx]")
    figure.supxlabel("observed unsigned flux [10²² Mx]", fontsize="medium")
    return figure


def spread_error_table(members, observed, target, n_bins=8):
    """Error of the ensemble's mean in bins of its spread, on the disk: DataFrame with target, spread, error, pixels.

    members: (m, n, h, w), observed: (n, h, w), scaled.
    """
    mask, m = region_masks(target, observed.shape[-1])["disk"], len(members)
    spread = np.sqrt(members.var(axis=0, ddof=1) * (m + 1) / m)[:, mask].ravel()
    wrong = (members.mean(axis=0) - observed)[:, mask].ravel() ** 2
    parts = np.array_split(np.argsort(spread), n_bins)
    rows = [(target, np.sqrt((spread[p] ** 2).mean()), np.sqrt(wrong[p].mean()), len(p)) for p in parts]
    return pd.DataFrame(rows, columns=["target", "spread", "error", "pixels"])


def plot_uncertainty(rows, members, observed, date, target="171"):
    """Left: error in bins of spread for all targets, logarithmic axes; right: spread and error of one date.

    rows: of `spread_error_table`, all targets; members: (m, n, h, w), observed: (n, h, w) of the shown target.
    """
    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
    values = rows[["spread", "error"]].to_numpy()
    ends = 0.8 * values[values > 0].min(), 1.25 * values.max()
    left.plot(ends, ends, color="0.6", linewidth=0.9, linestyle="--", label="calibrated")
    for (name, part), colour, mark in zip(rows.groupby("target", sort=False), LINES, "osD^v", strict=False):
        left.plot(part["spread"], part["error"], color=colour, marker=mark, markersize=4, label=target_name(name))
    left.set(xlabel="spread of the ensemble", ylabel="error of its mean", xscale="log", yscale="log")
    left.legend(fontsize="small")
    error = np.abs(members[:, date].mean(axis=0) - observed[date])
    spread = members[:, date].std(axis=0, ddof=1)
    limit = float(np.quantile(error, 0.99))
    for axis, image, title in ((middle, spread, "spread"), (right, error, "error of the mean")):
        shown = axis.imshow(image, origin="lower", cmap="cividis", vmin=0, vmax=limit)
        axis.set_title(f"{title}, {target_name(target)}")
        without_axes(axis)
    figure.colorbar(shown, ax=[middle, right], shrink=0.75, label="scaled units", extend="max")
    return figure


def plot_encoder_transfer(scores, region="disk"):
    """PSNR of each seed's branch, pretrained and random source encoder side by side, joined by seed.

    scores: of `branch_comparison.branch_scores`.
    """
    rows = scores[scores["region"] == region]
    targets = list(dict.fromkeys(rows["target"]))
    figure = Figure(figsize=(2.5 * len(targets), 3.0), layout="constrained")
    for axis, target in zip(figure.subplots(1, len(targets), squeeze=False)[0], targets, strict=True):
        table = rows[rows["target"] == target].pivot(index="seed", columns="condition", values="psnr")[
            [RANDOM, PRETRAINED]
        ]
        for _, values in table.iterrows():
            axis.plot([0, 1], values, "-", color="0.7", linewidth=1, zorder=1)
            axis.plot(0, values[RANDOM], "o", color="0.35", zorder=2)
            axis.plot(1, values[PRETRAINED], "D", color="#D55E00", zorder=2)
        axis.set_xticks([0, 1], [RANDOM, PRETRAINED])
        axis.set(xlim=(-0.4, 1.4), title=f"to {target_name(target)}")
    figure.axes[0].set_ylabel("PSNR on the disk [dB]")
    figure.supxlabel("source encoder of the branch", fontsize="medium")
    return figure
