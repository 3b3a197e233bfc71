"""Figures 15 and 16: scores and ROC curves of held-out observations along the slit and in time."""

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from flarebook.iris.style import NEUTRAL_COLOUR

PANELS = {  # name: title, axis, direction towards the flare
    "space": ("PF 16, 17 min before onset", "distance from the brightening [arcsec]", True),
    "time": ("PF 16, slit pixels 400 to 700", "window [min to onset]", False),
    "negative": ("AR 1, no flare", "window [min after the start]", False),
}
SERIES = {  # the mirrored scores coincide, so one of them stands for all
    "recall": ("accuracy = precision = recall = F1", "#0173B2", "o"),
    "tss": ("TSS", "#D55E00", "s"),
    "auc": ("AUC, mirrored class", "#029E73", "^"),
    "auc_against_ar": ("AUC against held-out AR", "#56564F", "D"),
}


def draw_windows(summaries, width):
    """Figure 15: scores of each window, mean and standard deviation over the ensemble.

    summaries: {"space", "time", "negative": of `summarise_windows`}; width: of a time window, minutes.
    """
    figure = Figure(figsize=(7.0, 9.0), layout="constrained")
    for axes, (name, (title, label, towards)) in zip(figure.subplots(len(PANELS), 1), PANELS.items(), strict=True):
        table = summaries[name]
        centre = 0 if name == "space" else width / 2
        for metric, (text, colour, marker) in SERIES.items():
            rows = table[table["metric"] == metric]
            style = {"color": colour, "marker": marker, "markersize": 4.5, "capsize": 2.5, "label": text}
            axes.errorbar(rows["window"] + centre, rows["mean"], rows["sd"], **style)
        axes.axhline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        axes.set(title=title, xlabel=label, ylabel="score", ylim=(-1.05, 1.05))
        if towards:
            axes.invert_xaxis()
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def draw_window_rocs(rocs, width):
    """Figure 16: mean ROC curve of each window, the mirrored class as the absent one; darker is nearer to the flare."""
    figure = Figure(figsize=(9.6, 4.8), layout="constrained")
    for axes, (name, (title, _, towards)) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        windows = np.sort(rocs[name]["window"].unique())[:: -1 if towards else 1]
        shades = colormaps["viridis_r"](np.linspace(0.1, 1.0, len(windows)))
        for window, colour in zip(windows, shades, strict=True):
            curve = rocs[name][rocs[name]["window"] == window]
            low, high = (window - 5, window + 5) if name == "space" else (window, window + width)
            text = f"{low:.0f} to {high:.0f}"
            axes.plot(curve["false_alarm_rate"], curve["hit_rate"], color=colour, linewidth=1.3, label=text)
        axes.plot([0, 1], [0, 1], "k--", linewidth=0.9)
        axes.set(title=title, xlabel="false positive rate", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        unit = "arcsec" if name == "space" else "min"
        options = {"fontsize": 7, "title_fontsize": 8, "ncols": 2, "loc": "upper center", "bbox_to_anchor": (0.5, -0.2)}
        axes.legend(title=unit, **options)
    figure.axes[0].set_ylabel("true positive rate")
    return figure
