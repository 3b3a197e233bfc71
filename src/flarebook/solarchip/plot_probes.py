"""Figures of the ablation: scores of every row, what the features know, their geometry, and the verdicts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flarebook.solarchip.ablation import ALL_TERMS, SHARING_WORDS, TERMS
from flarebook.solarchip.linear_probes import NAMES
from flarebook.solarchip.representation_scores import HEADLINE, MEAN_PROBE
from flarebook.solarchip.verdicts import OPEN, REFUTED, SUPPORTED

COLOURS = {"vit": "#0173B2", "cnn": "#DE8F05"}  # by the family of a backbone's name
NEUTRAL = "0.55"
MARKERS = {"vit": "o", "cnn": "s"}
PANELS = {  # score: title
    "recall@1, neighbouring days": "HMI and AIA of a date,\nrecall@1 of 11 days",
    HEADLINE: "the same after\na linear map",
    "patch date, neighbouring days": "patch finds its date,\nrecall@1 of 11 days",
    "place by content": "patch finds its place\nby content",
    MEAN_PROBE: "linear probes,\nmean skill",
    "crossed probe, mean": "probe of HMI\nread on AIA, skill",
}
WORD_STYLES = {SUPPORTED: ("o", "#029E73"), REFUTED: ("X", "#D55E00"), OPEN: ("D", "0.55")}


def family(backbone):
    """ "vit" or "cnn", of a backbone such as "vit-tiny"."""
    return backbone.split("-")[0]


def row_labels(table):
    """Rows of a table from the top: {(row, sharing): label}, the other ways of sharing last."""
    known = set(table[["row", "sharing"]].itertuples(index=False, name=None))
    labels = {(row, "two"): "none (random)" if row == "random" else row for row in TERMS}
    labels |= {
        (ALL_TERMS, sharing): f"all terms, {words}" for sharing, words in SHARING_WORDS.items() if sharing != "two"
    }
    return {key: label for key, label in labels.items() if key in known}


def draw_ablation(table, summary, pixels=None):
    """Six scores of every row: one mark per seed, the mean and its standard deviation over seeds.

    table: of ablation.run; summary: of ablation_tables.summary; pixels: {score: value} of features nobody trained.
    """
    labels = row_labels(summary)
    figure = Figure(figsize=(12.6, 1.5 + 0.38 * len(labels)), layout="constrained")
    axes = figure.subplots(1, len(PANELS), sharey=True)
    for panel, (score, title) in zip(axes, PANELS.items(), strict=True):
        own = summary[summary["score"] == score]
        _chance_line(panel, own, (pixels or {}).get(score))
        for shift, backbone in zip((-0.17, 0.17), own["backbone"].unique(), strict=False):
            _draw_rows(panel, table[table["score"] == score], own, backbone, labels, shift)
        panel.set_title(title, fontsize="small")
        panel.grid(axis="y", color="0.93")
        panel.set_axisbelow(True)
        panel.tick_params(labelsize="small")
    axes[0].set_yticks(range(len(labels)), labels.values())
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    figure.legend(handles=_handles(summary, pixels), loc="outside lower center", ncols=5, fontsize="small")
    return figure


def _chance_line(panel, summary, pixels):
    """Dashed line where guessing lies, dotted where pixels do."""
    panel.axvline(summary["chance"].mean(), color="0.3", linestyle="--", linewidth=0.9)
    if pixels is not None:
        panel.axvline(pixels, color="#CC78BC", linestyle=":", linewidth=1.6)


def _draw_rows(panel, table, summary, backbone, labels, shift):
    """Marks of one backbone: seeds faint, mean and standard deviation strong."""
    colour, marker = COLOURS[family(backbone)], MARKERS[family(backbone)]
    for place, (row, sharing) in enumerate(labels):
        seeds, mean = (_of(rows, backbone, row, sharing) for rows in (table, summary))
        seeds = seeds["value"]
        panel.scatter(seeds, np.full(len(seeds), place + shift), s=9, color=colour, alpha=0.4, linewidth=0)
        if len(mean):
            error = np.nan_to_num(mean["sd"].to_numpy())
            panel.errorbar(mean["mean"], [place + shift], xerr=error, fmt=marker, color=colour, ms=5, capsize=2, lw=1.1)


def _of(table, backbone, row, sharing):
    """Rows of a table that belong to one row of the ablation."""
    return table[(table["backbone"] == backbone) & (table["row"] == row) & (table["sharing"] == sharing)]


def _handles(summary, pixels):
    """Legend of the backbones and of the two reference lines."""
    handles = [
        Line2D([], [], marker=MARKERS[family(name)], color=COLOURS[family(name)], linestyle="", label=name)
        for name in summary["backbone"].unique()
    ]
    handles.append(Line2D([], [], color="0.3", linestyle="--", linewidth=0.9, label="guessing"))
    dotted = Line2D([], [], color="#CC78BC", linestyle=":", linewidth=1.6, label="pixels, no encoder")
    return [*handles, dotted] if pixels else handles


def draw_probes(summary, probe="linear"):
    """Skill of one probe: rows of the ablation against questions and instruments, one matrix per backbone.

    summary: of ablation_tables.summary.
    """
    own = summary[summary["score"].str.startswith(f"{probe}, ") & (summary["sharing"] == "two")]
    columns = [score for score in own["score"].unique()]
    backbones = own["backbone"].unique()
    figure = Figure(figsize=(1.9 + 4.3 * len(backbones), 4.6), layout="constrained")
    axes = figure.subplots(1, len(backbones), sharey=True, squeeze=False)[0]
    for panel, backbone in zip(axes, backbones, strict=True):
        cells = own[own["backbone"] == backbone].pivot(index="row", columns="score", values="mean")
        cells = cells.reindex(index=[row for row in TERMS if row in cells.index], columns=columns)
        image = panel.imshow(cells, cmap="viridis", vmin=0, vmax=1, aspect="auto")
        _write_cells(panel, cells)
        panel.set_xticks(range(len(columns)), [_question(score) for score in columns], rotation=38, ha="right")
        panel.set_yticks(range(len(cells)), ["none (random)" if row == "random" else row for row in cells.index])
        panel.set_title(backbone, fontsize="medium")
        panel.tick_params(length=0, labelsize="small")
    figure.colorbar(image, ax=axes, label="skill, 0 guessing, 1 perfect", pad=0.01)
    return figure


def _question(score):
    """Label of a probe's question: "linear, r_value, AIA" to "R value from AIA"."""
    _, name, source = score.split(", ")
    return f"{NAMES[name]}\nfrom {source}"


def _write_cells(panel, cells):
    """Write every value into its cell, in a colour that can be read."""
    for (i, j), value in np.ndenumerate(cells.to_numpy(dtype=float)):
        colour = "black" if value > 0.65 else "white"
        words = f"{value:.2f}".replace("-", "\u2212")
        panel.text(j, i, words, ha="center", va="center", color=colour, fontsize="small")


def draw_geometry(summary):
    """Alignment against uniformity of every row: pairs close together and dates apart lie at the lower left."""
    own = summary[summary["score"].isin(["alignment", "uniformity"]) & (summary["sharing"] == "two")]
    wide = own.pivot(index=["backbone", "row"], columns="score", values=["mean", "sd"]).reset_index()
    figure = Figure(figsize=(6.6, 4.8), layout="constrained")
    axes = figure.subplots()
    for backbone, points in wide.groupby("backbone", sort=False):
        colour, marker = COLOURS[family(backbone)], MARKERS[family(backbone)]
        x, y = points["mean", "uniformity"], points["mean", "alignment"]
        errors = {"xerr": points["sd", "uniformity"].fillna(0), "yerr": points["sd", "alignment"].fillna(0)}
        axes.errorbar(x, y, **errors, fmt=marker, color=colour, ms=6, lw=0.9, label=backbone)
    _number_points(axes, wide)
    axes.axhline(2, color="0.3", linestyle="--", linewidth=0.9)
    axes.set_xlabel("uniformity: 0 all dates alike, lower is more spread")
    axes.set_ylabel("alignment: squared distance of a pair")
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")
    return figure


def _number_points(axes, wide):
    """Number each point by its row; the caption's table says which."""
    numbers = {row: number for number, row in enumerate(TERMS, 1)}
    for _, point in wide.iterrows():
        place = point["mean", "uniformity"], point["mean", "alignment"]
        number = str(numbers[point["row", ""]])
        axes.annotate(number, place, xytext=(5, 5), textcoords="offset points", fontsize="small")


def draw_verdicts(table):
    """Differences of every comparison with their interval over seeds, one panel per backbone, marked by the verdict.

    table: of ablation_tables.verdict_table.
    """
    parts = table["comparison"].str.split(": ", n=1, expand=True)
    rows = table.assign(backbone=parts[0], words=parts[1].str.replace(ALL_TERMS, "all terms"))
    rows["label"] = rows["claim"] + ": " + rows["words"] + ", " + rows["score"]
    labels, backbones = list(rows["label"].unique()), rows["backbone"].unique()
    figure = Figure(figsize=(4.4 + 3.1 * len(backbones), 1.1 + 0.25 * len(labels)), layout="constrained")
    axes = figure.subplots(1, len(backbones), sharey=True, squeeze=False)[0]
    for panel, backbone in zip(axes, backbones, strict=True):
        _draw_differences(panel, rows[rows["backbone"] == backbone], labels)
        panel.set_title(backbone, fontsize="medium")
    axes[0].set_yticks(range(len(labels)), labels)
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    figure.supxlabel("difference of the scores, mean and 95 % interval over seeds", fontsize="medium")
    handles = [Line2D([], [], marker=m, color=c, label=word) for word, (m, c) in WORD_STYLES.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize="small")
    return figure


def _draw_differences(panel, rows, labels):
    """Mark and interval of each comparison of one backbone, with the band of gains too small to matter."""
    for row in rows.itertuples():
        (marker, colour), place = WORD_STYLES[row.verdict], labels.index(row.label)
        panel.plot([row.low, row.high], [place, place], color=colour, linewidth=1.4)
        panel.plot(row.difference, place, marker, color=colour, ms=5.5)
    panel.axvline(0, color="0.3", linewidth=0.9)
    panel.axvspan(-rows["margin"].max(), rows["margin"].max(), color="0.93", zorder=0)
    panel.tick_params(labelsize="small")
    _readable_range(panel, rows)


def _readable_range(axes, rows):
    """Limits that show every difference; intervals of very few seeds run out of the picture."""
    widest = 2.5 * max(0.05, rows["difference"].abs().max())
    finite = pd.concat([rows["low"], rows["high"], rows["difference"]]).dropna()
    axes.set_xlim(max(finite.min() - 0.02, -widest), min(finite.max() + 0.02, widest))
