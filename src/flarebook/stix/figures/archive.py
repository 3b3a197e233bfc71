"""Figures of the archive: events beside the flare list, the selection, images, and the flares of published images."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from flarebook.compendium.appearance.palette import BLUE, ORANGE, REAL, SIMULATED, SKY, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.stix.archive.published_flares import FEATURES
from flarebook.stix.figures.image_rows import plot_rows
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU
from flarebook.stix.simulation.artefacts import ARTEFACTS, display_name

SOUND_COLOUR, FAULTY_COLOUR = SKY, VERMILION
FAULT_NAMES = {name: display_name(name) for name in ARTEFACTS}
BAND_COLOURS = {"soft": ORANGE, "hard": BLUE}
BAND_DASHES = {"soft": "-", "hard": "--"}
PANELS = {  # column of events, column of the flare list, label, edges
    "peak_counts": ("excess", "peak at 4–10 keV [counts in 4 s]", np.geomspace(300, 1e7, 46)),
    "significance": ("significance", "significance of 15–25 keV", np.geomspace(1, 1e4, 41)),
    "duration": ("duration", "duration [s]", np.geomspace(50, 6000, 31)),
    "distance": ("distance", "distance from the Sun [AU]", np.linspace(0.28, 1.04, 39)),
    "radius": ("radius", "from disk centre [solar radii]", np.linspace(0, 1.12, 43)),
    "background": ("background", "background at 4–10 keV [counts in 4 s]", np.linspace(150, 450, 26)),
}
COMPARISONS = {  # panel title: (comparison, the same within months), what the effect is
    "printed against other listed flares": ("printed against the list", "rank-biserial correlation"),
    "between the printed clusters": ("between clusters", "variance of ranks explained, less chance"),
    "along the rows of the mosaic": ("row of the mosaic", "Spearman's rank correlation"),
}
ALL, WITHIN = BLUE, VERMILION
WHOLE = (4, 11, 15, 16, 22, 24, 27)  # clusters that the mosaic shows whole; the others are samples
PUBLISHED_PANELS = {"distance": "linear", "radius": "linear", "excess": "log", "hard_band": "linear"}
SHORT_LABELS = {"distance": "distance of\nSolar Orbiter", "radius": "from disk centre", "excess": "4-10 keV peak"}
SHORT_LABELS |= {"hard_band": "image at\n16-28 keV"}


def distribution_table(events, flares=None):
    """Density of events in the bins of each panel, simulated and, where the list is at hand, real.

    events: of `draw_events`, all above the list's threshold; flares: of `read_flare_list` or None.  Densities are per
    decade where bins are logarithmic.
    """
    events = events.assign(radius=np.hypot(events["x"], events["y"]) * events["distance"] / SOLAR_RADIUS_1AU)
    parts = []
    for name, (column, _, edges) in PANELS.items():
        samples = {"simulated": events[name]} | ({} if flares is None else {"real": flares[column]})
        widths = np.diff(np.log10(edges) if is_logarithmic(edges) else edges)
        for origin, values in samples.items():
            counts, _ = np.histogram(values, edges)
            bins = {"quantity": name, "origin": origin, "from": edges[:-1], "to": edges[1:]}
            parts.append(pd.DataFrame(bins | {"events": counts, "density": counts / len(values) / widths}))
    return pd.concat(parts, ignore_index=True)


def is_logarithmic(edges):
    """Whether bins grow."""
    return edges[-1] - edges[-2] > 1.01 * (edges[1] - edges[0])


def plot_distributions(table):
    """Six panels of `distribution_table`: simulated events filled, the real list as a line."""
    figure, axes = plt.subplots(2, 3, figsize=(WIDE, 4.1), layout="constrained")
    for axis, (name, (_, label, edges)) in zip(axes.flat, PANELS.items(), strict=True):
        rows = table[table["quantity"] == name]
        for origin, style in (
            ("simulated", {"fill": True, "color": SIMULATED, "alpha": 0.4, "lw": 0}),
            ("real", {"color": REAL, "lw": 1.6}),
        ):
            drawn = rows[rows["origin"] == origin]
            if len(drawn):
                axis.stairs(drawn["density"], edges, label=origin, **style)
        logarithmic = is_logarithmic(edges)
        axis.set(xlabel=label, ylabel="share per decade" if logarithmic else "share per unit")
        axis.set(xscale="log" if logarithmic else "linear", xlim=(edges[0], edges[-1]))
    axes[0, 0].set_yscale("log")
    axes[0, 0].legend(loc="upper right")
    return figure


def plot_selection(table, records):
    """From all events to the sound images: what each reason takes out, as bars that shrink.

    table: of `selection_table`; records: of the images, with artefact.
    """
    verdict = records["is_artefact"].dropna().astype(bool)
    share = 1 - verdict.mean()
    names = ["events", "within the dates of the images", "enough counts", "with an image", "sound"]
    left = [*table["left"], table["left"].iloc[-1] * share]
    poster = {"events": 43_000, "with an image": 9_000, "sound": 4_758}
    figure, axis = plt.subplots(figsize=(WIDE, 3), layout="constrained")
    shades = plt.get_cmap("Blues")(np.linspace(0.35, 0.85, len(left)))
    axis.barh(names, left, color=shades, height=0.72)
    for place, (name, value) in enumerate(zip(names, left, strict=True)):
        axis.text(max(value, poster.get(name, 0)) + 450, place, f"{value:,.0f}", va="center", fontsize="small")
        if name in poster:
            axis.plot(
                [poster[name]] * 2, [place - 0.44, place + 0.44], color="black", lw=1.6, label="poster" * (not place)
            )
    axis.invert_yaxis()
    axis.set(xlabel="number", xlim=(0, 49_000))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.legend(loc="lower right")
    return figure


def pick_examples(records, column, values, n, rng):
    """Rows of the records to show for each value of a column: {value: n row numbers, fewer where there are fewer}."""
    rows = {}
    for value in values:
        found = np.flatnonzero((records[column] == value).fillna(False))
        rows[value] = np.sort(rng.permutation(found)[:n])
    return rows


def plot_examples(images, records, rows, labels):
    """Rows of images with a label each; the real images below, framed.

    rows: {name: row numbers}; labels: {name: text}.
    """
    real = np.flatnonzero(records["origin"] == "real")[: max(map(len, rows.values()))]
    lines = [(labels.get(name, name), numbers) for name, numbers in rows.items()]
    lines += [("real", real)] if len(real) else []
    return plot_rows(lines, images, records["band"].to_numpy(), frames=dict.fromkeys(real, REAL))


def describe_real(records):
    """Name the real images that `plot_examples` frames: one flare, and the archive's map where a copy is at hand."""
    if (records["origin"] == "real").sum() == 1:
        return "the real flare of 2020-06-07 (indigo frame)"
    return "the real ones at hand (indigo frames): the flare of 2020-06-07 and maps of the archive"


def describe_real_lines(n):
    """Name the lines of n real images in `plot_statistics`, up to the unit of the peak of the flare of 2020-06-07."""
    one = "the real flare of 2020-06-07, whose peak is"
    return one if n == 1 else "the real images at hand; the peak of the flare of 2020-06-07 (the fainter line) is"


def example_table(records, rows):
    """Records of the shown images, to save with a mosaic."""
    columns = ["image_id", "origin", "band", "kind", "n_sources", "artefact", "counts_per_detector"]
    columns += ["centre_error", "name"]
    parts = [records.iloc[numbers][columns].assign(row=name) for name, numbers in rows.items()]
    real = records[records["origin"] == "real"]
    return pd.concat([*parts, real[columns].assign(row="real")], ignore_index=True)


MEASURES = {
    "peak_flux": ("peak\n[photons cm⁻² s⁻¹ keV⁻¹ arcsec⁻²]", np.geomspace(1e-5, 3, 45)),
    "residual_percent": ("residual rms [% of the peak]", np.geomspace(1, 100, 45)),
    "size": ("size at half maximum [arcsec]", np.linspace(15, 110, 45)),
}


def plot_statistics(table):
    """Three measures of the images, sound or not, with lines where the real images stand.

    table: of `describe`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(WIDE, 2.39), layout="constrained")
    bad = table["is_artefact"].astype("boolean")
    real = table[table["origin"] == "real"]
    for axis, (name, (label, edges)) in zip(axes, MEASURES.items(), strict=True):
        sound, faulty = table[name][(~bad).fillna(False)], table[name][bad.fillna(False)]
        axis.hist(sound, edges, histtype="stepfilled", color=SOUND_COLOUR, alpha=0.75, label="sound")
        axis.hist(faulty, edges, color=FAULTY_COLOUR, histtype="step", lw=1.6, label="not sound")
        for value in real[name]:
            axis.axvline(value, color=REAL, lw=1.6, ls="--", label="real" if value == real[name].iloc[0] else None)
        axis.set(xlabel=label, xscale="log" if is_logarithmic(edges) else "linear", xlim=(edges[0], edges[-1]))
    axes[1].set_xticks([1, 3, 10, 30, 100], labels=["1", "3", "10", "30", "100"])
    axes[1].xaxis.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel("images")
    axes[2].legend(loc="upper right")
    return figure


def plot_kept_shares(simulated, real=None):
    """Share of flares with a sound image, by band, against the upper channel's significance.

    simulated, real: of `kept_by_significance`; real None where the lists are not at hand;
    there the poster's authors kept the image.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 3.4), layout="constrained")
    names = [
        f"{row['from']:.0f}–{row['to']:.0f}" if row["to"] < 1e6 else f">{row['from']:.0f}"
        for _, row in simulated.iterrows()
    ]
    place = np.arange(len(names))
    for band, label in (("soft", "4–10 keV"), ("hard", "16–28 keV")):
        look = {"color": BAND_COLOURS[band], "ls": BAND_DASHES[band], "lw": 1.6}
        axis.plot(place, 100 * simulated[band], label=f"{label}, simulated", **look)
        low, high = (100 * simulated[band] + sign * binomial_error(simulated, band) for sign in (-1, 1))
        axis.fill_between(place, low, high, color=BAND_COLOURS[band], alpha=0.2, lw=0)
        if real is not None:
            style = {"fmt": "o", "mfc": "white", "ms": 6, "capsize": 2, "color": BAND_COLOURS[band]}
            axis.errorbar(place, 100 * real[band], binomial_error(real, band), label=f"{label}, real", **style)
    axis.set(xticks=place, xlabel="significance of the excess at 15–25 keV", ylabel="flares with a sound image [%]")
    axis.set_xticklabels(names)
    axis.set_ylim(0)
    axis.legend(ncols=2)
    return figure


REAL_SHARES = ", and real shares of images that the poster kept (circles), of all listed flares, some without an image"


def binomial_error(shares, band):
    """Standard errors of shares, %."""
    return 100 * np.sqrt(shares[band] * (1 - shares[band]) / shares["flares"].clip(lower=1))


def shares_table(simulated, real=None):
    """What `plot_kept_shares` draws, as one table."""
    parts = [simulated.assign(origin="simulated")] + ([] if real is None else [real.assign(origin="real")])
    return pd.concat(parts, ignore_index=True)


def plot_published_effects(tests):
    """Effect of each feature with its 95 % interval, one panel per comparison; filled: significant after Holm.

    tests: of `compare_features`.
    """
    names = list(FEATURES)
    place = dict(zip(names, np.arange(len(names))[::-1], strict=True))
    figure = Figure(figsize=(WIDE, 3.24), layout="constrained")
    panels = figure.subplots(1, len(COMPARISONS), sharey=True)
    for axes, (title, (comparison, effect)) in zip(panels, COMPARISONS.items(), strict=True):
        for shift, suffix, colour in ((0.15, "", ALL), (-0.15, ", within months", WITHIN)):
            for row in tests[tests["comparison"] == comparison + suffix].itertuples():
                bars = [[row.effect - row.low], [row.high - row.effect]]
                filled = colour if row.p_holm < 0.05 else "white"
                style = {"fmt": "o", "color": colour, "markerfacecolor": filled, "markersize": 6, "capsize": 2}
                axes.errorbar(row.effect, place[row.feature] + shift, xerr=bars, **style)
        axes.axvline(0, color="0.4", linestyle=":", linewidth=1.2)
        axes.set_title(fill(title, 22))
        axes.set_xlabel(fill(effect, 24))
        axes.grid(axis="y", alpha=0.25)
    panels[0].set_yticks(list(place.values()), [FEATURES[name].split(" [")[0] for name in names])
    for colour, label in ((ALL, "all together"), (WITHIN, "within months")):
        panels[0].plot([], [], "o", color=colour, label=label)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def plot_published_clusters(typical, order):
    """Typical values of four features in each printed cluster, with 95 % intervals, clusters in the mosaic's order.

    typical: of `summarise_groups`; order: cluster numbers.  Grey band: the list's other flares, or, for the image's
    band, all kept images.
    """
    figure = Figure(figsize=(WIDE, 4.23), layout="constrained")
    panels = figure.subplots(len(PUBLISHED_PANELS), 1, sharex=True)
    for axes, (feature, scale) in zip(panels, PUBLISHED_PANELS.items(), strict=True):
        own = typical[typical["feature"] == feature].set_index("group")
        whole = own.loc["other flares of the list" if feature != "hard_band" else "kept"]
        axes.axhspan(whole["low"], whole["high"], color="0.75")
        for place, cluster in enumerate(order):
            row = own.loc[f"cluster {cluster}"]
            colour = WITHIN if cluster in WHOLE else ALL
            bars = [[row["value"] - row["low"]], [row["high"] - row["value"]]]
            axes.errorbar(place, row["value"], yerr=bars, fmt="o", color=colour, markersize=4 + row["n"] ** 0.5 / 2)
        axes.set_yscale(scale)
        label, unit = FEATURES[feature].rstrip("]").split(" [")
        axes.set_ylabel(f"{SHORT_LABELS.get(feature, label)}\n[{unit}]", fontsize="small")
    panels[-1].set_xticks(range(len(order)), order)
    panels[-1].set_xlabel("printed cluster, in the order of the mosaic")
    return figure
