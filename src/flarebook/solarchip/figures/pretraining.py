"""Figures of the pretraining: a batch, the terms of the loss, reconstructions, and patch features."""

from importlib.resources import files

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from flarebook.compendium.appearance.style import WIDE
from flarebook.compendium.figures import draw_history
from flarebook.solarchip.figures.styles import backbone_style, channel_label, plot_image_grid, show_channel
from flarebook.solarchip.pretraining.objective import TERMS
from flarebook.solarchip.pretraining.settings import PretrainingConfig

PANELS = {
    "reconstruction": "reconstruction,\nsquare error",
    "cls": "class term",
    "patch": "patch term",
    "intra": "intra term",
}


def shipped_history():
    """Histories of the shipped models: DataFrame with backbone and the columns of `pretrain.pretrain`."""
    return pd.read_csv(files("flarebook.solarchip") / "data" / "pretraining_history.csv")


def plot_batch(images, channels, rotated):
    """Plot images of a few dates before and after the rotations of the training: one row per date.

    images, rotated: (n, k, h, w) scaled; channels: k names.
    """
    dates = np.concatenate([images, rotated], axis=1)
    titles = [channel_label(channel) + suffix for suffix in ("", ", rotated") for channel in channels]
    return plot_image_grid([("", list(zip(date, channels * 2, strict=True))) for date in dates], titles)


def plot_history(history, chance):
    """Every term against the number of dates seen: thin while training, thick on held-out dates.

    history: with the column backbone; chance: {term: loss of equal similarities}, dotted.
    Returns (figure, table of what is plotted).
    """
    families = {backbone: backbone_style(backbone) for backbone in history["backbone"].unique()}
    styles = {backbone: (colour, dashes, label) for backbone, (colour, _, dashes, label) in families.items()}
    figure, axes = draw_history(history, "backbone", styles, PANELS, "dates_seen")
    for panel, term in zip(axes, PANELS, strict=True):
        if term in chance:
            panel.axhline(chance[term], color="0.4", lw=1.2, ls=":")
    for panel in axes[1:]:
        panel.set_ylim(0, 1.08 * panel.get_ylim()[1])
    axes[0].set_yscale("log")  # the reconstruction, with few, plain labels
    axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].yaxis.set_minor_locator(NullLocator())
    return figure, history[["backbone", "step", "dates_seen", *TERMS, *(f"held_out_{term}" for term in TERMS)]]


def plot_reconstructions(images, reconstructed, channels):
    """Images and their reconstructions by each model: one row of channels each.

    images: {channel: (h, w)} scaled, of one date; reconstructed: {label: {channel: (h, w)}}.
    """
    rows = {"image": images} | reconstructed
    shown = [(label, [(image[channel], channel) for channel in channels]) for label, image in rows.items()]
    return plot_image_grid(shown, [channel_label(channel) for channel in channels])


def plot_patches(images, colours, channels, dates):
    """Images of a few dates and, below, the colours of their patches for each model.

    images: (n, k, h, w) physical, of the k channels; colours: {label: {channel: (n, side, side, 3)}}; dates: n labels.
    """
    n, k = images.shape[:2]
    figure = Figure(figsize=(WIDE, WIDE / (n * k) * (1 + len(colours)) + 0.4), layout="constrained")
    axes = figure.subplots(1 + len(colours), n * k, squeeze=False)
    for column, (date, place) in zip(axes.T, np.ndindex(n, k), strict=True):
        channel = channels[place]
        show_channel(column[0], images[date, place], channel)
        column[0].set_title(f"{dates[date]}\n{channel_label(channel)}", fontsize="small")
        for axis, patches in zip(column[1:], colours.values(), strict=True):
            axis.imshow(patches[channel][date], origin="lower", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
    for axis, label in zip(axes[1:, 0], colours, strict=True):
        axis.set_ylabel(label)
    return figure


def chance_losses(batch_size=PretrainingConfig.batch_size, n_patches=64):
    """Loss of each contrast when all similarities are equal: ln of the number of candidates, {term: number}."""
    return {"cls": np.log(batch_size), "patch": np.log(batch_size), "intra": np.log(n_patches)}
