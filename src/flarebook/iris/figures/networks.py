"""Figures of the networks: how they learn, and what they find in whole observations and whole profiles."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from flarebook.compendium.appearance.palette import BLUE, GREY, ORANGE, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.compendium.figures import bin_heights, draw_bins
from flarebook.iris.mg2 import NEUTRAL_COLOUR, REAL_COLOUR, REGION_COLOURS, REGION_DASHES

HISTOGRAM_STYLES = {
    "QS, held out": {"histtype": "stepfilled", "color": REGION_COLOURS["QS"], "alpha": 0.6},
    "AR": {"histtype": "step", "color": REGION_COLOURS["AR"], "linewidth": 1.4, "linestyle": REGION_DASHES["AR"]},
    "PF": {"histtype": "step", "color": REGION_COLOURS["PF"], "linewidth": 1.6},
}


PART_STYLE = {
    "training": {"color": BLUE, "ls": "--", "marker": "s"},
    "validation": {"color": ORANGE, "ls": "-", "marker": "o"},
    "test": {"color": GREY, "ls": ":", "marker": "^"},
}


def learning_panels(curves, by_number):
    """Means over splits with their standard errors, {panel: DataFrame}: by epoch, and by number of observations.

    curves: of `CurveRecorder`; by_number: of `scores_by_observations`.
    """
    parts = {name: curves.groupby(["part", "epoch"])[name].agg(["mean", "sem"]) for name in ("loss", "auc")}
    epochs = pd.concat(parts, names=["quantity"])
    number = by_number.groupby(["metric", "n_observations"])["value"].agg(["mean", "sem"])
    return {"by epoch": epochs.reset_index(), "by training observations": number.loc[["auc", "tss"]].reset_index()}


def plot_learning_curves(panels, whole):
    """Loss and AUC by epoch on each part, and test scores by the number of training observations.

    panels: of `learning_panels`; whole: number of observations per class of the full training.
    """
    epochs, by_number = panels.values()
    figure, (loss, area, right) = plt.subplots(1, 3, figsize=(WIDE, 2.56), layout="constrained")
    for axes, quantity, label in ((loss, "loss", "cross-entropy [nat]"), (area, "auc", "AUC")):
        for part, style in PART_STYLE.items():
            rows = epochs[(epochs["part"] == part) & (epochs["quantity"] == quantity)]
            axes.errorbar(rows["epoch"], rows["mean"], rows["sem"], ms=3.5, lw=1.3, label=part, **style)
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.get_major_locator().set_params(integer=True)
    loss.legend()
    for metric, style in (("auc", {"color": BLUE, "marker": "o"}), ("tss", {"color": VERMILION, "marker": "s"})):
        rows, style = by_number[by_number["metric"] == metric], style | {"label": metric.upper()}
        right.errorbar(rows["n_observations"], rows["mean"], rows["sem"], ms=4.5, capsize=2.5, **style)
    right.axvline(whole, color=NEUTRAL_COLOUR, ls=":", lw=1)
    right.set(xlabel="training observations of each class", ylabel="score on test observations", xlim=(0, None))
    right.xaxis.get_major_locator().set_params(integer=True)
    right.legend()
    return figure


def plot_whole_scores(table):
    """AUC per observation of each model in each data set: spread over splits, and the interval over observations.

    table: data, model, mean, sd, auc, low, high, in the order of the rows from top to bottom.
    """
    names = list(dict.fromkeys(table["data"]))
    models = list(dict.fromkeys(table["model"]))
    figure, panels = plt.subplots(1, len(names), sharey=True, figsize=(WIDE, 2.75), layout="constrained")
    for axes, name in zip(panels, names, strict=True):
        rows = table[table["data"] == name].set_index("model").loc[models]
        place = np.arange(len(models))[::-1]
        axes.axvline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        around = np.minimum([rows["sd"], rows["sd"]], [rows["mean"], 1 - rows["mean"]])  # an AUC ends at 0 and 1
        spread = {"xerr": around, "fmt": "o", "color": BLUE, "label": "mean and spread of splits"}
        axes.errorbar(rows["mean"], place + 0.14, capsize=2.5, **spread)
        reach = np.abs(rows[["low", "high"]].sub(rows["auc"], axis=0).to_numpy().T)
        style = {"fmt": "s", "markersize": 4.5, "color": ORANGE, "label": "all observations, 95 % interval"}
        axes.errorbar(rows["auc"], place - 0.14, xerr=reach, capsize=2.5, **style)
        axes.set(title=name, xlabel="AUC per observation", xlim=(-0.03, 1.03), ylim=(-0.6, len(models) - 0.4))
        axes.set_yticks(place, models)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def plot_half_widths(table, n_here):
    """Half width of the 95 % interval of an AUC against the number of observations per class.

    table: of `half_widths`; n_here: observations per class in the paper's tables.
    """
    figure, axes = plt.subplots(figsize=(NARROW, 2.9), layout="constrained")
    for (auc, rows), style in zip(table.groupby("auc"), (":", "-", "--"), strict=False):
        axes.plot(rows["n"], rows["half_width"], style, color=BLUE, linewidth=1.6, label=f"AUC {auc:.2f}")
    axes.axvline(n_here, color=ORANGE, linewidth=1.5)
    axes.annotate(
        f"{n_here} per class,\nas in the paper", (n_here, 0.93), (6, 0), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="top", color=ORANGE,
    )  # fmt: skip
    axes.set(
        xlabel="observations per class", ylabel="half width of the AUC's 95 % interval", xscale="log", ylim=(0, None)
    )
    ticks = [n for n in (5, 10, 20, 50, 100, 200, 500, 1000) if table["n"].min() <= n <= table["n"].max()]
    axes.set_xticks(ticks, [str(n) for n in ticks])
    axes.minorticks_off()
    axes.legend()
    return figure


def plot_attribution(table, bands):
    """Mean tested profiles of AR and PF, and the attribution of each wavelength with its spread over networks.

    table: wavelength (Angstrom), AR, PF, attribution, sd; bands: name of the part of the line at each wavelength.
    """
    figure, (upper, lower) = plt.subplots(
        2, 1, sharex=True, figsize=(WIDE, 4.7), height_ratios=(1.1, 1), layout="constrained"
    )
    for region in ("AR", "PF"):
        look = {"color": REGION_COLOURS[region], "linestyle": REGION_DASHES[region], "linewidth": 1.4}
        upper.plot(table["wavelength"], table[region], label=region, **look)
    upper.set(ylabel="intensity [share of maximum]")
    upper.legend(loc="upper right")
    lower.axhline(0, color=NEUTRAL_COLOUR, linewidth=0.8)
    low, high = table["attribution"] - table["sd"], table["attribution"] + table["sd"]
    lower.fill_between(table["wavelength"], low, high, color=BLUE, alpha=0.25, linewidth=0)
    lower.plot(table["wavelength"], table["attribution"], color=BLUE, linewidth=1.4)
    lower.set(xlabel="wavelength in vacuum [Å]", ylabel="attribution, PF less AR\n[logit per grid point]")
    for axes in (upper, lower):
        shade_bands(axes, table["wavelength"].to_numpy(), bands)
    return figure


def shade_bands(axes, wavelength, bands):
    """Grey stripes behind the line cores and the triplet, whose names stand above the axes."""
    for name in ("k core", "triplet", "h core"):
        inside = wavelength[bands == name]
        axes.axvspan(inside[0], inside[-1], color=NEUTRAL_COLOUR, alpha=0.18, linewidth=0)
        if axes.get_subplotspec().is_first_row():
            place = inside.mean(), 1.02
            axes.text(*place, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    axes.set_xlim(wavelength[0], wavelength[-1])


def plot_band_shares(table):
    """Share of each part of the line in the attribution and in the wavelengths, beside the loss when it is hidden.

    table: band, share, share_sd, width, loss, loss_sd; the largest share on top.
    """
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(WIDE, 3.26), layout="constrained")
    place = np.arange(len(table))[::-1]
    left.barh(place + 0.2, table["share"], 0.38, xerr=table["share_sd"], color=BLUE, label="attribution")
    left.barh(place - 0.2, table["width"], 0.38, color=NEUTRAL_COLOUR, label="wavelengths")
    left.set_yticks(place, table["band"])
    left.set(xlabel="share of the sum")
    left.legend(loc="lower right")
    right.barh(place, table["loss"], 0.5, xerr=table["loss_sd"], color=ORANGE)
    right.set(xlabel="loss of AUC when hidden")
    right.locator_params(axis="x", nbins=5)
    for axes in (left, right):
        axes.axvline(0, color="black", linewidth=0.7)
    return figure


def reconstruction_panels(errors, threshold, examples):
    """What `plot_reconstruction` plots, {panel: DataFrame}; histograms hold shares of the spectra of their region.

    errors: {"QS, held out", "AR", "PF": (n,)}; threshold: of the error; examples: kind, wavelength, profile,
    reconstruction.
    """
    edges = np.geomspace(*np.quantile(np.concatenate(list(errors.values())), (0.001, 0.999)), 50)
    weights = {region: np.full(len(values), 1 / len(values)) for region, values in errors.items()}
    limit = pd.DataFrame({"error": [threshold]})
    return {"errors": bin_heights(errors, edges, weights), "threshold": limit, "profiles": examples}


def plot_reconstruction(panels):
    """Reconstruction errors by region with the threshold, and one profile of each kind with its reconstruction.

    panels: of `reconstruction_panels`.
    """
    errors, threshold, examples = panels.values()
    kinds = list(dict.fromkeys(examples["kind"]))
    figure = plt.figure(figsize=(WIDE, 3.07), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    axes = left.subplots()
    draw_bins(axes, errors, HISTOGRAM_STYLES)
    axes.axvline(threshold["error"].iloc[0], color="black", linestyle="--", linewidth=1, label="threshold")
    axes.set(xscale="log", xlabel="reconstruction error [share of the peak]", ylabel="share of the spectra")
    axes.legend()
    for panel, kind in zip(right.subplots(len(kinds), 1, sharex=True), kinds, strict=True):
        rows = examples[examples["kind"] == kind]
        panel.plot(rows["wavelength"], rows["profile"], color="black", linewidth=1.2, label="profile")
        panel.plot(
            rows["wavelength"],
            rows["reconstruction"],
            color=ORANGE,
            linewidth=1.2,
            linestyle="--",
            label="reconstruction",
        )
        panel.set_title(kind, fontsize="small", loc="left")
        panel.set(ylabel="intensity\n[share of maximum]", ylim=(-0.05, 1.25))
    panel.set(xlabel="wavelength in vacuum [Å]")
    right.axes[0].legend(loc="upper right")
    return figure


def plot_real_networks(table, profile, threshold):
    """REAL raster: reconstruction error and score along the slit, and the attribution of its high-scoring spectra.

    table: exposure, slit, error, score; profile: wavelength, mean, high, attribution; threshold: of the error.
    """
    figure = plt.figure(figsize=(WIDE, 5.01), layout="constrained")
    maps, below = figure.subfigures(2, 1, height_ratios=(1, 1.15))
    styles = (("error", "error\n[share of peak]", "magma"), ("score", "score", "RdBu_r"))
    for axes, (name, label, colours) in zip(maps.subplots(2, 1, sharex=True), styles, strict=True):
        image = table.pivot(index="exposure", columns="slit", values=name)
        high = np.nanquantile(image, 0.99) if name == "error" else 1
        mesh = axes.pcolormesh(image.columns, image.index, image, cmap=colours, vmin=0, vmax=high, rasterized=True)
        bar = maps.colorbar(mesh, ax=axes, label=label)
        axes.set(ylabel="exposure", yticks=image.index)
        if name == "error":
            bar.ax.axhline(threshold, color="white", linewidth=1.6)
    axes.set(xlabel="slit pixel")
    left, right = below.subplots(1, 2)
    left.plot(profile["wavelength"], profile["mean"], color=NEUTRAL_COLOUR, label="all spectra, mean")
    left.plot(profile["wavelength"], profile["high"], color=REAL_COLOUR, label="highest scores, mean")
    left.set(xlabel="wavelength in vacuum [Å]", ylabel="intensity [share of maximum]")
    left.legend(loc="upper center")
    right.axhline(0, color=NEUTRAL_COLOUR, linewidth=0.8)
    right.plot(profile["wavelength"], profile["attribution"], color=REAL_COLOUR)
    right.set(xlabel="wavelength in vacuum [Å]", ylabel="attribution of the highest\nscores [logit per grid point]")
    return figure
