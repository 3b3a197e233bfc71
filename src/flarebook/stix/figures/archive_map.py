"""Look at archive files: each map on the Sun, its products, and the eight-bit image that an encoder sees."""

import numpy as np
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure

from flarebook.compendium.atomic_files import atomic_write, free_stem
from flarebook.compendium.data.header_values import number
from flarebook.stix.archive.real_maps import record_of
from flarebook.stix.figures.imaging import plot_limb
from flarebook.stix.maps.fits_map import read_map
from flarebook.stix.maps.preprocess import HALF_WIDTH, normalise
from flarebook.stix.rendering import COLOUR_MAPS

SOFT_BAND = 12.0  # keV; below it a map has the colours of 4-10 keV, above those of 16-28 keV
PANELS = {"back_projection": "back-projection", "residual": "CLEAN residual"}


def plot_map(archive_map):
    """A file's map in helioprojective coordinates, its back-projection and residual, and the encoder's image.

    archive_map: ArchiveMap.  Returns a Figure; a file with one product gives two panels.  The square marks the field
    that is cut out.
    """
    products = [name for name in PANELS if name in archive_map.hdus]
    figure = Figure(figsize=(4.3 * (2 + len(products)), 4.4), layout="constrained")
    axes = figure.subplots(1, 2 + len(products), squeeze=False)[0]
    colours = COLOUR_MAPS["4-10" if np.nanmean(archive_map.energy) < SOFT_BAND else "16-28"]
    _plot_on_sun(axes[0], archive_map, archive_map.data, colours)
    axes[0].set_title("map" if not products else "CLEAN map")
    for panel, name in zip(axes[1:], products, strict=False):
        look = ("RdBu_r", CenteredNorm()) if name == "residual" else (colours, None)
        _plot_on_sun(panel, archive_map, archive_map.hdus[name], *look)
        panel.set(title=PANELS[name], ylabel="")
    _plot_encoder_image(axes[-1], archive_map, colours)
    return figure


def _plot_on_sun(axes, archive_map, data, colours, norm=None):
    """One product at its place on the Sun, with the limb and the outline of the encoders' field."""
    x, y = archive_map.coordinates()
    shown = axes.pcolormesh(x, y, data, cmap=colours, norm=norm, rasterized=True, shading="nearest")
    _colour_bar(axes, shown, archive_map.unit_text, rotation=30)
    plot_limb(axes, number(archive_map.header, "RSUN_OBS", "the map", default=np.nan), color="#888888")
    corners = HALF_WIDTH * np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])
    turn = np.radians(archive_map.roll)
    around = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ corners
    outline = {"color": "black" if norm else "#7FDBFF", "linewidth": 1}
    axes.plot(*(around + np.array(archive_map.centre)[:, None]), **outline)
    axes.set(aspect="equal", xlabel="solar x [arcsec]", ylabel="solar y [arcsec]")


def _colour_bar(axes, shown, label, rotation=0):
    """Add a colour bar below one panel."""
    bar = axes.figure.colorbar(shown, ax=axes, location="bottom", shrink=0.85)
    bar.set_label(label, fontsize="small")
    bar.ax.tick_params(labelsize="small", rotation=rotation)


def _plot_encoder_image(axes, archive_map, colours):
    """The image as an encoder gets it: cut out, stretched, eight bits, in the rolled frame."""
    image = normalise(archive_map.data, archive_map.pixel)
    half = HALF_WIDTH
    shown = axes.imshow(image, origin="lower", cmap=colours, vmin=0, vmax=255, extent=(-half, half, -half, half))
    _colour_bar(axes, shown, "eight-bit level")
    labels = {f"{name}label": f"rolled {name}, from map centre [arcsec]" for name in "xy"}
    axes.set(title="what an encoder sees", **labels)


def plot_file(path, folder, taken):
    """Draw one archive file into a folder (STEM.png, None: nowhere) and return its record as a dict.

    taken: set of the stems in use, extended.
    Raises InputError when the file is no STIX map, is smaller than the encoders' field, or the folder takes no files.
    """
    archive_map = read_map(path)
    record = record_of(archive_map)
    if folder is not None:
        record["image"] = f"{free_stem(path, taken)}.png"
        figure = plot_map(archive_map)
        kind = "simulated" if archive_map.simulated else "real"
        figure.suptitle(f"{kind}, {record['band']} keV, {record['start'][:19]} UTC")
        with atomic_write(folder / record["image"]) as partial:
            figure.savefig(partial, dpi=130)
    return record
