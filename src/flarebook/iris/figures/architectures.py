"""Figure 11: the three fully connected networks, drawn as the paper draws them."""

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from flarebook.compendium.appearance.style import WIDE
from flarebook.iris.mg2 import FEATURE_NAMES, FEATURES, NEUTRAL_COLOUR, REGION_COLOURS

INPUTS = len(FEATURES)
MOST_DRAWN = 16  # nodes of a wider layer that are drawn


def layer_sizes(widths):
    """Nodes of each layer, input and output included."""
    return [INPUTS, *widths, 1]


def n_weights(widths):
    """Number of trained weights and biases of a network."""
    sizes = layer_sizes(widths)
    return sum((n_in + 1) * n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))


def architecture_table(architectures):
    """One row an architecture: model, hidden layers, widths, number of weights."""
    rows = [(name, len(w), "-".join(map(str, w)) or "none", n_weights(w)) for name, w in architectures.items()]
    return pd.DataFrame(rows, columns=["model", "hidden_layers", "widths", "weights"])


def node_positions(size):
    """Heights of the drawn nodes of a layer, top first; at most MOST_DRAWN of them."""
    drawn = min(size, MOST_DRAWN)
    return np.linspace(1, -1, drawn) * min(1, 0.1 * drawn) if drawn > 1 else np.zeros(1)


def plot_network(axes, name, widths, rng):
    """One network: nodes, random line widths for weights, bias nodes above all layers but the last."""
    layers = [node_positions(size) for size in layer_sizes(widths)]
    columns = np.linspace(0, 1, len(layers))
    for i in range(len(layers) - 1):
        plot_connections(axes, columns[i : i + 2], layers[i], layers[i + 1], rng)
    for i, (x, heights, size) in enumerate(zip(columns, layers, layer_sizes(widths), strict=True)):
        output = i == len(layers) - 1
        colour = REGION_COLOURS["PF"] if output else "white"
        axes.scatter(np.full(len(heights), x), heights, s=28, c=colour, edgecolors="black", linewidths=0.7, zorder=3)
        axes.text(x, -1.17, "score" if output else str(size), ha="center", va="top", fontsize="small")
    axes.set_title(f"{name}\n{len(widths) or 'no'} hidden layers\n{n_weights(widths):,} weights", fontsize="small")
    axes.axis("off")


def plot_connections(axes, columns, left, right, rng):
    """Lines from a layer and its bias node to the next layer; thickness is random, as in the paper."""
    bias = max(left.max(), right.max()) + 0.14
    starts = [(columns[0], y) for y in [*left, bias]]
    lines = [(start, (columns[1], y)) for start in starts for y in right]
    thickness = rng.gamma(1.0, 0.35, len(lines)) if len(lines) < 40 else rng.gamma(0.5, 0.25, len(lines))
    axes.add_collection(LineCollection(lines, linewidths=thickness, colors=NEUTRAL_COLOUR, zorder=1))
    axes.scatter(columns[:1], [bias], s=28, c="0.85", edgecolors="black", linewidths=0.7, zorder=3)


def plot_architectures(architectures, rng):
    """Figure with one panel a network; the inputs are named at the first."""
    figure = Figure(figsize=(WIDE, 3.84), layout="constrained")
    panels = figure.subplots(1, len(architectures), width_ratios=[0.8, 1.1, 1.6])
    for axes, (name, widths) in zip(panels, architectures.items(), strict=True):
        plot_network(axes, name, widths, rng)
        axes.set_ylim(-1.35, 1.3)
    for height, feature in zip(node_positions(INPUTS), FEATURES, strict=True):
        panels[0].text(-0.08, height, FEATURE_NAMES[feature], ha="right", va="center", fontsize="small")
    return figure
