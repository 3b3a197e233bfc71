"""Figures of solar images: real and simulated ones side by side, profiles to the limb, histograms."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flarebook.compendium.appearance.palette import REAL, SIMULATED
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import channel_label, show_channel
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import HALF_WIDTH, Disk

COLUMNS = ("hmi", "4500", "171", "193", "304", "1600")
# From the surface upwards, the corona by temperature
BY_HEIGHT = ("hmi", "4500", "1700", "1600", "304", "171", "193", "211", "335", "94", "131")
PHOTOSPHERIC = 12_500.0  # DN/s, the quiet photosphere at 4500 at disk centre in the simulated images
STYLES = {"real": {"color": REAL, "lw": 1.4}, "simulated": {"color": SIMULATED, "lw": 1.4, "ls": "--"}}
LIMB = np.concatenate([np.arange(0, 0.9, 0.05), np.arange(0.9, 1.095, 0.0125)])  # solar radii, finer at the limb
PHOTOSPHERE = np.append(np.arange(0, 0.95, 0.05), 0.95)  # solar radii; farther out a pixel holds the limb's edge
BINS = {
    "visible light": np.linspace(0.6, 1.2, 61),
    "171 Å": np.linspace(1, 4, 61),
    "field": np.concatenate([-np.geomspace(2500, 4, 40), np.geomspace(4, 2500, 40)]),
}
LIMB_TITLES = {"171": "AIA 171 Å", "4500": "HMI continuum (real), AIA 4500 Å (simulated)"}
LABELS = {
    "visible light": "brightness [that of its ring]",
    "171 Å": "log₁₀ of brightness [DN/s]",
    "field": "line-of-sight field [G]",
}

COMPARED = {  # stem of a metric's name: what it is
    "limb_171": "171 Å, highest ring of the outer tenth of the disk, over the centre",
    "beyond_171": "171 Å, 1.04 to 1.08 solar radii, over the centre",
    "light_171": "171 Å, median on the disk [DN/s]",
    "spread_171": "171 Å, 5th to 95th percentile [powers of ten]",
    "bright_171": "171 Å, brighter than three times the median [thousandths of the disk]",
    "grain_171": "171 Å, grain of the quiet disk below 2 pixels [powers of ten]",
    "weave_171": "171 Å, structure of the quiet disk of 3 to 6 pixels [powers of ten]",
    "limb_4500": "visible light, 0.90 to 0.96 solar radii, over the centre",
    "dark_share": "visible light, darker than 0.9 of its ring [thousandths of the disk]",
}


def choose_dates(days, n=4):
    """Rows of n dates from quiet to active, each from another stretch of time.

    Of the first stretch the quietest date is taken, of the last the most active, by unsigned flux, and so on between.
    """
    flux = days["unsigned_flux"].to_numpy(float)
    stretches = [part for part in np.array_split(np.arange(len(flux)), n) if len(part)]
    ranks = np.linspace(0.03, 0.97, len(stretches))
    ordered = [stretch[np.argsort(flux[stretch])] for stretch in stretches]
    chosen = [rows[round(rank * (len(rows) - 1))] for rows, rank in zip(ordered, ranks, strict=True)]
    return np.array(sorted(chosen, key=lambda row: flux[row]))


def plot_dates(real, images, days, columns=COLUMNS):
    """Simulated dates, one row each, and at the right the real images at hand in the same colours and scaling.

    real: {channel: (image (n, n), title)}, each two rows high; images: (k, 11, n, n) physical; days: their k rows.
    """
    lines, width = len(images), len(columns) + 2 * bool(real)
    side = (WIDE - 0.3) / width  # inches; the rest is for the labels
    figure = Figure(figsize=(WIDE, 1.03 * side * lines + 0.3), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.015, h_pad=0.015, wspace=0.0, hspace=0.0)
    grid = figure.add_gridspec(lines, width)
    for row, day in enumerate(days.itertuples()):
        for place, channel in enumerate(columns):
            axis = figure.add_subplot(grid[row, place])
            show_channel(axis, images[row, CHANNELS.index(channel)], channel)
            axis.set_title(channel_label(channel) if row == 0 else "", fontsize="small")
            label = "" if place else f"{str(day.time)[:10]}\nnext: {day.max_class or 'no flare'}"
            axis.set_ylabel(label, fontsize="small")
    for place, (channel, (image, title)) in enumerate(real.items()):
        axis = figure.add_subplot(grid[2 * place : 2 * place + 2, -2:])
        show_channel(axis, image, channel)
        axis.set_title(title, fontsize="small", color=STYLES["real"]["color"])
        axis.spines[:].set(visible=True, color=STYLES["real"]["color"], lw=1.6)
    return figure


def plot_limb(tables):
    """Brightness against the distance from disk centre, a panel each: the real image and the spread of the dates.

    tables: {panel: of `profile_table`, real and simulated rows}.
    """
    figure = Figure(figsize=(WIDE, 2.9), layout="constrained")
    for axis, (name, table) in zip(figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True):
        for origin, rows in table.groupby("origin"):
            axis.plot(rows["radius"], rows["median"], **STYLES[origin], label=origin)
            if origin == "simulated":
                axis.fill_between(
                    rows["radius"], rows["low"], rows["high"], color=SIMULATED, alpha=0.2, lw=0, label="90 % of dates"
                )
        axis.axvline(1, color="0.6", lw=0.8, ls=":")
        axis.set(xlim=(0, 1.1), ylim=(0, None), title=LIMB_TITLES[name])
        axis.set_xlabel("distance from disk centre [solar radii]")
    figure.axes[0].set_ylabel("brightness [that of the centre]")
    figure.axes[0].legend(loc="upper left")
    return figure


def plot_histograms(table):
    """Histograms of `histogram_table`, a panel for each quantity: simulated filled, real as a line."""
    names = list(dict.fromkeys(table["quantity"]))
    figure = Figure(figsize=(WIDE, 2.5), layout="constrained")
    for axis, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        rows = table[table["quantity"] == name]
        lowest = rows["density"][rows["density"] > 0].min()
        for origin, drawn in rows.groupby("origin", sort=False):
            edges = np.append(drawn["low"], drawn["high"].iloc[-1])
            look = STYLES["real"] if origin == "real" else {"fill": True, "color": SIMULATED, "alpha": 0.4, "lw": 0}
            axis.stairs(drawn["density"].clip(lower=lowest / 9), edges, **look)
        axis.set(xlabel=LABELS[name], yscale="log", title=name, ylim=(lowest / 2, 3 * rows["density"].max()))
        if name == "field":
            axis.set_xscale("symlog", linthresh=10)
            ticks = {-1000: "−10³", -10: "−10", 10: "10", 1000: "10³"}
            axis.set_xticks(list(ticks), ticks.values())
    figure.axes[0].set_ylabel("share of pixels per unit")
    handles = [
        Line2D([], [], color=SIMULATED, alpha=0.4, lw=6, label="simulated"),
        Line2D([], [], **STYLES["real"], label="real"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


def dates_table(days, rows):
    """What is known of the shown dates, to save with their figure."""
    columns = ["time", "r_value", "r_measured", "unsigned_flux", "n_regions", "max_class", "p_m", "origin"]
    return days.iloc[rows][[name for name in columns if name in days]].reset_index(drop=True)


def as_photosphere(continuum):
    """HMI continuum (n, n) with the brightness of AIA 4500 at disk centre, so that both can share colours."""
    centre = Disk(len(continuum)).radius < 0.5
    return continuum * (PHOTOSPHERIC / np.median(continuum[centre]))


def plot_channels(images, time):
    """All eleven images (11, n, n) of one date, sorted from the surface upwards and by temperature."""
    figure = Figure(figsize=(WIDE, 2.79), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.02, wspace=0.0, hspace=0.0)
    axes = figure.subplots(2, 6).flat
    for axis, channel in zip(axes, BY_HEIGHT, strict=False):
        show_channel(axis, images[CHANNELS.index(channel)], channel)
        axis.set_title(channel_label(channel), fontsize="small")
    last = figure.axes[-1]
    last.axis("off")
    last.text(0.5, 0.5, str(time)[:16].replace("T", "\n"), ha="center", va="center", fontsize="small", color="0.3")
    return figure


def plot_prepared(pairs):
    """Real images as their files have them and on the standard grid, side by side.

    pairs: {title: (SunImage, grid (n, n) physical, channel whose colours it takes)}.
    """
    figure = Figure(figsize=(WIDE, 2.5), layout="constrained")
    axes = figure.subplots(1, 2 * len(pairs), squeeze=False)[0]
    for number, (title, (image, grid, channel)) in enumerate(pairs.items()):
        before, after = axes[2 * number : 2 * number + 2]
        stretch = np.nanmedian(grid[Disk(len(grid)).on]) / np.nanmedian(image.data)
        show_channel(before, np.nan_to_num(image.data) * stretch, channel)
        show_channel(after, grid, channel)
        angle = np.linspace(0, 2 * np.pi, 181)
        radius = len(grid) / 2 / HALF_WIDTH
        circle = (len(grid) - 1) / 2 + radius * np.array([np.cos(angle), np.sin(angle)])
        after.plot(*circle, color="#7FDBFF", lw=0.7, ls="--")
        before.set_title(f"{title}\nas in the file", fontsize="small")
        after.set_title("on the standard grid\n", fontsize="small")
        rows, columns = image.data.shape
        before.set_xlabel(f"{columns} × {rows} pixels of {image.pixel:.1f}″", fontsize="small")
        after.set_xlabel(f"{len(grid)} × {len(grid)}, 2.2 solar radii wide", fontsize="small")
    return figure
