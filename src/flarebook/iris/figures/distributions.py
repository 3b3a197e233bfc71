"""Figures 4 and 5 of the paper: feature densities of the four regions, and F-scores of pre-flare against active."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from flarebook.compendium.appearance.style import WIDE
from flarebook.iris.mg2 import (
    FEATURE_LABELS,
    FEATURE_NAMES,
    FEATURES,
    NEUTRAL_COLOUR,
    REAL_COLOUR,
    REGION_COLOURS,
    REGION_DASHES,
    REGION_NAMES,
)

REAL = "real"  # the region name of spectra measured on the Sun
LINES = {name: {"color": tone, "lw": 1.4, "ls": REGION_DASHES[name]} for name, tone in REGION_COLOURS.items()}
LINES[REAL] = {"color": REAL_COLOUR, "lw": 1.4, "ls": (0, (4, 1.6))}


def plot_densities(densities, origin="simulated"):
    """Ten panels, one a feature, with the density of each region and, dashed, of region "real".

    densities: columns feature, region, value, density; origin: of the regions' spectra.
    A peak far above all others is cut, so that the others show.
    Returns a figure.
    """
    figure, axes = plt.subplots(3, 4, figsize=(WIDE, 4.97), layout="constrained")
    for number, (feature, axis) in enumerate(zip(FEATURES, axes.flat, strict=False), start=1):
        rows = densities[densities["feature"] == feature]
        for region, curve in rows.groupby("region", sort=False, observed=True):
            axis.plot(curve["value"], curve["density"], **LINES[region])
            if region != REAL:
                axis.fill_between(curve["value"], curve["density"], color=REGION_COLOURS[region], alpha=0.10, lw=0)
        peaks = rows.groupby("region")["density"].max().sort_values()
        _finish_density(axis, f"{number}  {FEATURE_LABELS[feature]}", min(peaks.iloc[-1], 2.2 * peaks.iloc[-2]))
    _density_legend(axes.flat[len(FEATURES)], densities["region"].unique(), origin)
    axes.flat[-1].set_axis_off()
    return figure


def _finish_density(axis, label, highest):
    axis.set_xlabel(label, fontsize="small")
    axis.set_yticks([])
    axis.set_ylim(0, 1.04 * highest)
    axis.margins(x=0)
    axis.spines[["left", "top", "right"]].set_visible(False)


def _density_legend(axis, regions, origin):
    names = {region: f"{region}  {name}, {origin}" for region, name in REGION_NAMES.items()}
    names[REAL] = "real raster of 2014-03-29"
    handles = [Line2D([], [], label=names[region], **LINES[region]) for region in regions]
    axis.set_axis_off()
    legend = axis.legend(handles=handles, loc="center left", title="density of", alignment="left")
    legend.set_in_layout(False)  # it reaches over two panels


def plot_f_scores(scores):
    """Bars of the F-scores with the range over redrawn observations, and a line from each to the paper's place.

    scores: as f_score_table gives, highest first.  Returns a figure.
    """
    options = {"width_ratios": (2.6, 1), "sharey": True, "layout": "constrained"}
    figure, (bars, ranks) = plt.subplots(1, 2, figsize=(WIDE, 3.88), **options)
    place = np.arange(1, len(scores) + 1)
    bars.barh(place, scores["f_score"], height=0.62, color=REGION_COLOURS["PF"], alpha=0.85)
    bars.hlines(place, scores["low"], scores["high"], color="0.15", lw=1.6)
    bars.set_yticks(place, [FEATURE_NAMES[feature] for feature in scores["feature"]])
    bars.set_xlabel("F-score, PF against AR (line: 68 % of data sets with redrawn observations)")
    for y, row in zip(place, scores.itertuples(), strict=True):
        bars.text(max(row.high, row.f_score), y, f"  {row.f_score:,.0f}", va="center", fontsize="small", color="0.35")
    bars.set_xlim(0, 1.12 * scores["high"].max())
    bars.invert_yaxis()
    bars.spines[["top", "right"]].set_visible(False)
    bars.tick_params(axis="y", length=0)
    _draw_slopes(ranks, scores)
    return figure


def _draw_slopes(axis, scores):
    """Lines from this run's place of each feature to the place that the paper gives it."""
    for _, row in scores.iterrows():
        moved = abs(row["rank"] - row["paper_rank"]) > 1
        colour = REGION_COLOURS["PF"] if moved else NEUTRAL_COLOUR
        axis.plot([0, 1], [row["rank"], row["paper_rank"]], color=colour, lw=1.6, marker="o", ms=4)
        name = FEATURE_NAMES[row["feature"]]
        axis.text(1.08, row["paper_rank"], f"{row['paper_rank']}", va="center", fontsize="small")
        axis.text(1.3, row["paper_rank"], name, va="center", fontsize="small")
    axis.set_xlim(-0.08, 2.4)
    axis.text(0, 0.3, "this run", ha="center", va="bottom", fontsize="small")
    axis.text(1.08, 0.3, "paper's order", ha="left", va="bottom", fontsize="small")
    axis.set_axis_off()
