"""The pre-flare score along the slit of a real raster."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.iris.score_output import as_map
from flarebook.iris.style import NEUTRAL_COLOUR, REAL_COLOUR

SMOOTHING = 15  # slit pixels of the running mean, 2.5 arcsec


def running_mean(values, width=SMOOTHING):
    """Mean over `width` neighbouring slit pixels, missing ones left out; (n_slit,)."""
    known = np.isfinite(values)
    kernel = np.ones(width)
    number = np.convolve(known, kernel, mode="same")
    total = np.convolve(np.where(known, values, 0.0), kernel, mode="same")
    return np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0)


def draw_real_score(table):
    """Map of the score by exposure and slit pixel, and its mean over exposures with the spread of the networks.

    table: of `score.score_file`.
    """
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.7], sharey=True)
    image = as_map(table, "score")
    extent = (-0.5, image.shape[1] - 0.5, 0, image.shape[0])
    left.set_facecolor("0.8")
    options = {"vmin": 0, "vmax": 1, "cmap": "RdBu_r", "aspect": "auto", "interpolation": "nearest"}
    shown = left.imshow(image, origin="lower", extent=extent, **options)
    figure.colorbar(shown, ax=left, label="score", location="left")
    left.set(xlabel="exposure", ylabel="slit pixel", xticks=range(image.shape[1]))
    draw_along_slit(right, table)
    return figure


def draw_along_slit(axes, table):
    """Running mean of the score along the slit, spread of the networks as a band."""
    columns = table.groupby("slit")[["score", "spread"]].mean()
    mean, spread = (running_mean(columns[name].to_numpy()) for name in ("score", "spread"))
    axes.axvline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
    axes.plot(columns["score"], columns.index, ".", color="0.75", markersize=2, label="mean of the exposures")
    axes.fill_betweenx(columns.index, mean - spread, mean + spread, color=REAL_COLOUR, alpha=0.25, linewidth=0)
    axes.plot(mean, columns.index, color=REAL_COLOUR, linewidth=1.5, label=f"over {SMOOTHING} pixels, band: networks")
    axes.set(xlabel="pre-flare score", xlim=(0, 1))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, fontsize=8)
