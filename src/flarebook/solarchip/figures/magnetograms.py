"""Figures of real magnetograms beside simulated ones: images, histograms of the field, spectra of its scales."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import hide_axes
from flarebook.solarchip.figures.sun import STYLES

SHOWN = 100.0  # G, black and white of the images
EDGES = np.concatenate([-np.geomspace(1500, 1, 40), np.geomspace(1, 1500, 40)])


def plot_magnetograms(real, simulated):
    """Real fields above, one simulated field of the same date below.

    real: {day: (n, n) G}; simulated: {day: [(n, n) G, ...]}, of which the first is shown.
    """
    figure = Figure(figsize=(WIDE, 4.43), layout="constrained")
    axes = figure.subplots(2, len(real), squeeze=False)
    for column, (day, field) in enumerate(real.items()):
        for row, (origin, image) in enumerate((("real", field), ("simulated", simulated[day][0]))):
            axis = axes[row, column]
            shown = axis.imshow(
                image, origin="lower", cmap="gray", vmin=-SHOWN, vmax=SHOWN, interpolation="antialiased"
            )
            hide_axes(axis)
            axis.set_title(day if row == 0 else "")
            if column == 0:
                axis.set_ylabel(origin)
    figure.colorbar(shown, ax=axes, label="line-of-sight field [G]", extend="both", shrink=0.7)
    return figure


def plot_strengths(histograms, spectra):
    """Histograms of the field (above) and spectra (below), one column for each day.

    histograms: of `statistics.histogram_table`, its quantities are the days; spectra: of `spectrum_table`.
    """
    days = list(histograms["quantity"].unique())
    figure = Figure(figsize=(WIDE, 4.89), layout="constrained")
    axes = figure.subplots(2, len(days), sharey="row", squeeze=False)
    for (upper, lower), day in zip(axes.T, days, strict=True):
        for origin, style in STYLES.items():
            table = histograms[(histograms["quantity"] == day) & (histograms["origin"] == origin)]
            upper.stairs(table["density"], np.append(table["low"], table["high"].iloc[-1]), label=origin, **style)
            table = spectra[(spectra["day"] == day) & (spectra["origin"] == origin)]
            lower.plot(table["scale"], table["power"], label=origin, **style)
        upper.set(title=day, xlabel="line-of-sight field [G]", yscale="log", ylim=(1e-7, 1))
        upper.set_xscale("symlog", linthresh=10)
        upper.set_xticks([-1000, -100, 0, 100, 1000], ["−1000", "", "0", "", "1000"])
        lower.set(xlabel="scale [Mm]", xscale="log", yscale="log")
        lower.set_xticks([20, 50, 100, 200], ["20", "50", "100", "200"])
        lower.minorticks_off()
    axes[0, 0].set_ylabel("density [1/G]")
    axes[1, 0].set_ylabel("power [G² Mm²]")
    axes[0, 0].legend(frameon=False)
    return figure
