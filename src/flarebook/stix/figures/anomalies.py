"""Figures of the anomalies: ROC curves and the areas under them; colours of the frames in the strips."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, GREEN, REAL, SKY, VERMILION
from flarebook.compendium.appearance.style import WIDE

DETECTOR_COLOURS = {
    "Isolation Forest": VERMILION,
    "distance to the mean": BLUE,
    "distance to neighbours": GREEN,
}
DETECTOR_MARKS = {"Isolation Forest": "o", "distance to the mean": "s", "distance to neighbours": "^"}
REFERENCE_LINES = {"labelled set": "--", "archive": "-"}
FRAMES = {"several sources": SKY, "artefact": VERMILION, "real": REAL}


def plot_rocs(curves, titles):
    """ROC curves of all detectors, one panel per target.

    curves: {target: DataFrame detector, reference, false_alarm_rate, hit_rate}; titles: {target: text}.
    """
    figure = Figure(figsize=(WIDE, 4.5), layout="constrained")
    for axes, (target, table) in zip(np.atleast_1d(figure.subplots(1, len(curves))), curves.items(), strict=True):
        for (detector, reference), own in table.groupby(["detector", "reference"], sort=False):
            style = {"color": DETECTOR_COLOURS[detector], "linestyle": REFERENCE_LINES[reference]}
            style |= {"marker": DETECTOR_MARKS[detector], "markevery": 0.15}
            axes.plot(own["false_alarm_rate"], own["hit_rate"], label=f"{detector}, {reference}", **style)
        axes.plot([0, 1], [0, 1], color="0.4", linestyle=":", linewidth=1)
        axes.set(title=titles[target], xlabel="false-alarm rate", ylabel="hit rate", xlim=(0, 1), ylim=(0, 1))
        axes.set_aspect("equal")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def plot_areas(table):
    """Area under the ROC curve by target, one panel per set of reference images.

    table: of `anomalies.area_table`.
    """
    counts = dict(zip(table["target"], table["n"], strict=True))
    targets = list(counts)
    references = list(dict.fromkeys(table["reference"]))
    figure = Figure(figsize=(WIDE, 0.9 + 0.29 * len(targets)), layout="constrained")
    for axes, reference in zip(figure.subplots(1, len(references), sharey=True), references, strict=True):
        for shift, (detector, colour) in zip((0.22, 0, -0.22), DETECTOR_COLOURS.items(), strict=True):
            rows = table[(table["reference"] == reference) & (table["detector"] == detector)].set_index("target")
            rows = rows.reindex(targets)
            style = {"fmt": DETECTOR_MARKS[detector], "color": colour, "markersize": 5, "capsize": 2, "label": detector}
            axes.errorbar(rows["auc"], np.arange(len(targets))[::-1] + shift, xerr=rows["sd"], **style)
        axes.axvline(0.5, color="0.4", linestyle=":", linewidth=1.2)
        axes.set(xlabel="area under the ROC curve", xlim=(0.2, 1.02), title=f"fitted to the {reference}")
        axes.set_yticks(np.arange(len(targets))[::-1], [f"{name} ({n})" for name, n in counts.items()])
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


def plot_causes(table, reference):
    """Average precision over a guess's and ROC area of each detector by cause, for one set of reference images.

    table: of `anomalies.cause_table`; reference: of its column.
    """
    own = table[table["reference"] == reference]
    causes = list(dict.fromkeys(own["cause"]))
    counts = own.groupby("cause")["n"].first()
    guess = own.groupby("cause")["prevalence"].first()
    figure = Figure(figsize=(WIDE, 1.2 + 0.4 * len(causes)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    place = np.arange(len(causes))[::-1]
    for axes, value, sd in ((left, "average_precision", "ap_sd"), (right, "auc", "sd")):
        for shift, (detector, colour) in zip((0.22, 0, -0.22), DETECTOR_COLOURS.items(), strict=True):
            rows = own[own["detector"] == detector].set_index("cause").reindex(causes)
            style = {"fmt": DETECTOR_MARKS[detector], "color": colour, "markersize": 5, "capsize": 2, "label": detector}
            axes.errorbar(rows[value], place + shift, xerr=rows[sd], **style)
        axes.grid(axis="y", alpha=0.25)
    left.plot(guess[causes], place, "|", color="0.2", markersize=22, markeredgewidth=1.6, label="a random guess")
    right.axvline(0.5, color="0.2", linewidth=1.2)
    left.set(xlabel="average precision", xlim=(0, 1.02))
    right.set(xlabel="area under the ROC curve", xlim=(0, 1.02))
    left.set_yticks(place, [f"{cause} ({counts[cause]})" for cause in causes])
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
