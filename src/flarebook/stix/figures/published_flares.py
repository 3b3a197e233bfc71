"""Figures of the poster's flares in the flare list: effects by feature, and typical values by printed cluster."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.stix.archive.published_flares import FEATURES

COMPARISONS = {  # panel title: (comparison, the same within months), what the effect is
    "printed images against the list's other flares": ("printed against the list", "rank-biserial correlation"),
    "between the printed clusters": ("between clusters", "variance of ranks explained, less chance"),
    "along the rows of the mosaic": ("row of the mosaic", "Spearman's rank correlation"),
}
ALL, WITHIN = "#0173B2", "#D55E00"
WHOLE = (4, 11, 15, 16, 22, 24, 27)  # clusters that the mosaic shows whole; the others are samples
PANELS = {"distance": "linear", "radius": "linear", "excess": "log", "hard_band": "linear"}


def plot_effects(tests):
    """Effect of each feature with its 95 % interval, one panel per comparison; filled: significant after Holm.

    tests: of `compare_features`.
    """
    names = list(FEATURES)
    place = dict(zip(names, np.arange(len(names))[::-1], strict=True))
    figure = Figure(figsize=(11.5, 4.9), layout="constrained")
    panels = figure.subplots(1, len(COMPARISONS), sharey=True)
    for axes, (title, (comparison, effect)) in zip(panels, COMPARISONS.items(), strict=True):
        for shift, suffix, colour in ((0.15, "", ALL), (-0.15, ", within months", WITHIN)):
            for row in tests[tests["comparison"] == comparison + suffix].itertuples():
                bars = [[row.effect - row.low], [row.high - row.effect]]
                filled = colour if row.p_holm < 0.05 else "white"
                style = {"fmt": "o", "color": colour, "markerfacecolor": filled, "markersize": 6, "capsize": 2}
                axes.errorbar(row.effect, place[row.feature] + shift, xerr=bars, **style)
        axes.axvline(0, color="0.4", linestyle=":", linewidth=1.2)
        axes.set_title(title, fontsize="medium")
        axes.set_xlabel(effect)
        axes.grid(axis="y", alpha=0.25)
    panels[0].set_yticks(list(place.values()), [FEATURES[name].split(" [")[0] for name in names])
    for colour, label in ((ALL, "all together"), (WITHIN, "within months")):
        panels[0].plot([], [], "o", color=colour, label=label)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def plot_clusters(typical, order):
    """Typical values of four features in each printed cluster, with 95 % intervals, clusters in the mosaic's order.

    typical: of `summarise_groups`; order: cluster numbers.  Grey band: the list's other flares, or, for the image's
    band, all kept images.
    """
    figure = Figure(figsize=(11.5, 6.4), layout="constrained")
    panels = figure.subplots(len(PANELS), 1, sharex=True)
    for axes, (feature, scale) in zip(panels, PANELS.items(), strict=True):
        own = typical[typical["feature"] == feature].set_index("group")
        whole = own.loc["other flares of the list" if feature != "hard_band" else "kept"]
        axes.axhspan(whole["low"], whole["high"], color="0.75")
        for place, cluster in enumerate(order):
            row = own.loc[f"cluster {cluster}"]
            colour = WITHIN if cluster in WHOLE else ALL
            bars = [[row["value"] - row["low"]], [row["high"] - row["value"]]]
            axes.errorbar(place, row["value"], yerr=bars, fmt="o", color=colour, markersize=4 + row["n"] ** 0.5 / 2)
        axes.set_yscale(scale)
        label, unit = FEATURES[feature].rstrip("]").split(" [")
        axes.set_ylabel(f"{SHORT.get(feature, label)}\n[{unit}]", fontsize="small")
    panels[-1].set_xticks(range(len(order)), order)
    panels[-1].set_xlabel("printed cluster, in the order of the mosaic")
    return figure


SHORT = {"distance": "distance of\nSolar Orbiter", "radius": "from disk centre", "excess": "4-10 keV peak"}
SHORT |= {"hard_band": "image at\n16-28 keV"}
