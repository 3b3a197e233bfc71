"""Contact sheet of clusters, the strip of removed ones, and how well they were chosen."""

import numpy as np
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, GREEN, GREY, ORANGE, PINK, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.stix.clustering.filtering import MAJORITY, POSTER_KEPT
from flarebook.stix.figures.encoder_comparison import plot_sentence
from flarebook.stix.figures.image_rows import plot_image

CHOICE_COLOURS = {"by hand": BLUE, "automatic": ORANGE, "oracle": GREEN}
CHOICE_MARKS = {"by hand": "o", "automatic": "s", "oracle": "D"}
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # behind numbers that would stand on a line
EXAMPLE_STYLES = {  # score: colour, mark, name
    "recall": (BLUE, "o", "artefacts removed (recall)"),
    "precision": (ORANGE, "s", "right removals (precision)"),
    "kept_share": ("0.35", "^", "share of images kept"),
}
KEEP, REMOVE = GREY, VERMILION


def plot_contact_sheet(images, bands, samples, sizes, remove=(), n_columns=2):
    """Samples of each cluster in a row, with its number and how many images it has; removed clusters in orange.

    images: (n_images, 177, 177), row 0 south; bands: (n_images,); samples: {cluster: rows of images};
    sizes: {cluster: number of images}.
    """
    numbers, most = sorted(samples), max(map(len, samples.values()))
    n_rows = -(-len(numbers) // n_columns)
    figure = Figure(figsize=(WIDE, 0.43 * n_rows))
    widths = ([1.9] + [1] * most) * n_columns
    edges = {"left": 0, "right": 1, "bottom": 0, "top": 1}
    grid = figure.add_gridspec(n_rows, len(widths), width_ratios=widths, wspace=0.06, hspace=0.08, **edges)
    for place, number in enumerate(numbers):
        column, row = divmod(place, n_rows)
        first = column * (most + 1)
        label_cluster(figure.add_subplot(grid[row, first]), number, sizes[number], number in set(remove))
        for step, image in enumerate(samples[number]):
            plot_image(figure.add_subplot(grid[row, first + 1 + step]), images[image], bands[image])
    return figure


def label_cluster(axes, number, size, removed):
    """Number of a cluster and its size, at the left of its row."""
    colour = REMOVE if removed else KEEP
    axes.set_axis_off()
    axes.text(0.9, 0.62, str(number), ha="right", va="center", fontsize="large", weight="bold", color=colour)
    axes.text(0.9, 0.2, f"{size} images", ha="right", va="center", fontsize="small", color=colour)


def plot_removed_strip(images, bands, samples):
    """Three samples of each removed cluster below one another, as the poster's left figure.

    samples: {cluster: rows of images}, removed clusters only.
    """
    numbers, most = sorted(samples), max(map(len, samples.values()))
    width = WIDE if len(numbers) > 6 else NARROW
    figure = Figure(figsize=(width, width / len(numbers) * most + 0.25))
    grid = figure.add_gridspec(most, len(numbers), wspace=0.06, hspace=0.06, left=0, right=1, bottom=0, top=0.93)
    for column, number in enumerate(numbers):
        for row, image in enumerate(samples[number]):
            axes = figure.add_subplot(grid[row, column])
            plot_image(axes, images[image], bands[image])
            if row == 0:
                axes.set_title(str(number), fontsize="large", weight="bold", pad=3)
    return figure


def plot_removal(curve, choices, effect):
    """Left: artefacts removed and good images lost as clusters leave, with the choices; right: scores against examples.

    curve: of `filtering.removal_curve`; choices: rows choice, recall, good_lost, kept_share;
    effect: of `filtering.effect_of_examples`.
    """
    if effect.empty:
        return plot_sentence("The truth of these images is not known: the choice has no score.")
    figure = Figure(figsize=(WIDE, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_curve(left, curve, choices)
    groups = effect.groupby("n_flagged")
    for name, (colour, mark, label) in EXAMPLE_STYLES.items():
        mean, sd = groups[name].mean(), groups[name].std()
        right.errorbar(mean.index, mean, sd, marker=mark, capsize=2.5, color=colour, label=label)
    right.set(xscale="log", xlabel="images looked at and flagged", ylabel="score of the automatic rule", ylim=(0, 1.02))
    ticks = sorted(effect["n_flagged"].unique())
    right.set_xticks(ticks, [str(tick) for tick in ticks])
    right.minorticks_off()
    for axes in (left, right):
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)
    return figure


def plot_curve(axes, curve, choices):
    """Artefacts removed and good images lost against the share kept, with the choices and the poster's share."""
    axes.plot(curve["kept_share"], curve["recall"], color=BLUE, label="artefacts removed (recall)")
    axes.plot(curve["kept_share"], curve["good_lost"], color=PINK, linestyle="--", label="good images lost")
    for row in choices.itertuples():
        style = {"color": CHOICE_COLOURS[row.choice], "marker": CHOICE_MARKS[row.choice], "s": 58, "zorder": 4}
        axes.scatter([row.kept_share] * 2, [row.recall, row.good_lost], edgecolor="black", label=row.choice, **style)
    axes.axvline(POSTER_KEPT, color="0.45", linestyle=":", linewidth=1.3, label="kept by the poster (real)")
    axes.set(
        xlabel="share of images kept", ylabel="share of artefacts, of good images", xlim=(1.02, 0), ylim=(-0.02, 1.02)
    )


def plot_shares(shares, removed, counts):
    """Share of artefacts in each cluster, sorted, with its size, coloured by whether it left.

    shares, removed, counts: (k,), truth of the simulated images.
    """
    if np.isnan(shares).all():
        return plot_sentence("The truth of these images is not known: no cluster has a share of artefacts.")
    order = np.argsort(shares)[::-1]
    figure = Figure(figsize=(WIDE, 2.9), layout="constrained")
    axes = figure.subplots()
    colours = np.where(np.asarray(removed)[order], REMOVE, KEEP)
    axes.bar(range(len(order)), np.asarray(shares)[order], color=colours, width=0.8)
    axes.axhline(MAJORITY, color="black", linewidth=0.8, linestyle="--")
    for place, number in enumerate(order):
        axes.text(
            place, shares[number] + 0.015, str(counts[number]), ha="center", va="bottom", fontsize="small", bbox=WHITE
        )
    axes.set_xticks(range(len(order)), order.tolist())
    axes.set(xlabel="cluster", ylabel="share of artefacts", ylim=(0, 1.1), xlim=(-0.7, len(order) - 0.3))
    return figure
