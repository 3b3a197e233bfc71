"""Figures 6 to 10 of the paper: what a projection is, principal components, t-SNE maps, features on a map."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from flarebook.compendium.appearance.palette import VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.iris.mg2 import FEATURE_NAMES, FEATURE_RANKING, FEATURES, NEUTRAL_COLOUR, REGION_COLOURS, REGION_NAMES

FIRST, SECOND = REGION_COLOURS["QS"], VERMILION  # the paper's cyan and red lines of Figure 6
COLOURS = {**REGION_COLOURS, "flare": REGION_COLOURS["PF"], "QS again": NEUTRAL_COLOUR}

LABELS = {region: f"{region}  {name}" for region, name in REGION_NAMES.items()}
LABELS |= {"flare": "flare-like", "QS again": "quiet Sun, other spectra"}
OUTLINE = [withStroke(linewidth=3.2, foreground="white")]
BOXED = {"fontsize": "small", "frameon": True, "framealpha": 0.85, "edgecolor": "none", "loc": "upper left"}


def plot_projection_sketch(points, components):
    """Points of a bivariate Gaussian, its two principal axes, and what is left of the points on each axis.

    points: (n, 2); components: (2, 2), unit vectors, the axis of most variance first.  Returns a figure.
    """
    options = {"height_ratios": (7, 1, 1), "layout": "constrained"}
    figure, (plane, first, second) = plt.subplots(3, 1, figsize=(NARROW, 5), **options)
    plane.scatter(*points.T, s=7, color=NEUTRAL_COLOUR, alpha=0.6, lw=0)
    centred = points - points.mean(axis=0)
    rows = ((first, FIRST, "first"), (second, SECOND, "second"))
    for vector, (axis, colour, name) in zip(components, rows, strict=True):
        score = centred @ vector
        ends = points.mean(axis=0) + np.outer([score.min(), score.max()], vector)
        plane.plot(*ends.T, color=colour, lw=1.6)
        axis.plot(score, np.zeros_like(score), "|", color=colour, ms=16, alpha=0.35)
        axis.set_xlim(1.05 * abs(centred).max() * np.array([-1, 1]))
        axis.set_title(f"on the {name} component: variance {score.var():.2f}", fontsize="small", loc="left", pad=2)
        _blank(axis, frame=False)
    plane.set_aspect("equal", adjustable="datalim")
    plane.set(xlabel="$x_1$", ylabel="$x_2$", xticks=[], yticks=[])
    return figure


def _blank(axis, frame=True):
    """An axis without ticks: a t-SNE map has no unit."""
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(visible=frame, linewidth=0.6, color="0.7")


def plot_components(profiles, baseline, pairs):
    """Principal components: quiet Sun against flare-like profiles in place of points, then PF with each other region.

    profiles: (n, 240) normalised; baseline: (table with region, x, y; Projection); pairs: {region: the same}.
    The axes hold 99.5 % of the points.  Returns a figure.
    """
    figure, axes = plt.subplots(2, 2, figsize=(WIDE, 6.84), layout="constrained")
    axes = axes.ravel()
    _draw_profiles(axes[0], profiles, baseline[0])
    _label_components(axes[0], baseline[1], "quiet Sun and flare-like")
    for axis, (region, (drawn, projection)) in zip(axes[1:], pairs.items(), strict=True):
        _scatter_regions(axis, drawn, ("PF", region), alpha=0.4)
        for name in ("PF", region):
            _draw_contours(axis, drawn.loc[drawn["region"] == name, ["x", "y"]].to_numpy(), COLOURS[name])
        _label_components(axis, projection, f"PF and {region}")
        axis.legend(handles=_dots(("PF", region)), **BOXED)
        low, high = _limits(drawn)
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    return figure


def _limits(drawn, coverage=0.995, margin=0.08):
    """Lower left and upper right corner of the plane that holds nearly all points."""
    low, high = np.quantile(drawn[["x", "y"]], [(1 - coverage) / 2, (1 + coverage) / 2], axis=0)
    return low - margin * (high - low), high + margin * (high - low)


def _draw_profiles(axis, profiles, drawn, cells=15, width=0.07, height=0.075):
    """One profile per cell of the plane, drawn small where its point would be."""
    low, high = _limits(drawn)
    place = (drawn[["x", "y"]].to_numpy() - low) / (high - low)
    inside = np.flatnonzero(((place > width / 2) & (place < 1 - width / 2)).all(axis=1))
    _, first = np.unique((place[inside] * cells).astype(int), axis=0, return_index=True)
    across = np.linspace(-width / 2, width / 2, profiles.shape[1])
    for region in ("QS", "flare"):
        mine = [i for i in inside[first] if drawn["region"].iloc[i] == region]
        lines = [np.column_stack([place[i, 0] + across, place[i, 1] + height * (profiles[i] - 0.5)]) for i in mine]
        axis.add_collection(LineCollection(lines, colors=COLOURS[region], lw=0.9))
        axis.plot([], [], color=COLOURS[region], label=LABELS[region])
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.legend(**BOXED)


def _label_components(axis, projection, title):
    """Name each axis by its share of the variance and the three features that weigh most in it."""
    for number, name in enumerate(("x", "y")):
        weights = projection.components[number]
        top = np.argsort(-np.abs(weights))[:3]
        text = ", ".join(f"{'+' if weights[i] > 0 else '−'} {FEATURE_NAMES[FEATURES[i]]}" for i in top)
        share = 100 * projection.variance[number]
        getattr(axis, f"set_{name}label")(f"component {number + 1} ({share:.0f} %):\n{text}", fontsize="small")
    axis.set_title(f"{title}: {100 * projection.variance_two:.0f} % of the variance")
    axis.set(xticks=[], yticks=[])


def _scatter_regions(axis, drawn, regions, alpha):
    """Points of the regions in that order, so that later ones eclipse earlier ones."""
    size = _marker_size(len(drawn))
    for region in regions:
        points = drawn.loc[drawn["region"] == region, ["x", "y"]].to_numpy()
        axis.scatter(*points.T, s=size, color=COLOURS[region], alpha=alpha, lw=0, rasterized=True)


def _marker_size(n_points):
    """Area of a marker in square points, smaller where there are many."""
    return float(np.clip(5000 / n_points, 2, 10))


def _draw_contours(axis, points, colour, share=0.68):
    """Line around the densest part of the plane that holds a share of the points."""
    line = {"color": colour, "linewidths": 1.8, "path_effects": OUTLINE}
    seaborn.kdeplot(x=points[:, 0], y=points[:, 1], levels=[1 - share], gridsize=60, ax=axis, **line)


def _dots(regions):
    """Entries of a legend, a dot for each region."""
    return [Line2D([], [], ls="", marker="o", ms=6, color=COLOURS[region], label=LABELS[region]) for region in regions]


def plot_baselines(draws, maps, scores):
    """t-SNE maps of two kinds of spectra that part and of two that cannot, with their separability.

    draws: {"flare": table with regions flare and QS, "mixed": with QS and QS again}; maps: {name: {perplexity:
    (n, 2)}}, of which the first is drawn; scores: {name: separability}.  Returns a figure.
    """
    kinds = {
        "flare": ("flare-like and quiet Sun", ("flare", "QS")),
        "mixed": ("quiet Sun and quiet Sun", ("QS", "QS again")),
    }
    figure, axes = plt.subplots(1, 2, figsize=(WIDE, 4.05), layout="constrained")
    for axis, (name, (title, regions)) in zip(axes, kinds.items(), strict=True):
        points = next(iter(maps[name].values()))
        _scatter_regions(axis, draws[name].assign(x=points[:, 0], y=points[:, 1]), regions, alpha=0.75)
        axis.set_title(f"{title}: k-NN {scores[name]:.2f}")
        axis.legend(handles=_dots(regions), loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
        _blank(axis)
    return figure


def plot_map_grid(draws, maps, scores):
    """t-SNE maps, a row for each region beside PF and a column for each perplexity; PF lies below the other region.

    draws: {region: table}; maps: {region: {perplexity: (n, 2)}}; scores: as separability_table.  Returns a figure.
    """
    columns, knn = len(next(iter(maps.values()))), scores.set_index(["pair", "perplexity"])["knn"]
    figure, axes = plt.subplots(len(maps), columns, figsize=(WIDE, 1.62 * len(maps) + 0.4), layout="constrained")
    for row, (region, own) in zip(axes, maps.items(), strict=True):
        row[0].set_ylabel(f"PF and {region}")
        for axis, (perplexity, points) in zip(row, own.items(), strict=True):
            drawn = draws[region].assign(x=points[:, 0], y=points[:, 1])
            _scatter_regions(axis, drawn, ("PF", region), alpha=0.8)
            axis.set_xlabel(f"k-NN {knn[f'PF and {region}', perplexity]:.2f}", fontsize="small", labelpad=2)
            _blank(axis)
    for axis, perplexity in zip(axes[0], next(iter(maps.values())), strict=True):
        axis.set_title(f"perplexity {perplexity}")
    figure.legend(handles=_dots(("PF", *maps)), loc="outside lower center", ncols=4)
    return figure


def plot_features_on_map(drawn, points, limit=2.0):
    """One t-SNE map twelve times: the class, the ten features in the paper's order, and the colour scale.

    drawn: table with region and the ten standardised features; points: (n, 2); limit: standard deviations at the
    ends of the scale.  Returns a figure.
    """
    figure, axes = plt.subplots(3, 4, figsize=(WIDE, 5.94), layout="constrained")
    axes = axes.ravel()
    _scatter_regions(axes[0], drawn.assign(x=points[:, 0], y=points[:, 1]), ("PF", "AR"), alpha=0.8)
    axes[0].set_title("class")
    for number, (axis, feature) in enumerate(zip(axes[1:], FEATURE_RANKING, strict=False), start=1):
        colour = {"c": drawn[feature], "cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
        shown = axis.scatter(*points.T, s=_marker_size(len(points)), lw=0, rasterized=True, **colour)
        axis.set_title(f"{number}  {FEATURE_NAMES[feature]}")
    for axis in axes:
        _blank(axis)
    _feature_map_key(figure, axes[-1], shown)
    return figure


def _feature_map_key(figure, axis, shown):
    """Legend of the class panel above the colour scale of the others."""
    axis.set_axis_off()
    axis.legend(handles=_dots(("PF", "AR")), loc="upper left", title="class", alignment="left")
    bar = axis.inset_axes((0.06, 0.34, 0.88, 0.07))
    figure.colorbar(shown, cax=bar, orientation="horizontal", extend="both", label="standard deviations")


def start_panels(maps, kinds, shown=3):
    """Maps of the first random starts, {"method, start 1": DataFrame x, y, kind}, to three decimals.

    maps: {method: list of (n, 2)}; kinds: (n,) of the points; shown: starts of each method.
    """
    return {
        f"{method}, start {number}": pd.DataFrame(points, columns=["x", "y"]).round(3).assign(kind=kinds)
        for method, own in maps.items()
        for number, points in enumerate(own[:shown], start=1)
    }


def plot_starts(panels, colours):
    """Maps of several random starts, a row for each method.

    panels: of `start_panels`; colours: {kind: colour}.  Returns a figure.
    """
    names = [panel.rsplit(", ", 1) for panel in panels]
    n_rows = len({method for method, _ in names})
    options = {"figsize": (WIDE, 2.5 * n_rows + 0.5), "squeeze": False, "layout": "constrained"}
    figure, axes = plt.subplots(n_rows, len(panels) // n_rows, **options)
    for axis, (method, start), drawn in zip(axes.flat, names, panels.values(), strict=True):
        look = {"s": 3 * _marker_size(len(drawn)), "alpha": 0.75, "lw": 0, "rasterized": True}
        axis.scatter(drawn["x"], drawn["y"], c=[colours[kind] for kind in drawn["kind"]], **look)
        axis.set_title(start)
        _blank(axis)
        if axis in axes[:, 0]:
            axis.set_ylabel(method)
    dots = [Line2D([], [], ls="", marker="o", ms=6, color=colour, label=kind) for kind, colour in colours.items()]
    figure.legend(handles=dots, loc="outside lower center", ncols=4)
    return figure
