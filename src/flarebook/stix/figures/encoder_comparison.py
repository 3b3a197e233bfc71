"""The encoders beside each other: scores, ranks, and what a smaller input costs."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from flarebook.compendium.appearance.palette import BLUE, GREY, ORANGE, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.stix.clustering.encoder_comparison import HEADLINE

FAMILY_COLOURS = {"natural images": BLUE, "in domain": ORANGE, "baseline": GREY}
FIRST_STYLE = {"fmt": "o", "markersize": 5, "capsize": 2, "elinewidth": 1}
SECOND_STYLE = {**FIRST_STYLE, "markerfacecolor": "white", "markersize": 4.5}
PANELS = {  # title: the filled and the open marks, (measure, score)
    "NMI with\nappearance": (("clusters, PCA", HEADLINE), ("clusters, no PCA", HEADLINE)),
    "artefacts removed\nwith clusters": (("clusters, PCA", "artefact recall"), ("clusters, no PCA", "artefact recall")),
    "artefact or not,\naverage precision": (
        ("linear", "artefact average_precision"),
        ("k-NN", "artefact average_precision"),
    ),
    "kind of source,\nbalanced accuracy": (("linear", "kind balanced_accuracy"), ("k-NN", "kind balanced_accuracy")),
    "number of sources,\nbalanced accuracy": (
        ("linear", "sources balanced_accuracy"),
        ("k-NN", "sources balanced_accuracy"),
    ),
}
PROTOCOL_PANELS = {  # score: title, level of a random guess
    "filtering.precision": ("filtering:\nprecision", None),
    "filtering.recall": ("filtering:\nrecall", None),
    "anomalies.flagged_multiple": ("several sources\namong the flagged\n[number]", None),
    "anomalies.artefact_auc": ("artefacts\nby forest,\nROC area", 0.5),
    "anomalies.several_auc": ("several sources\nby forest,\nROC area", 0.5),
    "sources.average_precision": ("several sources\nby probe, average\nprecision", None),
}


def plot_comparison(table, encoders, chance):
    """Five scores and the time of every encoder, best on top by NMI with principal components.

    table: of `summarise_scores`; encoders: the encoders table; chance: {score: value at chance}.
    """
    panels = {name: keys for name, keys in PANELS.items() if (table["score"] == keys[0][1]).any()}
    order = best_first(table)
    figure = Figure(figsize=(WIDE, 1.6 + 0.28 * len(order)), layout="constrained")
    axes = figure.subplots(1, len(panels) + 1, sharey=True, squeeze=False)[0]
    for panel, (title, keys) in zip(axes, panels.items(), strict=False):
        for key, style, shift in zip(keys, (FIRST_STYLE, SECOND_STYLE), (-0.16, 0.16), strict=True):
            plot_scores(panel, table, key, order, style, shift)
        if keys[0][1] in chance:  # a line at that value would leave the encoders a corner of the panel
            panel.set_xlabel(f"blind guess {chance[keys[0][1]]:.2f}", fontsize="small", color="0.4")
        panel.set_title(title, fontsize="small")
        panel.xaxis.set_major_locator(MaxNLocator(3))
    plot_times(axes[-1], encoders, order)
    style_rows(axes, order)
    figure.legend(handles=legend_handles(table), loc="outside lower center", ncols=3)
    return figure


def best_first(table):
    """Encoders in the order of their headline score, or as they come when there is no truth."""
    rows = table[(table["measure"] == "clusters, PCA") & (table["score"] == HEADLINE)]
    return rows.sort_values("mean", ascending=False, na_position="last")["encoder"].tolist()


def plot_scores(panel, table, key, order, style, shift):
    """Mean and standard deviation of one score for every encoder, coloured by family."""
    rows = table[(table["measure"] == key[0]) & (table["score"] == key[1])].set_index("encoder").reindex(order)
    for place, row in enumerate(rows.itertuples()):
        if np.isfinite(row.mean):
            panel.errorbar(row.mean, place + shift, xerr=row.sd, color=FAMILY_COLOURS.get(row.family, "k"), **style)


def plot_times(panel, encoders, order):
    """Time per image on a logarithmic axis."""
    rows = encoders.set_index("encoder").reindex(order)
    colours = [FAMILY_COLOURS.get(family, "k") for family in rows["family"]]
    panel.scatter(1000 * rows["seconds_per_image"], range(len(order)), color=colours, marker="D", s=26)
    panel.set_xscale("log")
    panel.set_title("time per image\n[ms]", fontsize="small")


def style_rows(axes, order):
    """Names of the encoders at the left, the best on top, a light line per encoder."""
    axes[0].set_yticks(range(len(order)), order)
    axes[0].set_ylim(len(order) - 0.5, -0.5)
    for panel in axes:
        panel.grid(axis="y", color="0.92")
        panel.set_axisbelow(True)
        panel.tick_params(labelsize="small")


def legend_handles(table):
    """Marks of families, and of with and without components."""
    families = [name for name in FAMILY_COLOURS if name in set(table["family"])]
    handles = [Line2D([], [], marker="o", linestyle="", color=FAMILY_COLOURS[name], label=name) for name in families]
    filled, empty = {"color": "0.3"}, {"color": "0.3", "markerfacecolor": "white"}
    handles.append(Line2D([], [], marker="o", linestyle="", label="clusters with PCA; linear probe", **filled))
    handles.append(Line2D([], [], marker="o", linestyle="", label="clusters without PCA; k-NN probe", **empty))
    return handles


def plot_ranks(ranks, encoders):
    """How often each encoder takes each rank, as a table of shades with the mean rank.

    ranks: of `encoder_comparison.bootstrap_ranks`; encoders: the encoders table.
    """
    if ranks.empty:
        return plot_sentence("The truth of these images is not known: the encoders have no rank.")
    means = ranks.mean().sort_values()
    order, n = means.index.tolist(), len(means)
    share = np.array([(ranks[order].round() == place + 1).mean() for place in range(n)]).T
    figure = Figure(figsize=(NARROW, 1.2 + 0.29 * n), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.scatter(means - 1, range(n), marker="|", s=130, color=VERMILION, linewidth=1.6, label="mean rank")
    families = encoders.set_index("encoder")["family"]
    axes.set_yticks(range(n), order)
    for label in axes.get_yticklabels():
        label.set_color(FAMILY_COLOURS.get(families.get(label.get_text()), "k"))
    axes.set(xticks=range(n), xticklabels=range(1, n + 1), xlabel="rank by NMI with appearance")
    figure.colorbar(image, label="share of the draws")
    return figure


def plot_sentence(text):
    """A figure that says why there is nothing to draw."""
    figure = Figure(figsize=(NARROW, 0.94))
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return figure


def plot_protocol(table, families):
    """Scores of the poster's protocol for each encoder, with their standard deviations.

    table: of `summarise_protocol`, all encoders; families: {encoder: family}.
    """
    order = list(families)
    figure = Figure(figsize=(WIDE, 1.6 + 0.28 * len(order)), layout="constrained")
    panels = figure.subplots(1, len(PROTOCOL_PANELS), sharey=True)
    for axes, (score, (title, chance)) in zip(panels, PROTOCOL_PANELS.items(), strict=True):
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
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure
