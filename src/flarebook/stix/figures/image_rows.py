"""Small images in rows and strips: the panels of clusters, kinds, neighbours, labels and anomalies."""

from textwrap import fill

from matplotlib.figure import Figure

from flarebook.compendium.appearance.style import WIDE
from flarebook.stix.rendering import COLOUR_MAPS

NO_FRAMES = {}


def plot_image(axes, image, band, number="", frame=None):
    """Plot an image in its band's colours, south below, without ticks.

    number: text in its upper left corner, readable on dark and bright; frame: colour of a frame about it.
    """
    axes.imshow(
        image, cmap=COLOUR_MAPS.get(band, "gray"), origin="lower", vmin=0, vmax=255, interpolation="antialiased"
    )
    clear_axes(axes)
    if frame:
        axes.spines[:].set(visible=True, color=frame, linewidth=1.6)
    if number:
        box = {"boxstyle": "round,pad=0.15", "facecolor": "black", "edgecolor": "none", "alpha": 0.65}
        where = {"transform": axes.transAxes, "ha": "left", "va": "top"}
        axes.text(0.05, 0.93, number, color="white", fontsize="small", bbox=box, **where)


def clear_axes(axes):
    """Leave out ticks and frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def name_row(axes, name):
    """Write a name at the left of a row of images."""
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize="small")


def plot_rows(rows, images, bands, notes=None, frames=NO_FRAMES):
    """Plot rows of images with a name at the left of each.

    rows: [(name, numbers of the images)]; images: (n, h, w); bands: (n,); notes: (n,) text below each image;
    frames: {number of an image: colour}.
    """
    columns = max(len(numbers) for _, numbers in rows)
    side = (WIDE - 1.2) / columns  # inches; the rest is for the names
    notes = None if notes is None else [fill(note, 12) for note in notes]
    below = 0 if notes is None else 0.1 + 0.12 * (1 + max(notes[n].count("\n") for _, own in rows for n in own))
    height = (side + below) * len(rows) + 0.2
    figure = Figure(figsize=(WIDE, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    for line, (name, numbers) in zip(figure.subplots(len(rows), columns, squeeze=False), rows, strict=True):
        for axes in line:
            clear_axes(axes)
        for axes, number in zip(line, numbers, strict=False):
            plot_image(axes, images[number], bands[number], frame=frames.get(number))
            if notes is not None:
                axes.set_xlabel(notes[number], fontsize="small", labelpad=2)
        name_row(line[0], name)
    return figure


def plot_strip(images, bands, labels, frames, frame_colours=NO_FRAMES, n_columns=12):
    """Plot images in a given order, left to right and down, with a legend of the frames above.

    images: (n, h, w); bands, labels: (n,), the labels stand in the corners; frames: (n,) keys of frame_colours, empty
    for none.
    """
    n_rows = -(-len(images) // n_columns)
    above = 0.25 if any(frames) else 0
    height = WIDE / n_columns * n_rows + above
    figure = Figure(figsize=(WIDE, height))
    top = 1 - above / height
    grid = figure.add_gridspec(n_rows, n_columns, wspace=0.07, hspace=0.07, left=0, right=1, bottom=0, top=top)
    for place, image in enumerate(images):
        axes = figure.add_subplot(grid[divmod(place, n_columns)])
        plot_image(axes, image, bands[place], str(labels[place]), frame_colours.get(frames[place]))
    for place, name in enumerate(name for name in frame_colours if name in set(frames)):
        x = 0.002 + 0.2 * place
        figure.text(x, 0.999, "\u25a1 ", color=frame_colours[name], fontsize="large", weight="bold", va="top")
        figure.text(x + 0.022, 0.995, name, fontsize="small", va="top")
    return figure
