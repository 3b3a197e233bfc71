"""The poster's protocol on every encoder: one panel per score, one row per encoder."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from flarebook.stix.figures.encoder_comparison import FAMILY_COLOURS, FIRST_STYLE

PANELS = {  # score: title, level of a random guess
    "filtering.precision": ("filtering:\nprecision", None),
    "filtering.recall": ("filtering:\nrecall", None),
    "anomalies.flagged_multiple": ("several sources\namong the flagged", None),
    "anomalies.artefact_auc": ("artefacts by forest,\nROC area", 0.5),
    "anomalies.several_auc": ("several sources by\nforest, ROC area", 0.5),
    "sources.average_precision": ("several sources by\nprobe, av. precision", None),
}


def plot_protocol(table, families):
    """Scores of the poster's protocol for each encoder, with their standard deviations.

    table: of `summarise_protocol`, all encoders; families: {encoder: family}.
    """
    order = list(families)
    figure = Figure(figsize=(2.4 + 1.7 * len(PANELS), 1.9 + 0.36 * len(order)), layout="constrained")
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (score, (title, chance)) in zip(panels, PANELS.items(), strict=True):
        rows = table[table["score"] == score].set_index("encoder").reindex(order)
        for place, (encoder, row) in enumerate(rows.iterrows()):
            style = FIRST_STYLE | {"color": FAMILY_COLOURS[families[encoder]]}
            axes.errorbar(row["mean"], place, xerr=row["sd"], **style)
        if chance is not None:
            axes.axvline(chance, color="0.4", linestyle=":", linewidth=1.2)
        axes.set_title(title, fontsize="small")
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.grid(axis="y", alpha=0.25)
    panels[0].set_yticks(np.arange(len(order)), order)
    panels[0].invert_yaxis()
    used = [name for name in FAMILY_COLOURS if name in families.values()]
    handles = [Line2D([], [], marker="o", linestyle="", color=FAMILY_COLOURS[name], label=name) for name in used]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize="small")
    return figure
