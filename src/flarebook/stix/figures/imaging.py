"""Figures of one flare's imaging: visibilities, full disk, dirty beams, images, and models against the data."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from flarebook.compendium.appearance.palette import BLUE, GREEN, ORANGE, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.stix.imaging.image_measures import middle
from flarebook.stix.imaging.source_model import pixel_axis

COLOUR_MAP = "inferno"  # the poster's for 4 to 10 keV
DATA, LIMB, MARK = "black", "#9AD8F5", "#35E0A1"
MODELS = {  # colours for colour-blind readers, and a marker each: shade alone shall not tell them apart
    "CLEAN components": (BLUE, "s"),
    "expectation maximisation": (ORANGE, "D"),
    "ellipse": (VERMILION, "^"),
    "two circles": (GREEN, "v"),
}
FLUX = r"ct cm$^{-2}$ s$^{-1}$ keV$^{-1}$"
WEST, NORTH = "solar x, west [arcsec]", "solar y, north [arcsec]"


def plot_visibilities(visibilities):
    """The (u, v) plane, and amplitude and phase against the angular resolution of the sub-collimators."""
    figure = Figure(figsize=(WIDE, 2.85), layout="constrained")
    plane, amplitude, phase = figure.subplots(1, 3)
    for sign, face in ((1, visibilities.amplitude), (-1, visibilities.amplitude)):
        u, v = sign * visibilities.u * 1e3, sign * visibilities.v * 1e3
        shown = plane.scatter(u, v, c=face, cmap="viridis", s=46 if sign > 0 else 16, edgecolor="0.3", linewidth=0.5)
    plane.set(xlabel="u [1000/arcsec]", ylabel="v [1000/arcsec]", aspect="equal", xlim=(-39, 39), ylim=(-39, 39))
    figure.colorbar(shown, ax=plane, location="top", label=f"amplitude [{FLUX}]", shrink=0.9)
    _plot_data(amplitude, phase, visibilities.resolution, visibilities)
    for axes in (amplitude, phase):
        axes.set(xscale="log", xlabel="angular resolution [arcsec]")
        axes.set_xticks((15, 30, 60, 120), labels=("15", "30", "60", "120"))
        axes.minorticks_off()
    return figure


def _plot_data(amplitude, phase, place, visibilities, **style):
    """Measured amplitudes and phases with their standard errors; 180 degrees where nothing is known of a phase."""
    errors = {"fmt": "o", "color": DATA, "markersize": 4, "capsize": 2, "elinewidth": 1, **style}
    amplitude.errorbar(place, visibilities.amplitude, visibilities.error, **errors)
    phase_error = np.minimum(np.degrees(visibilities.error / visibilities.amplitude), 180)
    phase.errorbar(place, visibilities.phase, phase_error, **errors)
    amplitude.set(ylabel=f"amplitude [{FLUX}]", ylim=(0, None))
    phase.set(ylabel="phase [degrees]", ylim=(-190, 190), yticks=range(-180, 181, 60))


VISIBILITY_HEADS = {  # of `visibility_table`, where a page shows it
    "label": "sub-collimator",
    "u": "u [1/arcsec]",
    "v": "v [1/arcsec]",
    "resolution": "resolution [arcsec]",
    "amplitude": "amplitude [ct cm⁻² s⁻¹ keV⁻¹]",
    "amplitude_error": "its error [the same]",
    "phase": "phase [degrees]",
}


def visibility_table(visibilities, models=None):
    """What the figures of visibilities show: one row per sub-collimator, and each model's amplitude and phase."""
    table = pd.DataFrame({"label": visibilities.label, "u": visibilities.u, "v": visibilities.v})
    table["resolution"], table["amplitude"] = visibilities.resolution, visibilities.amplitude
    table["amplitude_error"], table["phase"] = visibilities.error, visibilities.phase
    for name, value in (models or {}).items():
        table[f"amplitude of {name}"], table[f"phase of {name}"] = np.abs(value), np.degrees(np.angle(value))
    return table


def plot_full_disk(image, pixel, solar_radius, found, given, close=260.0):
    """Full-disk back-projection with the limb, and a closer look at its highest peak.

    found: place of the peak, given: published centre, both solar arcsec; close: half width of the close-up, arcsec.
    """
    figure = Figure(figsize=(WIDE, 3.96), layout="compressed")
    panels = figure.subplots(1, 2)
    edge = len(image) * pixel / 2
    for axes, size in zip(panels, (1.0, 2.0), strict=True):
        shown = axes.imshow(image / image.max(), extent=(-edge, edge) * 2, origin="lower", cmap=COLOUR_MAP)
        plot_limb(axes, solar_radius, linewidth=1.2 * size, label="limb")
        style = {"linestyle": "none", "markersize": 10 * size, "markeredgewidth": 1.8}
        axes.plot(*found, "o", mfc="none", color="white", label="highest peak", **style)
        axes.plot(*given, "+", color=MARK, label="published centre", **style)
        axes.set(xlabel=WEST)
        axes.locator_params(nbins=5)
    panels[0].set_ylabel(NORTH)
    panels[1].set(xlim=(found[0] - close, found[0] + close), ylim=(found[1] - close, found[1] + close))
    panels[1].legend(loc="upper right", labelcolor="white", markerscale=0.4, frameon=True, facecolor="0.1")
    figure.colorbar(shown, ax=panels, label="back-projection [share of peak]", shrink=0.9)
    return figure


def plot_dirty_beams(beams, pixel, spans):
    """Dirty beams as images and cut along solar x; beams: {name: (size, size)}; spans: half width shown, arcsec."""
    figure = Figure(figsize=(WIDE, 3.09), layout="constrained")
    *panels, cut = figure.subplots(1, len(beams) + 1)
    axis = pixel_axis(len(next(iter(beams.values()))), pixel)
    for axes, (name, beam), line in zip(panels, beams.items(), ("-", "--"), strict=True):
        edge = axis[-1] + pixel / 2
        shown = axes.imshow(beam, extent=(-edge, edge) * 2, origin="lower", cmap="RdBu_r", vmin=-1, vmax=1)
        axes.set(title=f"{name} weights", xlabel="x [arcsec]", xlim=(-spans, spans), ylim=(-spans, spans))
        cut.plot(axis, beam[len(beam) // 2], line, label=name, color={"-": BLUE, "--": VERMILION}[line])
    panels[0].set_ylabel("y [arcsec]")
    figure.colorbar(
        shown, ax=panels, label="beam [share of peak]", location="bottom", shrink=0.6, ticks=(-1, -0.5, 0, 0.5, 1)
    )
    cut.axhline(0, color="0.6", linewidth=0.8)
    cut.set(
        xlabel="x [arcsec]",
        ylabel="beam at y = 0\n[share of peak]",
        xlim=(-spans, spans),
        ylim=(-0.5, 1.3),
        box_aspect=1,
    )
    cut.legend(loc="upper center", ncols=2)
    return figure


def plot_images(images, pixel, flare, shapes=None):
    """Images of one flare side by side, each as a share of its peak, in solar coordinates.

    images: {title: (size, size) in flux per arcsec2, solar axes, centred on flare.centre}; shapes: {title: Components}
    outlined at half maximum.
    """
    figure = Figure(figsize=(WIDE, 5.22), layout="compressed")
    grid = figure.subplots(2, -(-len(images) // 2), sharex=True, sharey=True)
    for axes, (title, image) in zip(grid.flat, images.items(), strict=True):
        shown = axes.imshow(image / image.max(), extent=_extent(len(image), pixel, flare), origin="lower",
                            cmap=COLOUR_MAP, vmin=-0.4, vmax=1, interpolation="bilinear")  # fmt: skip
        plot_limb(axes, flare.solar_radius)
        axes.set_title(f"{title}\npeak {1e3 * image.max():.1f}")
        axes.locator_params(nbins=4)
        for part in (shapes or {}).get(title, ()):
            axes.add_patch(_outline(part, flare))
        axes.set(xlabel=WEST, ylabel=NORTH)
        axes.label_outer()
    _scale_bar(grid.flat[0], flare, 10)
    figure.colorbar(shown, ax=grid, label="brightness [share of peak]", shrink=0.7)
    return figure


def _extent(size, pixel, flare):
    """Edges of an image in solar coordinates."""
    x, y, edge = *flare.centre, size * pixel / 2
    return (x - edge, x + edge, y - edge, y + edge)


def plot_limb(axes, solar_radius, **style):
    """Plot the limb without a change of the axes' limits."""
    turn = np.linspace(0, 2 * np.pi, 4000)
    x, y = solar_radius * np.cos(turn), solar_radius * np.sin(turn)
    view = axes.axis()
    axes.plot(x, y, **{"color": LIMB, "linewidth": 1.2, **style})
    axes.axis(view)


def _outline(part, flare):
    """Half-maximum ellipse of a Component placed from the flare's centre."""
    place = (flare.centre[0] + part.x, flare.centre[1] + part.y)
    return Ellipse(place, part.fwhm_major, part.fwhm_minor, angle=part.angle, fill=False, color=MARK, linewidth=1.4)


def _scale_bar(axes, flare, length):
    """A bar of `length` Mm in the lower right corner."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width = length / flare.megametres(1.0)
    x, y = right - 0.06 * (right - left) - width, bottom + 0.07 * (top - bottom)
    axes.plot([x, x + width], [y, y], color="white", linewidth=1.6, solid_capstyle="butt")
    axes.text(x + width / 2, y + 0.02 * (top - bottom), f"{length} Mm", color="white", ha="center", va="bottom")


def plot_model_check(visibilities, models):
    """Amplitudes, phases and misfits of models against the data, from the coarsest sub-collimator to the finest.

    models: {name: (n,) complex}.
    """
    figure = Figure(figsize=(WIDE, 5.54), layout="constrained")
    amplitude, phase, misfit = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
    place = np.arange(len(visibilities))
    _plot_data(amplitude, phase, place, visibilities, label="real data", zorder=1)
    for (name, value), shift in zip(models.items(), np.linspace(-0.27, 0.27, len(models)), strict=True):
        colour, marker = MODELS[name]
        style = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 5, "label": name, "alpha": 0.9}
        amplitude.plot(place + shift, np.abs(value), **style)
        phase.plot(place + shift, np.degrees(np.angle(value)), **style)
        misfit.plot(place + shift, np.abs(value - visibilities.value) / visibilities.error, **style)
    misfit.axhline(np.sqrt(2), color="0.5", linestyle=":", linewidth=1)  # the expected size: two parts of variance 1
    misfit.set(ylabel="|model − data|\n[standard errors]", xlabel="sub-collimator", ylim=(0, None))
    misfit.set_xticks(place, labels=visibilities.label)
    amplitude.legend(ncols=2)
    return figure


def plot_archive_map(archive_map, cleaned, half_width=75.0):
    """One archive file in solar coordinates, its roll included, beside our CLEAN of its back-projection.

    cleaned: (h, w), flux per arcsec2, on the file's pixels; half_width: of the part shown, arcsec.
    """
    figure = Figure(figsize=(WIDE, 2.4), layout="compressed")
    theirs = archive_map.hdus["clean"]
    window = middle(theirs, archive_map.pixel, half_width)
    x, y = (axis[window] for axis in archive_map.coordinates())
    dirty = archive_map.hdus["back_projection"]
    grid = figure.subplots(1, 4, sharex=True, sharey=True)
    images = {"archive: back-projection": dirty / dirty.max(), "archive: CLEAN": theirs / theirs.max()}
    images |= {"ours: CLEAN": cleaned / theirs.max()}
    for axes, (title, image) in zip(grid, images.items(), strict=False):
        shown = axes.pcolormesh(x, y, image[window], cmap=COLOUR_MAP, vmin=-0.4, vmax=1, rasterized=True)
        axes.set_title(title)
    figure.colorbar(shown, ax=grid[:3], label="brightness [share of peak]", shrink=0.85)
    difference = ((cleaned - theirs) / theirs.max())[window]
    shown = grid[3].pcolormesh(x, y, difference, cmap="RdBu_r", vmin=-0.25, vmax=0.25, rasterized=True)
    grid[3].set_title("ours − archive")
    figure.colorbar(shown, ax=grid[3], label="difference [share of peak]", shrink=0.85)
    for axes in grid:
        axes.set(aspect="equal", xlabel=WEST, facecolor="0.92")
        axes.locator_params(nbins=4)
    grid[0].set_ylabel(NORTH)
    return figure


def plot_encoder_inputs(images, titles):
    """Images as an encoder receives them, side by side, in arcsec from the field's centre.

    images: (n, 177, 177) uint8; titles: (n,) text.
    """
    half = images.shape[-1] / 2
    figure = Figure(figsize=(NARROW, 2.8), layout="constrained")
    panels = figure.subplots(1, len(images), sharey=True)
    for axes, image, title in zip(panels, images, titles, strict=True):
        shown = axes.imshow(image, cmap=COLOUR_MAP, origin="lower", extent=(-half, half, -half, half), vmin=0, vmax=255)
        axes.set_title(title, fontsize="small")
        axes.set_xlabel("west of the centre [arcsec]")
    panels[0].set_ylabel("north of the centre [arcsec]")
    figure.colorbar(shown, ax=list(panels), label="level [of 255]", shrink=0.85)
    return figure
