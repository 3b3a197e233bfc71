"""Publish a figure: SVG, PNG, PDF, its data as CSV, and a record that says where it comes from."""

import base64
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flarebook.compendium.appearance.style import LEAST_TYPE, WIDE, figure_faults
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import (
    FIGURE_ID,
    ORIGINS,
    code_state,
    describe_origin,
    now,
    sha256,
    to_json,
    versions,
)

FORMATS = ("svg", "png", "pdf")
SAVE = {  # text stays text in SVG and PDF; a fixed salt gives the same element names in each run
    "svg.fonttype": "none",
    "svg.hashsalt": "flarebook",
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}
PAD = 0.06  # inches around what is drawn
NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


def check_figure(id, caption, alt, data, origin):
    """Refuse a figure that breaks the contract.

    Raises InputError for a bad id, an origin outside ORIGINS, a missing caption or alt text, or data that are
    neither a table nor {panel: table}.
    """
    if not FIGURE_ID.fullmatch(str(id)):
        raise InputError(f"figure id {id!r} is not of the form iris-12-performance or iris-x-name: rename it")
    if origin not in ORIGINS:
        raise InputError(f"figure {id} has origin {origin!r}: say which of {', '.join(ORIGINS)} it shows")
    if not caption.strip() or len(alt.strip()) < 40:
        raise InputError(f"figure {id} needs a caption and an alt text of 40 characters or more: write what it shows")
    tables = list(data.values()) if isinstance(data, Mapping) else [data]
    if not tables or (wrong := [type(table).__name__ for table in tables if not hasattr(table, "to_csv")]):
        given = f"of type {wrong[0]}" if tables else "without a panel"
        raise InputError(f"figure {id} was given data {given}: pass a pandas DataFrame, or one for each panel")


def join_panels(data):
    """Put the plotted numbers of all panels below one another.

    data: DataFrame, which is returned as it is, or {panel: DataFrame}, whose names become the first column, "panel".
    """
    if not isinstance(data, Mapping):
        return data
    tables = {panel: table.reset_index(drop=not _has_named_index(table)) for panel, table in data.items()}
    return pd.concat(tables, names=["panel"]).reset_index("panel")


def stamp(figure, origin):
    """Write the origin below the lower right corner of everything drawn, so that it overlaps nothing."""
    figure.draw_without_rendering()  # layouts settle only when drawn
    for legend in figure.legends:  # one that follows the canvas would move with the tight saving box, onto the origin
        legend.set_bbox_to_anchor((0, 0, 1, 1), figure.transFigure)
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    x, y = box.x1 / width, (box.y0 - 0.04) / height  # below the canvas; a tight saving box takes it in
    return figure.text(x, y, origin, ha="right", va="top", fontsize=LEAST_TYPE, style="italic", color="0.35")


def save_figure(folder, id, figure, data, record):
    """Write the five files of a figure into `folder` and return the completed record.

    data: table of the plotted values, or {panel: table}.  record: caption, alt, notebook, parameters, origin and so on.
    """
    folder = Path(folder)
    stamp(figure, describe_origin(record))
    figure.set_layout_engine("none")  # it has settled: each format would lay out and measure the figure anew
    box = figure.get_tightbbox().padded(PAD)
    with matplotlib.rc_context(SAVE):
        for suffix in FORMATS:
            with atomic_write(folder / f"{id}.{suffix}") as path:
                figure.savefig(path, bbox_inches=box, metadata=NO_DATE[suffix])
    table = join_panels(data)
    with atomic_write(folder / f"{id}.csv") as path:
        table.to_csv(path, index=_has_named_index(table))
    record = complete_record(folder, id, record | {"width": round(96 * box.width)})
    with atomic_write(folder / f"{id}.json") as path:
        path.write_text(to_json(record), encoding="utf-8")
    return record


def _has_named_index(data):
    """Whether the index carries something to keep in the CSV."""
    return any(name is not None for name in data.index.names)


def complete_record(folder, id, record):
    """Add to a figure's record its label, number, files, data hash, code state, versions, threads and time."""
    number = re.match(r"[a-z]+-(\d\d)-", id)
    files = {suffix: f"{id}.{suffix}" for suffix in (*FORMATS, "csv", "json")}
    return {
        "id": id,
        "label": f"fig-{id}",
        "paper_figure": int(number[1]) if number else None,
        **record,
        "files": files,
        "data_sha256": sha256(folder / files["csv"]),
        **code_state(),
        "versions": versions(),
        "threads": os.environ.get("OMP_NUM_THREADS"),  # sums in another order differ in their last digits
        "time": now(),
    }


def show(folder, record):
    """Display a published figure in the running notebook.

    The output's metadata name the figure, so that the book can number it: {"flarebook": {"figure": id}}.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    png = base64.b64encode((Path(folder) / record["files"]["png"]).read_bytes()).decode()
    bundle = {"image/png": png, "text/plain": record["alt"]}
    display(bundle, raw=True, metadata={"flarebook": {"figure": record["id"]}})


def publish(folder, id, figure, data, record):
    """Check, write, display and close a figure; returns its record."""
    check_figure(id, record["caption"], record["alt"], data, record["origin"])
    record = save_figure(folder, id, figure, data, record)
    for fault in figure_faults(figure):  # a warning: a run of hours is not lost for it, and the ci profile allows none
        warnings.warn(f"figure {id} {fault}", stacklevel=3)
    show(folder, record)
    plt.close(figure)  # an open figure would be shown a second time by the inline backend
    return record


def write_drawing(folder, name, figure, caption, alt):
    """Write a drawing that a page of prose shows, as SVG into the page's folder; returns its figure directive."""
    with matplotlib.rc_context(SAVE), atomic_write(Path(folder) / f"{name}.svg") as path:
        figure.savefig(path, bbox_inches="tight", pad_inches=0.05, metadata=NO_DATE["svg"])
    return f"```{{figure}} {name}.svg\n:name: fig-{name}\n:alt: {alt}\n\n{caption}\n```"


def bin_heights(samples, edges, weights=None, density=False):
    """Histograms in common bins, to draw and to save: DataFrame series, low, high, height.

    samples: {series: values}; edges: (n + 1,); weights: {series: of each value}, default 1; density: as of
    numpy.histogram.
    """
    weights, tables = weights or {}, []
    for series, values in samples.items():
        height, _ = np.histogram(values, edges, weights=weights.get(series), density=density)
        tables.append(pd.DataFrame({"series": series, "low": edges[:-1], "high": edges[1:], "height": height}))
    return pd.concat(tables, ignore_index=True)


def draw_bins(axes, bins, styles):
    """Draw histograms of `bin_heights`, one over the other; styles: {series: options of Axes.hist}."""
    for series, style in styles.items():
        rows = bins[bins["series"] == series]
        edges = [*rows["low"], rows["high"].iloc[-1]]
        axes.hist(rows["low"], edges, weights=rows["height"], **({"label": series} | style))


def draw_history(history, group, styles, panels, seen):
    """Draw the history of trainings: a panel per quantity, a line per training; return (figure, axes).

    history: DataFrame; group: column that names the training; styles: {training: (colour, dashes, label)}; panels:
    {column: label}; seen: column with the number of examples so far, such as "images_seen".  Where there is a column
    with the prefix "held_out_", it is drawn thick and the training's own values thin.
    """
    figure = Figure(figsize=(WIDE, 2.5), layout="constrained")
    axes = figure.subplots(1, len(panels))
    words = seen.replace("_", " ")
    unit, name = (1000, f"{words}, thousands") if history[seen].max() > 5000 else (1, words)
    for panel, (column, label) in zip(axes, panels.items(), strict=True):
        for training, rows in history.groupby(group, sort=False):
            colour, dashes, line = styles[training]
            look, main = {"color": colour, "linestyle": dashes}, column
            if f"held_out_{column}" in rows:
                panel.plot(rows[seen] / unit, rows[column], lw=0.8, alpha=0.6, **look)
                main = f"held_out_{column}"
            panel.plot(rows[seen] / unit, rows[main], lw=2, label=line, **look)
        panel.set(xlabel=name, ylabel=label, xlim=(0, None))
        panel.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(styles))
    return figure, axes
