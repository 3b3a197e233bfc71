"""Figures of the observations, real tables and simulated rasters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullFormatter

from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.iris.atmospheres.library import PARAMETER_HEADS
from flarebook.iris.features.distributions import standardise_features
from flarebook.iris.matching import QUANTITIES
from flarebook.iris.mg2 import (
    FEATURE_LABELS,
    FEATURE_NAMES,
    FEATURES,
    REAL_COLOUR,
    REGION_COLOURS,
    REGION_DASHES,
    REGION_NAMES,
)
from flarebook.iris.observations import SLIT_PIXEL

SOLAR_RADIUS = 960.0  # arcsec
OUTLINE = [withStroke(linewidth=3, foreground="white")]
MESH = {"shading": "nearest", "rasterized": True}
SAMPLE_COLOURS = {"real raster": REAL_COLOUR} | {f"simulated {name}": tone for name, tone in REGION_COLOURS.items()}


def plot_disk(rows):
    """Where on the disk the observations of Tables 1 and 2 lie, each a bar of its slit's length.

    rows: of `observation_table`.  Returns a figure.
    """
    figure, axis = plt.subplots(figsize=(NARROW, 4.52), layout="constrained")
    angle = np.linspace(0, 2 * np.pi, 400)
    axis.plot(SOLAR_RADIUS * np.cos(angle), SOLAR_RADIUS * np.sin(angle), color="0.7", lw=1)
    for region, colour in REGION_COLOURS.items():
        seen = rows[(rows["region"] == region) & (np.hypot(rows["x"], rows["y"]) < SOLAR_RADIUS)]
        x, half = np.stack([seen["x"], seen["x"]]), seen["slit_length"] / 2
        axis.plot(x, np.stack([seen["y"] - half, seen["y"] + half]), color=colour, lw=1.6, solid_capstyle="butt")
        axis.plot([], [], color=colour, lw=1.6, label=f"{region}  {REGION_NAMES[region]} ({len(seen)})")
    ticks = {"xticks": (-1000, -500, 0, 500, 1000), "yticks": (-1000, -500, 0, 500, 1000)}
    axis.set(aspect="equal", xlabel="solar x [arcsec]", ylabel="solar y [arcsec]", **ticks)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def plot_matching(positions):
    """Cumulative distributions of position and date of each class, a step an observation.

    positions: of `matching.disk_positions`.  Returns a figure.
    """
    figure, panels = plt.subplots(1, len(QUANTITIES), figsize=(WIDE, 3.27), sharey=True, layout="constrained")
    for axes, (quantity, label) in zip(panels, QUANTITIES.items(), strict=True):
        for region, colour in REGION_COLOURS.items():
            values = positions.loc[positions["region"] == region, quantity].dropna()
            style = {
                "color": colour,
                "linestyle": REGION_DASHES[region],
                "linewidth": 2 if region in ("PF", "AR") else 1.4,
            }
            axes.ecdf(values, label=f"{region}  {REGION_NAMES[region]}", **style)
        axes.set(xlabel=label, ylim=(0, 1.02))
    panels[0].set_ylabel("share of the observations")
    panels[1].set_xticks((2014.5, 2015.0, 2015.5))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def label_features(features):
    """Features (n, 10) as a DataFrame with their names."""
    return pd.DataFrame(features, columns=list(FEATURES))


def map_table(features, good, truth, observation):
    """Features of a whole raster with their place and time; NaN where a spectrum could not be measured.

    features: (n, 10); good: (n,); truth: of `simulate_observation`; observation: its row of the tables.
    """
    table = label_features(np.where(good[:, None], features, np.nan))
    minutes = truth["exposure"] * observation["step_cadence"] / 60
    return table.assign(minutes=minutes, slit=truth["slit"], quiet_fraction=truth["quiet_fraction"])


def long_maps(maps):
    """What `plot_maps` draws, as a long table."""
    columns = ["observation", "minutes", "slit", "intensity", "triplet"]
    return pd.concat([table.assign(observation=name) for name, table in maps.items()])[columns].round(3)


def plot_maps(maps):
    """Slit against time of one observation per region: intensity above, triplet below.

    maps: name of the observation to its table of `map_table` with the columns minutes, slit, intensity, triplet.
    """
    figure, axes = plt.subplots(2, len(maps), figsize=(WIDE, 4.42), layout="constrained", squeeze=False)
    styles = {
        "intensity": {"norm": LogNorm(15, 400), "cmap": "magma"},
        "triplet": {"cmap": "RdBu_r", "vmin": -1.6, "vmax": 1.6},
    }
    for column, (name, table) in enumerate(maps.items()):
        for axis, (feature, style) in zip(axes[:, column], styles.items(), strict=True):
            image = table.pivot(index="slit", columns="minutes", values=feature)
            drawn = axis.pcolormesh(image.columns, image.index * SLIT_PIXEL, image, **MESH, **style)
            if column == len(maps) - 1:
                bar = figure.colorbar(drawn, ax=axis, label=FEATURE_LABELS[feature], pad=0.02)
                if feature == "intensity":
                    bar.set_ticks([20, 50, 100, 200, 400], labels=["20", "50", "100", "200", "400"])
                    bar.ax.yaxis.set_minor_formatter(NullFormatter())
        axes[0, column].set_title(name)
        axes[1, column].set_xlabel("time [min]")
    for axis in axes[:, 0]:
        axis.set_ylabel("along the slit [arcsec]")
    return figure


def calibration_table(calibration, states):
    """The atmospheres of the calibration as a table: parameters with units in rows, states of a pixel in columns.

    A pair is [mean, spread]; a single number is added to the mean.
    """
    table = pd.DataFrame({state: pd.Series(calibration[state], dtype=object) for state in states})
    table = table.loc[list(calibration["quiet"])].map(lambda value: "" if value is np.nan else str(value))
    return table.rename(PARAMETER_HEADS)


def plot_pixel_evolution(minutes, wavelength, spectrogram, features):
    """Figure 3: spectrogram at one slit pixel, and ten strips of standardised features below.

    minutes: (n,) to onset; wavelength: (n_wavelengths,); spectrogram: (n, n_wavelengths) DN/s; features: (n, 10).
    """
    rows = {"height_ratios": [5] + [1] * len(FEATURES), "hspace": 0.12}
    figure, axes = plt.subplots(11, 1, figsize=(WIDE, 6.76), sharex=True, gridspec_kw=rows)
    style = {"norm": LogNorm(3, 300), "cmap": "magma", **MESH}
    shown = axes[0].pcolormesh(minutes, wavelength, np.clip(spectrogram.T, 1, None), **style)
    axes[0].set_ylabel("wavelength [Å]")
    for axis, name, strip in zip(axes[1:], FEATURES, standardise_features(features).T, strict=True):
        axis.pcolormesh(minutes, [0, 1], np.tile(strip, (2, 1)), cmap="gray_r", vmin=-2.5, vmax=2.5, **MESH)
        axis.set_yticks([])
        axis.set_ylabel(FEATURE_NAMES[name], rotation=0, ha="right", va="center", fontsize="small")
    axes[-1].set_xlabel("time to the onset of the flare [min]")
    figure.colorbar(shown, ax=axes[0], label="intensity [DN/s]", location="top", shrink=0.35, pad=0.03, aspect=30)
    return figure


def evolution_table(minutes, features):
    """Standardised features against time, as the strips of Figure 3 show them."""
    table = pd.DataFrame(standardise_features(features), columns=list(FEATURES))
    table.insert(0, "minutes_to_onset", minutes)
    return table.round(4)


def quantile_table(samples, quantiles=(0.05, 0.25, 0.5, 0.75, 0.95)):
    """Quantiles of the ten features of named samples, one row per feature and sample.

    samples: name to a table with the ten features.
    """
    tables = {name: table[list(FEATURES)].quantile(list(quantiles)).T for name, table in samples.items()}
    joined = pd.concat(tables, names=["sample", "feature"]).swaplevel().loc[list(FEATURES)]
    return joined.rename(columns=lambda q: f"{100 * q:.0f} %")


def plot_quantiles(quantiles, colours):
    """Ten panels: the 5 to 95 % and 25 to 75 % ranges and the median of each feature in each sample.

    quantiles: of `quantile_table`; colours: sample to colour.  Returns a figure.
    """
    figure, axes = plt.subplots(2, 5, figsize=(WIDE, 3.18), layout="constrained", sharey=True)
    for axis, feature in zip(axes.flat, FEATURES, strict=True):
        for place, (sample, colour) in enumerate(colours.items()):
            low, first, middle, third, high = quantiles.loc[(feature, sample)]
            axis.hlines(-place, low, high, color=colour, lw=1.5)
            axis.hlines(-place, first, third, color=colour, lw=7, alpha=0.75)
            axis.plot(middle, -place, "|", ms=9, mew=1.2, color="black", path_effects=OUTLINE)
        axis.set_xlabel(FEATURE_LABELS[feature].replace(" [", "\n["), fontsize="small")
        axis.set_yticks(-np.arange(len(colours)), labels=list(colours))
        axis.set_ylim(0.6 - len(colours), 0.6)
        if feature == "intensity":
            axis.set(xscale="log", xlim=(12, 450))
            axis.set_xticks([20, 50, 100, 200], labels=["20", "50", "100", "200"])
            axis.xaxis.set_minor_formatter(NullFormatter())
    return figure


def plot_flare_strips(strips, flare, order):
    """Strips of standardised features before the flare, and beside them those of real flare profiles.

    strips: DataFrame minutes_to_onset and the ten features, standardised; flare: DataFrame of K_LINE_FEATURES, in the
    same units; order: its row labels from left to right.  Features that need the h line are hatched.
    """
    options = {"sharex": "col", "gridspec_kw": {"width_ratios": (3, 1.3), "hspace": 0.12, "wspace": 0.04}}
    figure, axes = plt.subplots(len(FEATURES), 2, figsize=(WIDE, 4.48), **options)
    style = {"cmap": "gray_r", "vmin": -2.5, "vmax": 2.5, **MESH}
    for (left, right), name in zip(axes, FEATURES, strict=True):
        left.pcolormesh(strips["minutes_to_onset"], [0, 1], np.tile(strips[name], (2, 1)), **style)
        if name in flare:
            shown = right.pcolormesh(np.arange(len(order)), [0, 1], np.tile(flare.loc[order, name], (2, 1)), **style)
        else:
            right.set_facecolor("white")
            right.add_patch(plt.Rectangle((0, 0), 1, 1, transform=right.transAxes, hatch="////", fill=False, ec="0.7"))
        left.set_ylabel(FEATURE_NAMES[name], rotation=0, ha="right", va="center", fontsize="small")
        for axis in (left, right):
            axis.set_yticks([])
    axes[0, 0].set_title("before the flare, simulated")
    axes[0, 1].set_title("in flares, REAL")
    axes[-1, 0].set_xlabel("time to the onset of the flare [min]")
    axes[-1, 1].set_xlabel("number of the profile, by triplet")
    figure.colorbar(shown, ax=axes, label="standard deviations before the flare", shrink=0.6, pad=0.02, extend="both")
    return figure
