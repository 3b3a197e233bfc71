"""Atmospheres of the library shapes nearest to real spectra: by score, and along the slit."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from flarebook.compendium.appearance.palette import VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.iris.atmospheres.library import COVERED
from flarebook.iris.atmospheres.thermodynamics import GROUPS, QUANTITIES, score_groups
from flarebook.iris.mg2 import NEUTRAL_COLOUR, REAL_COLOUR

GROUP_COLOURS = {"low": "#9ECAE1", "middle": "#BDBDBD", "high": VERMILION}
SMOOTHING = 15  # slit pixels of the running median, 2.5 arcsec


def plot_by_score(table):
    """Boxes of each quantity of covered spectra by third of the score, and of the distance of all spectra.

    table: of `nearest_quantities` with the column score.  Boxes: quartiles; whiskers: 5 to 95 %.  Returns a figure.
    """
    figure, panels = plt.subplots(2, 4, figsize=(WIDE, 3.87), layout="constrained")
    group = score_groups(table["score"])
    for axes, name in zip(panels.flat, (*QUANTITIES, "distance"), strict=True):
        used = np.ones(len(table), bool) if name == "distance" else table["covered"].to_numpy()
        samples = [table.loc[used & (group == third), name] for third in GROUPS]
        boxes = axes.boxplot(samples, whis=(5, 95), showfliers=False, widths=0.6, patch_artist=True)
        for box, colour in zip(boxes["boxes"], GROUP_COLOURS.values(), strict=True):
            box.set_facecolor(colour)
        for line in boxes["medians"]:
            line.set(color="black", linewidth=1.6)
        axes.set_xticks(range(1, 4), [f"{third}\n{len(rows)}" for third, rows in zip(GROUPS, samples, strict=True)])
        axes.set_ylabel(QUANTITIES.get(name, "distance to the library\n[share of the peak]"))
    panels.flat[-1].axhline(COVERED, color=NEUTRAL_COLOUR, ls="--", lw=1)
    figure.supxlabel("pre-flare score: low below 1/3, high above 2/3; number of spectra")
    return figure


def plot_along_slit(table, names=("low_heating", "transition_region_shift", "microturbulence"), width=SMOOTHING):
    """Score, distance to the library and three quantities along the slit; grey where the library does not reach.

    table: of `nearest_quantities` with score, slit.  Lines: running medians over the slit.  Returns a figure.
    """
    rows = {"score": "pre-flare score", "distance": "distance to the library\n[share of the peak]"}
    rows |= {name: QUANTITIES[name] for name in names}
    figure, panels = plt.subplots(len(rows), 1, figsize=(WIDE, 6.92), sharex=True, layout="constrained")
    covered = table["covered"].to_numpy()
    for axes, (name, label) in zip(panels, rows.items(), strict=True):
        kept = np.ones_like(covered) if name in ("score", "distance") else covered
        axes.plot(table["slit"][~kept], table[name][~kept], ".", ms=2, color="0.85")
        axes.plot(table["slit"][kept], table[name][kept], ".", ms=2, color=REAL_COLOUR, alpha=0.35)
        line = running_median(table[kept], name, width)
        axes.plot(line.index, line, color="black", lw=1.2)
        axes.set_ylabel(label, fontsize="small")
        axes.margins(x=0)
    panels[0].axhline(0.5, color=NEUTRAL_COLOUR, ls=":", lw=1)
    panels[1].axhline(COVERED, color=NEUTRAL_COLOUR, ls="--", lw=1)
    panels[1].set_yscale("log")
    panels[-1].set_xlabel("slit pixel (0.166 arcsec)")
    return figure


def running_median(table, name, width):
    """Median of the exposures by slit pixel, then over `width` neighbouring pixels; a Series by slit pixel."""
    by_slit = table.groupby("slit")[name].median()
    whole = by_slit.reindex(np.arange(by_slit.index.min(), by_slit.index.max() + 1))
    return pd.Series(whole).rolling(width, center=True, min_periods=3).median()
