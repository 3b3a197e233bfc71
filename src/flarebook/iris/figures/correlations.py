"""Correlation matrices of the ten features, and what the width of the windows changes."""

import matplotlib.pyplot as plt
import numpy as np

from flarebook.compendium.appearance.style import WIDE
from flarebook.iris.features.correlations import COUPLED, ORDER
from flarebook.iris.mg2 import FEATURE_NAMES, NEUTRAL_COLOUR, REAL_COLOUR, REGION_COLOURS

WINDOW_COLOURS = {"real": REAL_COLOUR, "AR": REGION_COLOURS["AR"], "PF": REGION_COLOURS["PF"]}


def plot_correlation_matrices(matrices, titles):
    """One matrix a sample, its features numbered as beside the first; lines part the paper's three groups.

    matrices: {sample: DataFrame (10, 10)}; titles: {sample: text}.  Returns a figure.
    """
    rows = -(-(len(matrices) + 1) // 3)  # the last panel holds the colour scale
    figure, panels = plt.subplots(rows, 3, figsize=(WIDE, 2.5 * rows), squeeze=False, layout="constrained")
    for axes, (sample, matrix) in zip(panels.flat, matrices.items(), strict=False):
        shown = axes.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
        for edge in np.cumsum([len(names) for names in COUPLED.values()])[:-1] - 0.5:
            axes.axhline(edge, color="black", lw=0.8)
            axes.axvline(edge, color="black", lw=0.8)
        number = np.arange(1, len(ORDER) + 1)
        axes.set_xticks(number - 1, number)
        named = axes.get_subplotspec().is_first_col()
        names = [f"{FEATURE_NAMES[name]}  {i}" for i, name in zip(number, ORDER, strict=True)]
        axes.set_yticks(number - 1, names if named else [])
        axes.set_title(titles[sample])
    for axes in panels.flat[len(matrices) :]:
        axes.set_axis_off()
    figure.supxlabel("number of the feature")
    scale = panels.flat[-1].inset_axes((0.05, 0.55, 0.9, 0.07))
    figure.colorbar(shown, cax=scale, orientation="horizontal", label="Spearman rank correlation")
    return figure


def plot_window_scan(effects, couplings):
    """Agreement with the 3 A features by width, and the correlation of continuum and line width by width.

    effects: {sample: of `width_effect`}, the first one drawn by feature; couplings: {sample: Series by window}.
    Returns a figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.09), layout="constrained")
    for marker, (name, rows) in zip("osD^v", next(iter(effects.values())).groupby("feature", sort=False), strict=True):
        left.plot(rows["window"], rows["rank_correlation"], marker=marker, ms=4, label=FEATURE_NAMES[name])
    for sample, values in couplings.items():
        line = "--" if sample == "real" else "-"
        right.plot(values.index, values, line, marker="o", ms=4, color=WINDOW_COLOURS[sample], label=sample)
    left.set(xlabel="width of the windows [Å]", ylabel="rank correlation with 3 Å")
    right.set(xlabel="width of the windows [Å]", ylabel="rank correlation of\ntotal continuum and line width")
    for axes in (left, right):
        for width, label in ((2.0, "text"), (3.0, "code")):
            axes.axvline(width, color=NEUTRAL_COLOUR, ls=":", lw=1)
            axes.text(
                width, 1.01, label, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize="small"
            )
        axes.legend()
    return figure
