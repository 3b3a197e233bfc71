"""History of the pretraining: the loss of each objective, and the spread of its features."""

from importlib.resources import files

import pandas as pd

from flarebook.compendium.figures import draw_history

STYLES = {
    "dino": ("#0173B2", "-", "DINO"),
    "msn": ("#DE8F05", "--", "MSN"),
    "ijepa": ("#029E73", "-.", "I-JEPA"),
    "clip": ("#CC78BC", (0, (1, 1)), "CLIP"),
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


def plot_history(history):
    """Plot loss, spread and effective rank against the number of images seen, one line per objective.

    history: of `shipped_history` or `pretrain.pretrain_briefly`.  The losses are different quantities, so each is
    divided by its first value.  Returns (figure, table of what is plotted).
    """
    first = history.groupby("objective")["loss"].transform("first")
    table = history.assign(**{"relative loss": history["loss"] / first})
    styles = {objective: STYLES[objective] for objective in table["objective"].unique()}
    figure, axes = draw_history(table, "objective", styles, PANELS, "images_seen")
    for panel in axes[1:]:
        panel.set_ylim(bottom=0)
    return figure, table[["objective", "step", "images_seen", "loss", *PANELS]]
