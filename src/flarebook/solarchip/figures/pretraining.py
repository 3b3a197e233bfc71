"""Figures of the pretraining: what a batch looks like, how the terms fall, what is drawn again, what patches know."""

from importlib.resources import files

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from flarebook.compendium.figures import draw_history
from flarebook.solarchip.figures.channel_colours import channel_label, show_channel
from flarebook.solarchip.images.scaling import unscale_channel
from flarebook.solarchip.pretraining.objective import TERMS
from flarebook.solarchip.pretraining.settings import PretrainingConfig

STYLES = {"vit": ("#0173B2", "-", "transformer"), "cnn": ("#DE8F05", "--", "convolutions")}  # by family
PANELS = {
    "reconstruction": "reconstruction,\nsquare error",
    "cls": "class term",
    "patch": "patch term",
    "intra": "intra term",
}


def shipped_history():
    """Histories of the shipped models: DataFrame with backbone and the columns of `pretrain.pretrain`."""
    with (files("flarebook.solarchip") / "data" / "pretraining_history.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def plot_batch(images, channels, rotated):
    """Plot images of a few dates before and after the rotations of the training: one row per date.

    images, rotated: (n, k, h, w) scaled; channels: k names.
    """
    n, k = images.shape[:2]
    figure = Figure(figsize=(9.6, 1.62 * n + 0.3), layout="constrained")
    axes = figure.subplots(n, 2 * k, squeeze=False)
    for row in range(n):
        for place, channel in enumerate(channels):
            for block, shown in enumerate((images, rotated)):
                axis = axes[row, block * k + place]
                show_channel(axis, unscale_channel(shown[row, place], channel), channel)
                if row == 0:
                    axis.set_title(channel_label(channel) + (", rotated" if block else ""), fontsize=9)
    return figure


def plot_history(history, guessing):
    """Every term against the number of dates seen: thin while training, thick on held-out dates.

    history: with the column backbone; guessing: {term: loss of equal similarities}, dotted.
    Returns (figure, table of what is plotted).
    """
    styles = {backbone: STYLES[backbone.split("-")[0]] for backbone in history["backbone"].unique()}
    figure, axes = draw_history(history, "backbone", styles, PANELS, "dates_seen")
    for panel, term in zip(axes, PANELS, strict=True):
        if term in guessing:
            panel.axhline(guessing[term], color="0.4", lw=1.2, ls=":")
        _logarithmic(panel) if term == "reconstruction" else panel.set_ylim(0, 1.08 * panel.get_ylim()[1])
    return figure, history[["backbone", "step", "dates_seen", *TERMS, *(f"held_out_{term}" for term in TERMS)]]


def _logarithmic(panel):
    """Logarithmic values with few, plain labels."""
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_locator(NullLocator())


def plot_reconstructions(images, drawn, channels):
    """Images and what each model draws of them: one row of channels per way.

    images: {channel: (h, w)} scaled, of one date; drawn: {words: {channel: (h, w)}}.
    """
    rows = {"image": images} | drawn
    figure = Figure(figsize=(9.6, 1.62 * len(rows) + 0.2), layout="constrained")
    axes = figure.subplots(len(rows), len(channels), squeeze=False)
    for line, (words, shown) in zip(axes, rows.items(), strict=True):
        for axis, channel in zip(line, channels, strict=True):
            show_channel(axis, unscale_channel(shown[channel], channel), channel)
        line[0].set_ylabel(words)
    for axis, channel in zip(axes[0], channels, strict=True):
        axis.set_title(channel_label(channel), fontsize=10)
    return figure


def plot_patches(images, colours, channels, dates):
    """Images of a few dates and, below, the colours of their patches for each model.

    images: (n, 11, h, w) physical rows of `channels`, as (n, k, h, w); colours: {words: {channel: (n, side, side, 3)}};
    dates: n labels.
    """
    n, k = images.shape[:2]
    figure = Figure(figsize=(9.6, 1.75 * (1 + len(colours))), layout="constrained")
    axes = figure.subplots(1 + len(colours), n * k, squeeze=False)
    for place in range(n * k):
        date, channel = divmod(place, k)
        show_channel(axes[0, place], images[date, channel], channels[channel])
        axes[0, place].set_title(f"{dates[date]}\n{channel_label(channels[channel])}", fontsize=8.5)
        for line, shown in zip(axes[1:, place], colours.values(), strict=True):
            line.imshow(shown[channels[channel]][date], origin="lower", interpolation="nearest")
            line.set(xticks=[], yticks=[])
    for line, words in zip(axes[1:, 0], colours, strict=True):
        line.set_ylabel(words)
    return figure


def chance_losses(batch_size=PretrainingConfig.batch_size, n_patches=64):
    """Loss of each contrast when all similarities are equal: ln of the number of candidates, {term: number}."""
    return {"cls": np.log(batch_size), "patch": np.log(batch_size), "intra": np.log(n_patches)}
