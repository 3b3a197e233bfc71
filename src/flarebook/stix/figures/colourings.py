"""What the images of a map can be coloured by: groups with a colour each, or a quantity on a scale."""

from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd

from flarebook.stix.rendering import cluster_colour
from flarebook.stix.simulation.artefacts import display_name

UNKNOWN_COLOUR = "#8c8c8c"
PALE = "#c9ccd3"  # the ordinary case, which the others stand out from
OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
TEN = ("#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#7b2d8b", "#7a4b1e", "#00d0b0")
BANDS = {"4-10": ("4–10 keV", "#E69F00"), "16-28": ("16–28 keV", "#56B4E9")}
COUNTS = ("#8c8c8c", "#56B4E9", "#F0E442", "#E69F00", "#D55E00")  # none, one, two, three, four and more


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


def colourings(table):
    """All colourings that a table of images allows, in the order of the menu; columns without values give none.

    table: records of the images with cluster, kept, anomaly, probability_multiple, counted_sources where known.
    Returns {key: Groups or Scale}.
    """
    made = [make(table) for make in MAKERS]
    return {colouring.key: colouring for colouring in made if colouring is not None}


def has(table, column):
    """Whether a column is there and tells something about at least one image."""
    return column in table and table[column].notna().any()


def hex_colours(colouring):
    """Colour of each image as hexadecimal text: (n_images,) array."""
    if isinstance(colouring, Groups):
        return np.array([*colouring.colours, UNKNOWN_COLOUR])[colouring.codes]
    share = (colouring.values - colouring.low) / ((colouring.high - colouring.low) or 1)
    known = np.isfinite(share)
    level = np.clip(np.where(known, share, 0) * 255, 0, 255).astype(int)
    return np.where(known, scale_colours(colouring.colour_map)[level], UNKNOWN_COLOUR)


def scale_colours(name):
    """256 colours of a matplotlib colour map as hexadecimal text."""
    return np.array([matplotlib.colors.to_hex(colour) for colour in matplotlib.colormaps[name](np.arange(256))])


def _groups(table, column, label, looks):
    """Groups of a column by name; looks: {value: (name, colour)}, in the order of the legend."""
    if not has(table, column):
        return None
    values = list(looks)
    codes = pd.Categorical(table[column].astype("object"), categories=values).codes.astype(int)
    names, colours = zip(*looks.values(), strict=True)
    return Groups(column, label, codes, list(names), list(colours))


def _clusters(table, column, label):
    if not has(table, column):
        return None
    numbers = sorted(int(number) for number in table[column].dropna().unique())
    looks = {number: (str(number), cluster_colour(number)) for number in numbers}
    return _groups(table, column, label, looks)


def _cluster(table):
    return _clusters(table, "cluster", "cluster (all images)")


def _kept_cluster(table):
    return _clusters(table, "kept_cluster", "cluster (kept images)")


def _band(table):
    return _groups(table, "band", "energy band", BANDS)


def _anomaly(table):
    return _scale(table, "anomaly", "anomaly score", "magma")


def _multiple(table):
    return _scale(table, "probability_multiple", "probability of several sources", "viridis")


def _scale(table, column, label, colour_map):
    """Scale between the 2nd and the 98th percentile of a column."""
    if not has(table, column):
        return None
    values = table[column].to_numpy(dtype=float, na_value=np.nan)
    low, high = np.nanpercentile(values, [2, 98])
    return Scale(column, label, values, float(low), float(high), colour_map)


def _counts(table, column, label):
    if not has(table, column):
        return None
    counts = table[column].astype("Float64").clip(upper=len(COUNTS) - 1).round()
    last = len(COUNTS) - 1
    looks = {n: (f"{n} or more" if n == last else "none" if n == 0 else str(n), COUNTS[n]) for n in range(last + 1)}
    return _groups(pd.DataFrame({column: counts.astype("object")}), column, label, looks)


def _counted(table):
    return _counts(table, "counted_sources", "sources counted")


def _sources(table):
    return _counts(table, "n_sources", "sources, truth (simulated)")


def _named(table, column, label, ordinary):
    """Groups of a column of words, the ordinary one pale."""
    if not has(table, column):
        return None
    counts = table[column].value_counts()
    others = [name for name in counts.index if name != ordinary]
    colours = [TEN[i] if i < len(TEN) else UNKNOWN_COLOUR for i in range(len(others))]
    looks = {ordinary: (ordinary, PALE)} if ordinary in counts.index else {}
    return _groups(
        table, column, label, looks | {n: (display_name(n), c) for n, c in zip(others, colours, strict=True)}
    )


def _artefact(table):
    return _named(table, "artefact", "artefact, truth (simulated)", "none")


def _kind(table):
    return _named(table, "kind", "kind of source, truth (simulated)", "compact")


def _kept(table):
    looks = {True: ("kept", OKABE_ITO[1]), False: ("removed", OKABE_ITO[5])}
    return _groups(table, "kept", "kept or removed", looks)


MAKERS = (_cluster, _kept_cluster, _band, _anomaly, _multiple, _counted, _kept, _artefact, _kind, _sources)
