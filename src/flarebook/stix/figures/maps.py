"""Figures of the last page: the mosaic, the map with images on it, its colourings, neighbours, retrieval."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from flarebook.compendium.appearance.palette import GREY, REAL
from flarebook.compendium.appearance.style import WIDE
from flarebook.stix.clustering.tsne import thin_out
from flarebook.stix.figures.colourings import Groups, hex_colours
from flarebook.stix.figures.encoder_comparison import FAMILY_COLOURS
from flarebook.stix.figures.image_rows import plot_rows
from flarebook.stix.rendering import N_COLUMNS, cluster_colour, coloured, compose, shrink
from flarebook.stix.simulation.artefacts import display_name

INSERT = 3.2  # side of a real image at the edge of the map, in cells
TILE = 36  # pixels of a small image, about what print at 150 dpi can show
STAR = {"marker": "*", "s": 190, "color": REAL, "edgecolors": "white", "linewidths": 1, "zorder": 9}


def plot_mosaic(images, bands, tile_list, marked=(), n_columns=N_COLUMNS):
    """The poster's mosaic: images in borders of their cluster's colour, each cluster opened by its number.

    images: (n, h, w) uint8; bands: (n,); tile_list: from mosaic.tiles; marked: rows with a border of their own.
    """
    rows = [tile.row for tile in tile_list if tile.row is not None]
    painted = coloured(shrink(images[rows], TILE), bands[rows])
    canvas = compose(tile_list, dict(zip(rows, painted, strict=True)), marked, n_columns=n_columns)
    height, width = canvas.shape[:2]
    figure, axes = plt.subplots(figsize=(WIDE, WIDE * height / width))
    figure.subplots_adjust(0, 0, 1, 1)
    axes.imshow(canvas, interpolation="none")
    axes.axis("off")
    side = width / n_columns
    for place, tile in enumerate(tile_list):
        if tile.row is None:
            centre = (place % n_columns + 0.5) * side, (place // n_columns + 0.52) * side
            axes.text(*centre, str(tile.cluster), color=_ink(tile.cluster), fontweight="bold", **_MIDDLE)
        elif tile.row in marked:
            axes.scatter((place % n_columns + 0.8) * side, (place // n_columns + 0.22) * side, **{**STAR, "s": 80})
    return figure


_MIDDLE = {"ha": "center", "va": "center"}


def _ink(cluster):
    """Black or white, whichever reads better on the cluster's colour."""
    red, green, blue = (int(cluster_colour(cluster)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "black" if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else "white"


def plot_image_map(images, bands, points, real, n_cells=26):
    """The map with images in place of points, one in each cell of a grid; the real images in frames.

    images: (n, h, w) uint8; bands: (n,); points: (n, 2); real: rows of the real images.
    """
    rows, centres, side = thin_out(points, n_cells)
    low, high = centres.min(axis=0) - side, centres.max(axis=0) + side
    figure, axes = plt.subplots(figsize=(WIDE, WIDE * float((high - low)[1] / (high - low)[0])))
    figure.subplots_adjust(0, 0, 1, 1)
    for image, centre in zip(coloured(shrink(images[rows], 56), bands[rows]), centres, strict=True):
        _place(axes, image, centre, 0.94 * side)
    for row, corner in _corners(points, real, centres, low, high, side):
        _place_real(axes, images, bands, row, points[row], side, corner)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.axis("off")
    return figure


def _place(axes, image, centre, side, **look):
    x, y = centre
    extent = (x - side / 2, x + side / 2, y - side / 2, y + side / 2)
    return axes.imshow(image, extent=extent, interpolation="bilinear", **look)


def _corners(points, real, centres, low, high, side):
    """A corner of the map for each real image, at most four: near its place, covering few images; (row, centre)."""
    inset = 0.55 * INSERT * side
    free = [np.array([x, y]) for x in (low[0] + inset, high[0] - inset) for y in (low[1] + inset, high[1] - inset)]
    for row in real[-len(free) :]:
        covered = [(np.abs(centres - corner).max(axis=1) < (INSERT + 1) * side / 2).sum() for corner in free]
        far = [np.linalg.norm(corner - points[row]) / side for corner in free]
        yield row, free.pop(int(np.argmin(np.array(covered) + np.array(far))))


def _place_real(axes, images, bands, row, point, side, centre):
    """A real image in a frame in a corner of the map, tied to its place."""
    large = INSERT * side
    axes.plot([centre[0], point[0]], [centre[1], point[1]], color="white", lw=2.4, zorder=6)
    axes.plot([centre[0], point[0]], [centre[1], point[1]], color=REAL, lw=1.2, zorder=7)
    image = coloured(shrink(images[[row]], 128), bands[[row]])[0]
    _place(axes, image, centre, large, zorder=8)
    corner = centre - large / 2
    axes.add_patch(Rectangle(corner, large, large, fill=False, ec=REAL, lw=1.6, zorder=9))
    axes.scatter(*point, **STAR)


def plot_colourings(points, chosen, real, n_columns=3):
    """The map once per colouring, the real images as stars.

    points: (n, 2); chosen: list of Groups or Scale; real: rows of the real images.
    """
    n_rows = -(-len(chosen) // n_columns)
    figure, panels = plt.subplots(n_rows, n_columns, figsize=(WIDE, 2.9 * n_rows), squeeze=False, layout="constrained")
    for axes, colouring in zip(panels.flat, chosen, strict=False):
        _plot_dots(axes, points, colouring)
        axes.scatter(*np.asarray(points)[real].T, **{**STAR, "s": 150})
        axes.set_title(colouring.label)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[], facecolor="#fbfcfe")
        axes.set_aspect("equal", adjustable="datalim")
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    return figure


def _plot_dots(axes, points, colouring):
    """Dots of one panel with their legend below."""
    size = float(np.clip(7000 / len(points), 1.2, 12))
    if isinstance(colouring, Groups):
        axes.scatter(*np.asarray(points).T, s=size, c=hex_colours(colouring), linewidths=0, rasterized=True)
        if len(colouring.names) <= 12:
            _legend(axes, colouring)
        return
    order = np.argsort(np.nan_to_num(colouring.values, nan=-np.inf), kind="stable")  # high values on top
    look = {"cmap": colouring.colour_map, "vmin": colouring.low, "vmax": colouring.high}
    dots = axes.scatter(*np.asarray(points)[order].T, s=size, c=colouring.values[order], linewidths=0, **look)
    dots.set_rasterized(True)
    bar = axes.inset_axes([0.08, -0.1, 0.84, 0.045])
    axes.figure.colorbar(dots, cax=bar, orientation="horizontal").ax.tick_params(labelsize="small", length=2, pad=1)


def _legend(axes, colouring):
    present = [code for code in range(len(colouring.names)) if (colouring.codes == code).any()]
    handles = [
        Line2D([], [], marker="o", ls="", ms=5, color=colouring.colours[code], label=colouring.names[code])
        for code in present
    ]
    widest = max(len(colouring.names[code]) for code in present)
    columns = len(present) if widest * len(present) < 36 else 2
    look = {"fontsize": "small", "handletextpad": 0.1, "columnspacing": 0.8, "borderpad": 0.2}
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=columns, **look)


def plot_neighbours(images, records, asked, found):
    """Rows of the images that an encoder finds most like a query, which stands at the left of its row.

    images: (n, h, w) uint8; records: their table; asked: rows of the queries; found: (n_queries, n) rows.
    """
    rows = [(image_caption(records.iloc[row]), [row, *own]) for row, own in zip(asked, found, strict=True)]
    frames = dict.fromkeys(np.flatnonzero(records["origin"] == "real"), REAL)
    figure = plot_rows(rows, images, records["band"].to_numpy(), frames=frames)
    for axes, name in zip(figure.axes, ("query", "nearest"), strict=False):
        axes.set_title(name, fontsize="small", pad=3)
    return figure


def image_caption(record):
    """What is known of an image, in two lines: real or its truth, and its band."""
    if record["origin"] != "simulated":
        return f"{record['origin']} flare\n{str(record['start'])[:10]}\n{record['band']} keV"
    clean = record["artefact"] == "none"
    return f"{display_name(record['kind'] if clean else record['artefact'])}\n{record['band']} keV"


def plot_retrieval(table, families):
    """Precision of the nearest neighbours of every encoder, one panel per question, beside chance.

    table: from neighbours.retrieval_table; families: {encoder: family}.
    """
    asked = list(table["question"].unique())
    order = table.groupby("encoder")["precision"].mean().sort_values().index
    size = (WIDE, 0.9 + 0.28 * len(order))
    figure, panels = plt.subplots(1, len(asked), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, question in zip(panels[0], asked, strict=True):
        own = table[table["question"] == question].set_index("encoder").loc[order]
        colours = [FAMILY_COLOURS.get(families.get(name), GREY) for name in order]
        axes.barh(order, own["precision"], xerr=own["spread"], color=colours, height=0.62, ecolor="black", capsize=2)
        axes.axvline(own["chance"].iloc[0], color="black", ls=":", lw=1.2)
        axes.set(xlim=(0, 1), xlabel=f"precision at 5: same {question}")
        axes.tick_params(axis="y", length=0)
    handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in FAMILY_COLOURS.values()]
    figure.legend(
        [*handles, Line2D([], [], color="black", ls=":")],
        [*FAMILY_COLOURS, "chance"],
        loc="outside upper center",
        ncols=4,
    )
    return figure
