"""What the figures of the study share: colours and limits of the eleven images, grids of images, backbones, counts."""

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, ORANGE
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.images.scaling import scale_channel

# Hues as observers of SDO know them (171 gold, 193 bronze, 304 red); lightness alone carries the information.
HUES = {
    "94": "#3f9f5f", "131": "#2f9fa8", "171": "#c8962e", "193": "#b9773c", "211": "#9a5fae", "304": "#c8452c",
    "335": "#4a73c4", "1600": "#a8a23a", "1700": "#b06a78", "4500": "#b8a878",
}  # fmt: skip
SHOWN = {  # where a scaled channel (scale_channel) is black and white; the ends of the scale itself are rarely reached
    "hmi": (-0.75, 0.75), "94": (-1, 0), "131": (-1, 0.4), "171": (-0.9, 0.75), "193": (-0.9, 0.75),
    "211": (-1, 0.7), "304": (-1, 0.45), "335": (-1, 0.5), "1600": (-1, 0.35), "1700": (-1, 0.1), "4500": (-0.3, 0.85),
}  # fmt: skip
FAMILIES = {  # of a backbone's name: colour, marker, dashes, label
    "vit": (BLUE, "o", "-", "transformer"),
    "cnn": (ORANGE, "s", "--", "convolutions"),
}


def backbone_style(backbone):
    """Colour, marker, dashes and label of a backbone's family, such as that of "vit-tiny"."""
    return FAMILIES[backbone.split("-")[0]]


def channel_colours(channel):
    """Colour map of a channel: grey for the field, black over the band's hue to white for AIA."""
    if channel == "hmi":
        return "gray"
    return LinearSegmentedColormap.from_list(f"sun {channel}", ["black", HUES[channel], "white"])


def channel_label(channel):
    """Name of a channel as it stands in figures."""
    return "HMI field" if channel == "hmi" else f"AIA {channel} Å"


def show_channel(axis, image, channel):
    """Draw one physical image of a channel (n, n) without axes, scaled as the networks see it."""
    show_scaled(axis, scale_channel(image, channel), channel)


def show_scaled(axis, image, channel):
    """Draw one scaled image (n, n) in its channel's colours, without axes; "|hmi|" is the field without its sign."""
    name = channel.strip("|")
    low, high = SHOWN[name]
    look = {"cmap": channel_colours(name), "vmin": low if name == channel else 0, "vmax": high}
    axis.imshow(image, origin="lower", interpolation="antialiased", **look)
    hide_axes(axis)


def hide_axes(axis):
    """Remove ticks and frame."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def plot_image_grid(rows, titles, height=1.25):
    """Scaled images in rows: [(label, [(image, channel), ...])]; titles: of the columns; height: of a row, inches."""
    figure = Figure(figsize=(WIDE, height * len(rows) + 0.3), layout="constrained")
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for line, (label, images) in zip(axes, rows, strict=True):
        for axis, (image, channel) in zip(line, images, strict=True):
            show_scaled(axis, image, channel)
        line[0].set_ylabel(label)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize="small")
    return figure


def write_counts(axes, rows, apart=0.15):
    """Write how many days each point of a reliability curve holds above the frame, but for those too near the last."""
    last = -1.0
    for row in rows.itertuples():
        if row.score - last > apart:
            place = {"xy": (row.score, 1.015), "xycoords": ("data", "axes fraction")}
            axes.annotate(f"{row.n}", **place, ha="center", va="bottom", fontsize="small", color="0.35")
            last = row.score
