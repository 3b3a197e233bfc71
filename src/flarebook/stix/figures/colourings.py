"""What the images of a map can be coloured by: groups with a colour each, or a quantity on a scale."""

from functools import partial
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd

from flarebook.compendium.appearance.palette import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION, YELLOW
from flarebook.stix.rendering import cluster_colour
from flarebook.stix.simulation.artefacts import display_name

UNKNOWN_COLOUR = "#8c8c8c"
PALE = "#c9ccd3"  # the ordinary case, which the others stand out from
TEN = (VERMILION, BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, "#7b2d8b", "#7a4b1e", "#00d0b0")
BANDS = {"4-10": ("4–10 keV", ORANGE), "16-28": ("16–28 keV", BLUE)}
KEPT = {True: ("kept", SKY), False: ("removed", VERMILION)}
COUNTS = ("#8c8c8c", SKY, YELLOW, ORANGE, VERMILION)  # none, one, two, three, four and more
LAST = len(COUNTS) - 1


class Groups(NamedTuple):
    """A division of the images: code of each image's group (-1 unknown), and the groups' names and colours."""

    key: str
    label: str
    codes: np.ndarray
    names: list
    colours: list


class Scale(NamedTuple):
    """A quantity of each image, NaN when unknown, on a scale from low to high with a colour map."""

    key: str
    label: str
    values: np.ndarray
    low: float
    high: float
    colour_map: str

    @property
    def codes(self):
        """Place of each image on the scale, 0 to 255, -1 where unknown."""
        known = np.isfinite(self.values)
        share = (np.where(known, self.values, 0) - self.low) / ((self.high - self.low) or 1)
        return np.where(known, np.clip(share * 255, 0, 255), -1).astype(int)

    @property
    def colours(self):
        """The 256 colours of the scale as hexadecimal text."""
        return [matplotlib.colors.to_hex(colour) for colour in matplotlib.colormaps[self.colour_map](np.arange(256))]


def colourings(table):
    """All colourings that a table of images allows, in the order of the menu; columns without values give none.

    table: records of the images with cluster, kept, anomaly, probability_multiple, counted_sources where known.
    Returns {column: Groups or Scale}.
    """
    found = {}
    for column, (label, look) in COLOURINGS.items():
        if column in table and table[column].notna().any():
            make = _scale if isinstance(look, str) else _groups
            found[column] = make(column, label, table[column], look)
    return found


def hex_colours(colouring):
    """Colour of each image as hexadecimal text: (n_images,) array."""
    return np.array([*colouring.colours, UNKNOWN_COLOUR])[colouring.codes]


def _groups(column, label, values, look):
    """Groups of equal values; look: {value: (name, colour)} in the order of the legend, or a function that gives it."""
    if column in ("counted_sources", "n_sources"):
        values = values.astype("Float64").clip(upper=LAST).round()
    looks = look(values) if callable(look) else look
    codes = pd.Categorical(values.astype("object"), categories=list(looks)).codes.astype(int)
    names, colours = zip(*looks.values(), strict=True)
    return Groups(column, label, codes, list(names), list(colours))


def _scale(column, label, values, colour_map):
    """Scale between the 2nd and the 98th percentile of the values."""
    values = values.to_numpy(dtype=float, na_value=np.nan)
    low, high = np.nanpercentile(values, [2, 98])
    return Scale(column, label, values, float(low), float(high), colour_map)


def _clusters(numbers):
    """Name and colour of each cluster."""
    return {number: (str(number), cluster_colour(number)) for number in sorted(map(int, numbers.dropna().unique()))}


def _words(words, ordinary):
    """Name and colour of each word, the ordinary one pale, the others by how common they are."""
    common = words.value_counts().index
    looks = {ordinary: (ordinary, PALE)} if ordinary in common else {}
    for place, word in enumerate(word for word in common if word != ordinary):
        looks[word] = (display_name(word), TEN[place] if place < len(TEN) else UNKNOWN_COLOUR)
    return looks


SOURCES = {n: (f"{n} or more" if n == LAST else str(n) if n else "none", colour) for n, colour in enumerate(COUNTS)}
COLOURINGS = {  # column: label, and a colour map or the look of each value
    "cluster": ("cluster (all images)", _clusters),
    "kept_cluster": ("cluster (kept images)", _clusters),
    "band": ("energy band", BANDS),
    "anomaly": ("anomaly score", "magma"),
    "probability_multiple": ("probability of several sources", "viridis"),
    "counted_sources": ("sources counted", SOURCES),
    "kept": ("kept or removed", KEPT),
    "artefact": ("artefact, truth (simulated)", partial(_words, ordinary="none")),
    "kind": ("kind of source, truth (simulated)", partial(_words, ordinary="compact")),
    "n_sources": ("sources, truth (simulated)", SOURCES),
}
