"""Figures of the ablation: scores of every row, linear probes of the features, and their geometry."""

from textwrap import fill

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flarebook.compendium.appearance.palette import BLUE, GREEN, PINK, SKY, VERMILION, YELLOW
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import backbone_style
from flarebook.solarchip.representation.ablation import ALL_TERMS, SHARING_WORDS, TERMS
from flarebook.solarchip.representation.linear_probes import NAMES
from flarebook.solarchip.representation.scores import HEADLINE, MEAN_PROBE, STRENGTH

PANELS = {  # score: title
    "recall@1, neighbouring days": "HMI and AIA of a date, recall@1 of 11 days",
    HEADLINE: "recall@1 after a linear map",
    "patch date, neighbouring days": "patch finds its date, recall@1 of 11 days",
    "place by content": "recall of a patch's place by content",
    MEAN_PROBE: "linear probes, mean skill",
    "crossed probe, mean": "probe of HMI read on AIA, skill",
}
UNTRAINED = {  # lines of untrained features
    "pixels": {"color": PINK, "linestyle": ":", "linewidth": 1.6},
    STRENGTH: {"color": GREEN, "linestyle": "-.", "linewidth": 1.4},
}
ROW_COLOURS = dict(zip(TERMS, ("0.8", "0.45", BLUE, GREEN, VERMILION, SKY, PINK, YELLOW), strict=True))
GEOMETRY = {"xerr": "uniformity", "yerr": "alignment"}


def row_name(row):
    """Name of a row of the ablation in figures."""
    return "none (random)" if row == "random" else row


def row_labels(table):
    """Rows of a table from the top: {(row, sharing): label}, the other ways of sharing last."""
    known = set(table[["row", "sharing"]].itertuples(index=False, name=None))
    labels = {(row, "two"): row_name(row) for row in TERMS}
    labels |= {(ALL_TERMS, key): f"all terms, {words}" for key, words in SHARING_WORDS.items() if key != "two"}
    return {key: label for key, label in labels.items() if key in known}


def plot_ablation(table, summary, untrained_features=None):
    """Six scores of every row: one mark per seed, the mean and its standard deviation over seeds.

    table: of `run_ablation`; summary: of `summarize_ablation`; untrained_features: {name: {score: value}}.
    """
    labels = row_labels(summary)
    figure = Figure(figsize=(WIDE, 1.5 + 0.31 * len(labels)), layout="constrained")
    axes = figure.subplots(1, len(PANELS), sharey=True)
    for panel, (score, title) in zip(axes, PANELS.items(), strict=True):
        own = summary[summary["score"] == score]
        panel.axvline(own["chance"].mean(), color="0.3", linestyle="--", linewidth=0.9)
        for name, values in (untrained_features or {}).items():
            panel.axvline(values[score], **UNTRAINED[name])
        for shift, backbone in zip((-0.17, 0.17), own["backbone"].unique(), strict=False):
            _plot_rows(panel, table[table["score"] == score], own, backbone, labels, shift)
        panel.set_title(fill(title, 16), fontsize="small")
        panel.grid(axis="y", color="0.93")
        panel.set_axisbelow(True)
        panel.locator_params(axis="x", nbins=2)
        panel.xaxis.set_major_formatter("{x:g}")
    axes[0].set_yticks(range(len(labels)), labels.values())
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    handles = backbone_legend(summary["backbone"].unique())
    handles.append(Line2D([], [], color="0.3", linestyle="--", linewidth=0.9, label="chance level"))
    handles += [Line2D([], [], label=f"{name}, no encoder", **UNTRAINED[name]) for name in untrained_features or {}]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)
    return figure


def _plot_rows(panel, table, summary, backbone, labels, shift):
    """Marks of one backbone: seeds faint, mean and standard deviation strong."""
    colour, marker, *_ = backbone_style(backbone)
    places = {key: place + shift for place, key in enumerate(labels)}
    seeds, means = (
        rows.assign(place=[places.get(key) for key in zip(rows["row"], rows["sharing"], strict=True)])
        for rows in (table[table["backbone"] == backbone], summary[summary["backbone"] == backbone])
    )
    below = seeds["place"].astype(float) + 0.13  # else the mean hides them
    panel.scatter(seeds["value"], below, s=16, marker="|", color=colour, linewidth=1.1)
    look = {"fmt": marker, "color": colour, "ms": 5, "capsize": 2, "lw": 1.1}
    panel.errorbar(means["mean"], means["place"].astype(float), xerr=np.nan_to_num(means["sd"]), **look)


def backbone_legend(backbones):
    """Markers of the backbones: [Line2D]."""
    styles = {name: backbone_style(name) for name in backbones}
    return [Line2D([], [], marker=m, color=colour, ls="", label=name) for name, (colour, m, *_) in styles.items()]


def plot_probes(summary, probes=("linear", "k-NN")):
    """Skill of the probes: rows of the ablation against targets and instruments, one matrix per probe and backbone.

    summary: of ablation_tables.summarize_ablation.
    """
    backbones = summary["backbone"].unique()
    figure = Figure(figsize=(WIDE, 1.2 + 2.3 * len(probes)), layout="constrained")
    axes = figure.subplots(len(probes), len(backbones), sharey=True, sharex=True, squeeze=False)
    for line, probe in zip(axes, probes, strict=True):
        own = summary[summary["score"].str.startswith(f"{probe}, ") & (summary["sharing"] == "two")]
        for panel, backbone in zip(line, backbones, strict=True):
            image = _plot_skills(panel, own[own["backbone"] == backbone])
            panel.set_title(f"{backbone}, {'linear' if probe == 'linear' else 'nearest neighbours'}")
    figure.colorbar(image, ax=axes, label="skill (0: chance level, 1: perfect)", pad=0.01, shrink=0.6)
    return figure


def _plot_skills(panel, own):
    """One matrix of skills, each value written into its cell; returns what a colourbar needs."""
    columns = list(own["score"].unique())
    cells = own.pivot(index="row", columns="score", values="mean")
    cells = cells.reindex(index=[row for row in TERMS if row in cells.index], columns=columns)
    image = panel.imshow(cells, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(cells.to_numpy(dtype=float)):
        text = f"{value:.2f}".replace("0.", ".").replace("-", "−")  # a cell is as wide as four signs
        colour = "black" if value > 0.65 else "white"
        panel.text(j, i, text, ha="center", va="center", color=colour, fontsize="small")
    targets = [score.split(", ")[1:] for score in columns]  # of "linear, r_value, AIA": "inversion-line flux, AIA"
    labels = [f"{NAMES[name]}, {source}" for name, source in targets]
    panel.set_xticks(range(len(columns)), labels, rotation=38, ha="right")
    panel.set_yticks(range(len(cells)), map(row_name, cells.index))
    panel.tick_params(length=0, labelsize="small")
    return image


def plot_geometry(summary):
    """Alignment against uniformity of every row: pairs close together and dates apart lie at the lower left.

    A colour per row of the ablation, a marker per backbone, mean and standard deviation over seeds.
    """
    own = summary[summary["score"].isin(["alignment", "uniformity"]) & (summary["sharing"] == "two")]
    wide = own.pivot(index=["backbone", "row"], columns="score", values=["mean", "sd"]).reset_index()
    figure = Figure(figsize=(WIDE, 4.16), layout="constrained")
    axes = figure.subplots()
    for _, point in wide.iterrows():
        errors = {axis: np.nan_to_num(point["sd", name]) for axis, name in GEOMETRY.items()}
        look = {"fmt": backbone_style(point["backbone", ""])[1], "color": ROW_COLOURS[point["row", ""]]}
        place = (point["mean", name] for name in GEOMETRY.values())
        axes.errorbar(*place, **errors, **look, mec="black", mew=0.5, ms=7, lw=0.9, alpha=0.9)
    axes.axhline(2, color="0.3", linestyle="--", linewidth=0.9)
    axes.set_xlabel("uniformity: 0 all dates alike, lower is more spread")
    axes.set_ylabel("alignment: squared distance of a pair")
    handles = backbone_legend(wide["backbone"].unique())
    for handle in handles:
        handle.set(color="white", markeredgecolor="black")
    rows = [row for row in TERMS if (wide["row"] == row).any()]
    handles += [Line2D([], [], marker="D", color=ROW_COLOURS[row], ls="", label=row_name(row)) for row in rows]
    handles.append(Line2D([], [], color="0.3", linestyle="--", linewidth=0.9, label="unrelated features"))
    figure.legend(handles=handles, loc="outside right center")
    return figure
