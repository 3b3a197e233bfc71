"""The course of the pretraining: the loss of each objective, and whether its features stay apart."""

from importlib.resources import files

import pandas as pd
from matplotlib.figure import Figure

NAMES = {"dino": "DINO", "msn": "MSN", "ijepa": "I-JEPA", "clip": "CLIP"}
STYLES = {
    "dino": ("#0173B2", "-"),
    "msn": ("#DE8F05", "--"),
    "ijepa": ("#029E73", "-."),
    "clip": ("#CC78BC", (0, (1, 1))),
}
PANELS = {
    "relative loss": "loss, over its first value",
    "spread": "spread of the features\n(0: collapsed)",
    "effective_rank": "directions in use,\nof 128",
}


def shipped_history():
    """Histories of the shipped encoders: DataFrame with objective and the columns of `pretrain.pretrain`."""
    with (files("flarebook.stix") / "data" / "pretraining_history.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def curves(history):
    """Loss, spread and effective rank against the number of images seen, one line per objective.

    history: of `shipped_history` or `pretrain.pretrain_briefly`.  The losses are different quantities, so each is
    divided by its first value.  Returns (figure, table of what is plotted).
    """
    table = with_relative_loss(history)
    figure = Figure(figsize=(9.6, 3.1), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    unit, name = (1000, "images seen, thousands") if table["images_seen"].max() > 5000 else (1, "images seen")
    for panel, (column, label) in zip(axes, PANELS.items(), strict=True):
        for objective, rows in table.groupby("objective", sort=False):
            colour, dashes = STYLES[objective]
            seen = rows["images_seen"] / unit
            panel.plot(seen, rows[column], color=colour, linestyle=dashes, lw=1.8, label=NAMES[objective])
        panel.set(xlabel=name, ylabel=label, xlim=(0, None))
        panel.set_ylim(bottom=0 if column != "relative loss" else None)
        panel.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return figure, table[["objective", "step", "images_seen", "loss", *PANELS]]


def with_relative_loss(history):
    """History with the loss of each objective over its first value."""
    first = history.groupby("objective")["loss"].transform("first")
    return history.assign(**{"relative loss": history["loss"] / first})
