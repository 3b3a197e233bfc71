"""Figures of the profile library and of its comparison with real profiles."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, NullFormatter

from flarebook.compendium.appearance.palette import PINK, SIMULATED
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.iris.atmospheres.library import COVERED, broaden, normalised
from flarebook.iris.mg2 import NEUTRAL_COLOUR, REAL_COLOUR

K_LINE = (2795.6, 2797.1)
PANELS = {  # parameter: (title with unit, factor to that unit, wavelength range, divide by the maximum)
    "transition_region_shift": ("transition region moved down [dex]", 1, K_LINE, False),
    "microturbulence": ("microturbulence [factor]", 1, K_LINE, True),
    "velocity": ("velocity, upward positive [km/s]", 1e-3, K_LINE, True),
    "chromosphere_heating": ("chromospheric heating [K]", 1, K_LINE, False),
    "low_heating": ("low heating [K]", 1, (2798.2, 2799.6), False),
    "photosphere": ("photosphere [K]", 1, (2797.4, 2802.6), False),
}
PHOTOSPHERE_EDGES = (-1100, -800, -550, -300, -50, 151)  # spots in three ranges, the rest in two


def parameter_means(library, bins=5, speed=7.0):
    """Mean profiles in equal bins of six parameters.

    speed: km/s of macroturbulence.  Returns a table with parameter, value (bin mean), wavelength and intensity
    (1e-9 W m-2 Hz-1 sr-1, or share of the maximum); only photospheres above -300 K but for the panel on them.
    """
    profiles, tables = broaden(library.profiles, speed), []
    for name, (_, factor, limits, relative) in PANELS.items():
        rows = library.parameters["photosphere"].to_numpy() > (-2000 if name == "photosphere" else -300)
        values = library.parameters[name].to_numpy()[rows] * factor
        shapes = normalised(profiles[rows]) if relative else profiles[rows] * 1e9
        seen = (library.wavelength > limits[0]) & (library.wavelength < limits[1])
        edges = np.quantile(values, np.linspace(0, 1, bins + 1)) if name != "photosphere" else PHOTOSPHERE_EDGES
        which = np.clip(np.digitize(values, edges) - 1, 0, len(edges) - 2)
        for index in np.unique(which):
            mean = np.median(shapes[which == index], axis=0)[seen]
            columns = {"parameter": name, "value": values[which == index].mean(), "intensity": mean}
            tables.append(pd.DataFrame({**columns, "wavelength": library.wavelength[seen]}))
    return pd.concat(tables, ignore_index=True)


def value_label(value, rows):
    """A bin's value with the digits that tell it from the others."""
    return (f"{value:.2f}" if np.ptp(rows["value"]) < 3 else f"{round(value)}").replace("-", "−")


def plot_parameters(means):
    """Six panels: how the profile changes with each of six parameters of the atmosphere.

    means: of `parameter_means`.  Returns a figure.
    """
    figure, axes = plt.subplots(2, 3, figsize=(WIDE, 4.56), layout="constrained")
    for axis, (name, (label, _, limits, relative)) in zip(axes.flat, PANELS.items(), strict=True):
        rows = means[means["parameter"] == name]
        colours = plt.get_cmap("viridis")(np.linspace(0, 0.92, rows["value"].nunique()))
        for colour, (value, curve) in zip(colours, rows.groupby("value"), strict=True):
            axis.plot(curve["wavelength"], curve["intensity"], color=colour, lw=1.6, label=value_label(value, rows))
        axis.set(xlim=limits, title=label, xlabel="wavelength [Å, vacuum]")
        axis.set_ylim(0, 1.5 * rows["intensity"].max())
        axis.set_ylabel("share of maximum" if relative else "intensity\n[$10^{-9}$ W m$^{-2}$ Hz$^{-1}$ sr$^{-1}$]")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.legend(loc="upper center", ncols=3, columnspacing=1, handlelength=1.2)
    return figure


def plot_blanketing(wavelength, quiet, smooth, blanketed):
    """The real mean quiet spectrum between k and h, and FAL-C's with and without the narrow lines.

    wavelength, quiet, smooth, blanketed: (n_wavelengths,), share of the level at 2800.4 Angstrom.  Returns a figure.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 3.38), layout="constrained")
    axis.plot(wavelength, quiet, color=REAL_COLOUR, lw=1.6, label="real, mean of profiles below 40 DN/s")
    axis.plot(wavelength, smooth, color=NEUTRAL_COLOUR, lw=1.4, ls="--", label="library, FAL-C")
    axis.plot(wavelength, blanketed, color=SIMULATED, lw=1.4, label="library with the narrow lines")
    axis.set(xlim=(2797.6, 2802.8), ylim=(0, 1.25), xlabel="wavelength [Å, vacuum]")
    axis.set_ylabel("intensity [level at 2800.4 Å]")
    axis.annotate("triplet", (2798.78, 0.18), (2798.78, 0.06), ha="center")
    axis.legend(loc="upper right", ncols=3)
    return figure


def plot_pairs(wavelength, spectra, nearest, titles):
    """Panels of real profiles, each with the nearest library profile.

    wavelength: (n_wavelengths,); spectra, nearest: (n_panels, n_wavelengths); titles: of the panels.  Returns a figure.
    """
    columns = min(4, len(spectra))
    rows = -(-len(spectra) // columns)
    options = {"sharex": True, "sharey": True, "squeeze": False, "layout": "constrained"}
    figure, axes = plt.subplots(rows, columns, figsize=(WIDE, 1.75 * rows + 0.6), **options)
    for axis, real, library, title in zip(axes.flat, spectra, nearest, titles, strict=False):
        axis.plot(wavelength, real, color=REAL_COLOUR, lw=1.4)
        axis.plot(wavelength, library, color=SIMULATED, lw=1.2, ls=(0, (3, 1)))
        axis.set_title(title, fontsize="small")
    for axis in axes.flat[len(spectra) :]:
        axis.set_axis_off()
    axes.flat[0].xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 4, 5, 10]))
    figure.legend(axes.flat[0].lines, ["real", "nearest of the library"], loc="outside upper center", ncols=2)
    figure.supxlabel("wavelength [Å, vacuum]")
    figure.supylabel("intensity [share of maximum]")
    return figure


def pair_table(wavelength, spectra, nearest, titles):
    """What `plot_pairs` draws, as a long table."""
    tables = [
        pd.DataFrame({"panel": title.replace("\n", " "), "wavelength": wavelength, "real": real, "library": library})
        for title, real, library in zip(titles, spectra, nearest, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def plot_distances(distances):
    """Cumulative shares of the distance to the nearest library shape.

    distances: columns sample, distance.  Returns a figure.
    """
    figure, axis = plt.subplots(figsize=(NARROW, 2.97), layout="constrained")
    for colour, (sample, rows) in zip((REAL_COLOUR, PINK), distances.groupby("sample", sort=False), strict=False):
        axis.ecdf(rows["distance"], color=colour, lw=1.6, label=sample)
    axis.axvline(COVERED, color=NEUTRAL_COLOUR, ls="--", lw=1)
    axis.text(COVERED * 1.04, 0.04, "covered to the left", color="0.35", fontsize="small")
    axis.set(xscale="log", xlim=(0.01, 0.7), ylim=(0, 1), ylabel="share of profiles")
    axis.set_xlabel("distance to the nearest library shape [rms, share of peak]")
    axis.set_xticks([0.01, 0.02, 0.05, 0.1, 0.2, 0.5], labels=["0.01", "0.02", "0.05", "0.1", "0.2", "0.5"])
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    return figure
