"""Figures of real spectra: spectrogram, windows, quartiles, feature maps, slit-jaw context, coarse rasters in time."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import AsinhNorm, PowerNorm

from flarebook.compendium.appearance.palette import BLUE, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.iris.features.extract import peaks, window_edges
from flarebook.iris.features.kernels import quartiles
from flarebook.iris.mg2 import (
    FEATURE_LABELS,
    FEATURE_NAMES,
    FEATURES,
    GRID,
    H_CORE,
    K_CORE,
    NEUTRAL_COLOUR,
    REAL_COLOUR,
    TRIPLET,
    TRIPLET_WING,
    WINDOW,
)

LINES = {"k": K_CORE, "h": H_CORE, "triplet": TRIPLET}
TRIPLET_COLOUR, WING_COLOUR, FILL_COLOUR = VERMILION, BLUE, "#F4E3C1"
HATCHED = {"facecolor": FILL_COLOUR, "edgecolor": "#C9A14A", "hatch": "////", "lw": 0.5}
QUARTILE_COLOURS = {"q1": BLUE, "q2": REAL_COLOUR, "q3": VERMILION}
SIGNED = {"asymmetry": 0.0, "triplet": 0.0, "kh_ratio": 1.0, "peak_ratio": 1.0, "line_center": None}


def plot_spectrogram(raster, exposure):
    """Slit against wavelength of one exposure, and the brightest value of each spectrum along the slit."""
    spectra = raster.spectra[exposure] / raster.exposure_time[exposure]
    y = raster.y[exposure] + raster.slit_offset
    options = {"sharey": True, "width_ratios": (5, 1), "layout": "constrained"}
    figure, (image, along) = plt.subplots(1, 2, figsize=(WIDE, 4.89), **options)
    norm = AsinhNorm(linear_width=6, vmin=0, vmax=np.nanpercentile(spectra, 99.9))
    mesh = show_image(image, spectra, raster.wavelength, y, norm=norm, cmap="magma")
    image.set(xlabel=r"wavelength in vacuum [$\mathrm{\AA}$]", ylabel="solar y [arcsec]")
    for name, wavelength in LINES.items():
        place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "fontsize": "small"}
        image.annotate(f"{name} {wavelength:.2f}", (wavelength, 1.005), **place)
    figure.colorbar(mesh, ax=along, label="intensity [DN/s]", ticks=[0, 5, 10, 20, 50, 100, 200], format="%d", pad=0.06)
    along.plot(np.nanmax(np.where(np.isnan(spectra), -1, spectra), axis=1), y, color=REAL_COLOUR, lw=0.8)
    along.set(xlabel="maximum [DN/s]", xscale="log", xlim=(8, None), ylim=(y[0], y[-1]))
    along.spines[["top", "right"]].set_visible(False)
    return figure


def plot_profile(spectrum, exposure_time, wavelength, window=WINDOW):
    """A profile with the windows, the continuum between them, the triplet and the wing point (the paper's figure 1).

    spectrum: (n_wavelengths,) DN; exposure_time: s.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 3.99), layout="constrained")
    _draw_profile(axis, spectrum, exposure_time, wavelength, window)
    return figure


def _draw_profile(axis, spectrum, exposure_time, wavelength, window):
    """Draw what `plot_profile` shows."""
    height = spectrum / exposure_time
    k_left, k_right, h_left, h_right = GRID[list(window_edges(window))]
    between = (wavelength > k_right) & (wavelength < h_left)
    axis.fill_between(wavelength[between], height[between], **HATCHED)
    axis.plot(wavelength, height, color=REAL_COLOUR, lw=1.3)
    for edge in (k_left, k_right, h_left, h_right):
        axis.axvline(edge, color="0.3", ls="--", lw=0.9)
    axis.axvline(TRIPLET, color=TRIPLET_COLOUR, lw=1.3, label=f"triplet {TRIPLET} Å")
    axis.axvline(TRIPLET_WING, color=WING_COLOUR, lw=1.3, label=f"wing {TRIPLET_WING} Å")
    _name_peaks(axis, spectrum, wavelength, height)
    low, high = np.nanmin(height), np.nanmax(height)
    for name, core in (("k window", K_CORE), ("h window", H_CORE)):
        axis.text(core, 1.15 * high, name, ha="center", va="top")
    axis.text((TRIPLET_WING + h_left) / 2, 0.35 * high, "total continuum", ha="center", color="#8A6414")
    axis.set(xlabel=r"wavelength in vacuum [$\mathrm{\AA}$]", ylabel="intensity [DN/s]", xlim=(GRID[0], GRID[-1]))
    axis.set_ylim(min(0, low), 1.18 * high)
    axis.legend(loc="upper center", bbox_to_anchor=(0.56, 0.99))
    axis.spines[["top", "right"]].set_visible(False)


def plot_scored_profile(spectrum, exposure_time, wavelength, distances, scores, window=WINDOW):
    """A real profile, its features beside those of the training spectra, and the score of each network.

    spectrum: (n_wavelengths,) DN; exposure_time: s; distances: (10,) from the mean of the training spectra in their
    standard deviations; scores: (n_members,).
    """
    figure = plt.figure(figsize=(WIDE, 5.4), layout="constrained")
    (top, left, right) = figure.subplot_mosaic([["profile"] * 2, ["features", "scores"]]).values()
    _draw_profile(top, spectrum, exposure_time, wavelength, window)
    names = [FEATURE_NAMES[name] for name in FEATURES]
    left.bar_label(
        left.barh(names, distances, color=REAL_COLOUR),
        fmt=lambda value: f"{value:+.1f}".replace("-", "−"),
        padding=3,
        fontsize="small",
    )
    left.axvline(0, color="0.3", lw=0.9)
    left.invert_yaxis()
    left.margins(x=0.2)
    left.set(xlabel="distance from the mean of the training spectra [sd]")
    right.hist(scores, np.linspace(0, 1, 21), color=NEUTRAL_COLOUR)
    right.axvline(np.mean(scores), color="black", ls="--", label=f"mean {np.mean(scores):.2f}")
    right.set(xlabel="pre-flare score", ylabel="networks", xlim=(0, 1))
    right.legend()
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def _name_peaks(axis, spectrum, wavelength, height):
    """Write k2v, k3 and k2r beside the points that the feature extraction finds."""
    offsets = ((-16, 2, "right"), (0, -14, "center"), (16, 2, "left"))
    places = zip(("k2v", "k3", "k2r"), peaks(spectrum[None], wavelength)[0], offsets, strict=True)
    for name, place, (dx, dy, side) in places:
        point = GRID[place], np.interp(GRID[place], wavelength, height)
        axis.plot(*point, "o", color="black", ms=3.5, zorder=5)
        axis.annotate(name, point, (dx, dy), textcoords="offset points", ha=side, fontsize="small")


def plot_quartiles(profiles, titles, window=WINDOW):
    """Normalised profiles and the running sum over the k window with its quartiles (the paper's figure 2).

    profiles: (2, 240) on the grid; titles: one a profile.
    """
    left, right = window_edges(window)[:2]
    figure, axes = plt.subplots(
        2, 2, figsize=(WIDE, 4.52), layout="constrained", gridspec_kw={"width_ratios": (1.5, 1)}
    )
    for (shape, running), profile, title in zip(axes, profiles, titles, strict=True):
        shape.fill_between(GRID[left:right], profile[left:right], **HATCHED)
        shape.plot(GRID, profile, color=REAL_COLOUR, lw=1.2)
        shape.set(ylabel="normalised intensity", ylim=(0, 1.05), xlim=(GRID[0], GRID[-1]))
        shape.set_title(title, loc="left")
        share = np.concatenate([[0], np.cumsum(profile[left : right - 1])])
        running.plot(np.arange(left, right), share / share[-1], color="black", lw=1.2)
        for (name, colour), place in zip(QUARTILE_COLOURS.items(), quartiles(profile, left, right), strict=True):
            running.axvline(left + place, color=colour, ls="--", lw=1.1, label=f"{name} = {left + place}")
        running.set(ylabel="cumulative share", ylim=(0, 1.02), xlim=(left, right - 1))
        running.legend(loc="center right")
    axes[1, 0].set_xlabel(r"wavelength in vacuum [$\mathrm{\AA}$]")
    axes[1, 1].set_xlabel("grid point")
    return figure


def plot_feature_maps(maps, y):
    """The ten features along the slit, exposures side by side, one panel a feature.

    maps: {name: (n_exposures, n_slit)}; y: (n_slit,) arcsec.
    """
    figure, axes = plt.subplots(1, len(FEATURES), figsize=(WIDE, 3.8), sharey=True, layout="constrained")
    for axis, name in zip(axes, FEATURES, strict=True):
        n_exposures = len(maps[name])
        mesh = show_image(axis, maps[name].T, np.arange(n_exposures) + 0.5, y, **feature_style(name, maps[name]))
        axis.set_title(FEATURE_NAMES[name].replace(" ", "\n"), fontsize="small")
        axis.set_xticks(np.arange(n_exposures) + 0.5, [f"{i + 1}" for i in range(n_exposures)])
        bar = figure.colorbar(mesh, ax=axis, location="bottom", pad=0.015, aspect=8)
        bar.ax.tick_params(labelsize="small", rotation=45)
        bar.set_ticks(plt.MaxNLocator(3) if name != "intensity" else [10, 50, 200])
    axes[0].set_ylabel("solar y [arcsec]")
    figure.supxlabel("exposure")
    return figure


def feature_style(name, values):
    """Colour scale of a feature, 1 to 99 % of its values: diverging for signed ones, square root for intensity."""
    low, high = np.nanpercentile(values, [1, 99])
    if name == "intensity":
        return {"norm": PowerNorm(0.5, low, high), "cmap": "magma"}
    if name not in SIGNED:
        return {"norm": plt.Normalize(low, high), "cmap": "viridis"}
    centre = np.nanmedian(values) if SIGNED[name] is None else SIGNED[name]
    reach = max(abs(low - centre), abs(high - centre)) or 1.0
    return {"norm": plt.Normalize(centre - reach, centre + reach), "cmap": "RdBu_r"}


def show_image(axis, values, x, y, **colours):
    """Show values (len(y), len(x)), pixels centred on x and y, grey where missing."""
    axis.set_facecolor("0.85")
    return axis.pcolormesh(x, y, values, shading="nearest", rasterized=True, **colours)


def plot_slit_jaw(jaw, raster):
    """A slit-jaw image with the slit of that moment and the positions of the raster's exposures."""
    figure, axis = plt.subplots(figsize=(NARROW, 7.4), layout="constrained")
    norm = AsinhNorm(linear_width=40, vmin=0, vmax=np.nanpercentile(jaw.image, 99.8))
    image = show_image(axis, jaw.image, jaw.x, jaw.y, norm=norm, cmap="copper")
    axis.axvline(jaw.x[jaw.slit_column], color="#3DB7E9", lw=1.0, ls=(0, (6, 3)), label="slit at this moment")
    for number, x in enumerate(raster.x):
        axis.axvline(x, color="white", lw=0.7, ls=":", label="the raster's exposures" if number == 0 else None)
    axis.set(xlabel="solar x [arcsec]", ylabel="solar y [arcsec]", aspect="equal")
    axis.legend(loc="upper left", frameon=True, facecolor="black", labelcolor="white", framealpha=0.6)
    figure.colorbar(image, ax=axis, label="intensity [DN]", shrink=0.6, ticks=[0, 50, 100, 200, 500], format="%d")
    return figure


def plot_agreement(agreement):
    """Rank correlation of each feature between the coarse and the original spectra, as bars."""
    ordered = agreement.sort_values("rank_correlation")
    names, values = [FEATURE_NAMES[name] for name in ordered["feature"]], ordered["rank_correlation"]
    figure, axis = plt.subplots(figsize=(NARROW, 2.81), layout="constrained")
    axis.bar_label(axis.barh(names, values, color=REAL_COLOUR), fmt="%.2f", padding=3, fontsize="small")
    axis.set(xlabel="rank correlation, coarse against original spectra", xlim=(min(0, values.min()), 1.1))
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def plot_feature_evolution(maps, minutes, y):
    """Features against time and slit position, one panel a feature.

    maps: {name: (n_exposures, n_slit)} of the features to show; minutes: (n_exposures,); y: (n_slit,) arcsec.
    """
    figure, axes = plt.subplots(len(maps), 1, figsize=(WIDE, 1.6 * len(maps)), sharex=True, layout="constrained")
    for axis, name in zip(axes, maps, strict=True):
        mesh = show_image(axis, maps[name].T, minutes, y, **feature_style(name, maps[name]))
        axis.set_ylabel("y [arcsec]")
        figure.colorbar(mesh, ax=axis, pad=0.01, aspect=12).set_label(FEATURE_LABELS[name].replace(" [", "\n["))
    axes[-1].set_xlabel("time since the start of the observation [min]")
    return figure


def spectrogram_data(raster, exposure):
    """What the spectrogram shows, as a table: one row a slit pixel, one column a wavelength, DN/s."""
    columns = [f"{wavelength:.3f}" for wavelength in raster.wavelength]
    rows = pd.DataFrame(raster.spectra[exposure] / raster.exposure_time[exposure], columns=columns).round(3)
    return rows.rename_axis("slit")
