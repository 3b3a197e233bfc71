"""Pictures of the anomalies: the ordered strip, ROC curves, and what each detector finds."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.stix.figures.filtering import plot_image
from flarebook.stix.figures.multiple_sources import number_image

DETECTOR_COLOURS = {
    "Isolation Forest": "#D55E00",
    "distance to the mean": "#0173B2",
    "distance to neighbours": "#029E73",
}
DETECTOR_MARKS = {"Isolation Forest": "o", "distance to the mean": "s", "distance to neighbours": "^"}
REFERENCE_LINES = {"labelled set": "--", "archive": "-"}
FRAMES = {"several sources": "#56B4E9", "artefact": "#D55E00", "real": "#00D05A"}


def plot_strip(images, bands, labels, frames, n_columns=12):
    """Images in a given order, left to right and down, each with a short label and a coloured frame.

    images: (n, 177, 177); labels, frames: (n,) of text; a frame is a key of FRAMES or empty.
    """
    n_rows = -(-len(images) // n_columns)
    figure = Figure(figsize=(0.82 * n_columns, 0.82 * n_rows + 0.25))
    top = 1 - 0.25 / (0.82 * n_rows + 0.25)
    grid = figure.add_gridspec(n_rows, n_columns, wspace=0.07, hspace=0.07, left=0, right=1, bottom=0, top=top)
    for place, image in enumerate(images):
        axes = figure.add_subplot(grid[divmod(place, n_columns)])
        plot_image(axes, image, bands[place])
        if labels[place]:
            number_image(axes, labels[place])
        if frames[place]:
            frame_image(axes, FRAMES[frames[place]])
    explain_frames(figure, [name for name in FRAMES if name in set(frames)])
    return figure


def frame_image(axes, colour):
    """A frame about an image."""
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=2.6)


def explain_frames(figure, names):
    """Legend of the frames above the strip."""
    for place, name in enumerate(names):
        x = 0.002 + 0.17 * place
        figure.text(x, 0.999, "\u25a1 ", color=FRAMES[name], fontsize=12, weight="bold", va="top")
        figure.text(x + 0.022, 0.995, name, fontsize=8.5, va="top")


def plot_rocs(curves, titles):
    """ROC curves of all detectors, one panel per target.

    curves: {target: DataFrame detector, reference, false_alarm_rate, hit_rate}; titles: {target: text}.
    """
    figure = Figure(figsize=(4.4 * len(curves), 4.2), layout="constrained")
    for axes, (target, table) in zip(np.atleast_1d(figure.subplots(1, len(curves))), curves.items(), strict=True):
        for (detector, reference), own in table.groupby(["detector", "reference"], sort=False):
            style = {"color": DETECTOR_COLOURS[detector], "linestyle": REFERENCE_LINES[reference]}
            axes.plot(own["false_alarm_rate"], own["hit_rate"], label=f"{detector}, {reference}", **style)
        axes.plot([0, 1], [0, 1], color="0.4", linestyle=":", linewidth=1)
        axes.set(title=titles[target], xlabel="false-alarm rate", ylabel="hit rate", xlim=(0, 1), ylim=(0, 1))
        axes.set_aspect("equal")
    axes.legend(fontsize="x-small", loc="lower right")
    return figure


def plot_areas(table):
    """Area under the ROC curve by target, one panel per set of reference images.

    table: of `anomalies.area_table`.
    """
    targets = list(dict.fromkeys(table["target"]))
    references = list(dict.fromkeys(table["reference"]))
    figure = Figure(figsize=(9.2, 0.9 + 0.33 * len(targets)), layout="constrained")
    for axes, reference in zip(figure.subplots(1, len(references), sharey=True), references, strict=True):
        for shift, (detector, colour) in zip((0.22, 0, -0.22), DETECTOR_COLOURS.items(), strict=True):
            rows = table[(table["reference"] == reference) & (table["detector"] == detector)].set_index("target")
            rows = rows.reindex(targets)
            style = {"fmt": DETECTOR_MARKS[detector], "color": colour, "markersize": 5, "capsize": 2, "label": detector}
            axes.errorbar(rows["auc"], np.arange(len(targets))[::-1] + shift, xerr=rows["sd"], **style)
        axes.axvline(0.5, color="0.4", linestyle=":", linewidth=1.2)
        axes.set(xlabel="area under the ROC curve", xlim=(0.2, 1.02), title=f"fitted to the {reference}")
        axes.set_yticks(np.arange(len(targets))[::-1], [f"{name} ({n})" for name, n in counts(table).items()])
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize="small")
    return figure


def counts(table):
    """Number of images of each target, in its order."""
    return dict(zip(table["target"], table["n"], strict=True))
