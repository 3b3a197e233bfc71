"""Figures of the encoders: patches as colours, likeness, what the input size costs, and how the losses fell."""

from importlib.resources import files

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, GREEN, ORANGE, PINK
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.compendium.figures import draw_history
from flarebook.stix.figures.image_rows import clear_axes, name_row, plot_image

TARGET_STYLE = {
    "sources": {"color": BLUE, "marker": "o", "label": "number of sources"},
    "kind": {"color": ORANGE, "marker": "s", "label": "kind of source"},
    "artefact": {"color": GREEN, "marker": "^", "label": "artefact or not"},
}
PROBE_LINE = {"k-NN": ":", "linear": "-"}
OBJECTIVE_STYLES = {
    "dino": (BLUE, "-", "DINO"),
    "msn": (ORANGE, "--", "MSN"),
    "ijepa": (GREEN, "-.", "I-JEPA"),
    "clip": (PINK, (0, (1, 1)), "CLIP"),
}
PANELS = {
    "relative loss": "loss, over its first value",
    "spread": "spread of the features\n[0: collapsed]",
    "effective_rank": "directions in use\n[number of 128]",
}


def plot_patches(images, bands, names, colours):
    """Images above what transformers make of their patches.

    images: (n, h, w); bands, names: (n,); colours: {encoder: (n, rows, columns, 3)}.
    """
    side = (WIDE - 1.1) / len(images)  # inches; the rest is for the names
    figure = Figure(figsize=(WIDE, side * (len(colours) + 1) + 0.3), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    panels = figure.subplots(len(colours) + 1, len(images), squeeze=False)
    for axes, image, band, name in zip(panels[0], images, bands, names, strict=True):
        plot_image(axes, image, band)
        axes.set_title(name.replace(" ", "\n", 1), fontsize="small")
    for row, (encoder, values) in zip(panels[1:], colours.items(), strict=True):
        for axes, value in zip(row, values, strict=True):
            axes.imshow(value, origin="lower", interpolation="nearest")
            clear_axes(axes)
        name_row(row[0], encoder)
    name_row(panels[0, 0], "image")
    return figure


def plot_kernel_alignment(table):
    """Centred kernel alignment of each pair of encoders, written into the cells.  table: of `kernel_alignment`."""
    n = len(table)
    figure = Figure(figsize=(NARROW, 1 + 0.42 * n), layout="constrained")
    axes = figure.subplots()
    values = table.to_numpy()
    shown = axes.imshow(values, cmap="cividis", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        colour = "black" if value > 0.55 else "white"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize="small")
    axes.set_xticks(range(n), table.columns, rotation=40, ha="right")
    axes.set_yticks(range(n), table.index)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(shown, ax=axes, label="centred kernel alignment", shrink=0.85)
    return figure


def plot_sizes(scores, seconds, chosen):
    """Left, what probes read from the features at each input size; right, what an image costs.

    scores: of `size_scores`, may be empty; seconds: {size: per image}; chosen: the size used elsewhere, pixels.
    """
    figure = Figure(figsize=(WIDE, 3.46), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    for i, ((target, probe), rows) in enumerate(scores.groupby(["target", "probe"])):
        style = {**TARGET_STYLE[target], "linestyle": PROBE_LINE[probe]}
        style["label"] = f"{style['label']}, {probe}"
        shift = 1.2 * (i - 2.5)  # error bars would lie on each other
        left.errorbar(rows["size"] + shift, rows["mean"], rows["sd"] / np.sqrt(rows["n"]), capsize=2, **style)
    left.set(xlabel="input size [pixels]", ylabel="score of the probe", ylim=(None, 1))
    figure.legend(*left.get_legend_handles_labels(), ncols=3, loc="outside lower center")
    right.plot(list(seconds), [1000 * value for value in seconds.values()], "o-", color=BLUE)
    right.set(xlabel="input size [pixels]", ylabel="time per image [ms]", ylim=(0, None))
    for axes in (left, right):
        axes.axvline(chosen, color="0.6", linewidth=0.8, linestyle="--")
        axes.set_xticks(list(seconds))
    return figure


def shipped_history():
    """Histories of the shipped encoders: DataFrame with objective and the columns of `pretrain.pretrain`."""
    with (files("flarebook.stix") / "data" / "pretraining_history.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def plot_history(history):
    """Plot loss, spread and effective rank against the number of images seen, one line per objective.

    history: of `shipped_history` or `pretrain.pretrain_briefly`.  The losses are different quantities, so each is
    divided by its first value.  Returns (figure, table of what is plotted).
    """
    first = history.groupby("objective")["loss"].transform("first")
    table = history.assign(**{"relative loss": history["loss"] / first})
    styles = {objective: OBJECTIVE_STYLES[objective] for objective in table["objective"].unique()}
    figure, axes = draw_history(table, "objective", styles, PANELS, "images_seen")
    for panel in axes[1:]:
        panel.set_ylim(bottom=0)
    return figure, table[["objective", "step", "images_seen", "loss", *PANELS]]
