"""The explorer: one HTML page that holds a map of images, the images and their records, and needs nothing else."""

import base64
import io
from importlib.metadata import version
from importlib.resources import files

import numpy as np
import pandas as pd
import yaml
from bokeh import models
from bokeh.embed import components
from bokeh.plotting import figure
from bokeh.resources import Resources
from markupsafe import Markup
from PIL import Image

from flarebook.compendium.appearance.palette import REAL
from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages.fill import TEXT, fill_page
from flarebook.stix.figures.colourings import UNKNOWN_COLOUR, Groups, colourings, hex_colours
from flarebook.stix.rendering import COLOUR_MAPS, lookup_table, shrink
from flarebook.stix.simulation.artefacts import display_name

TILE = 112  # pixels; a multiple of 8, so that no JPEG block lies across two images
COLUMNS = 16  # images in a row of a sheet
PER_SHEET = 256  # one sheet is decoded in some 20 ms, and only when an image of it is shown
QUALITY = 75  # of JPEG; rms error about 1 of 255 grey levels
FIELD = 177  # arcsec, side of an image
MARGIN = 0.04  # of the map's side, around the outermost images

FOLDER = files("flarebook.stix") / "data" / "explorer"
PAGE = ("page.html", "page.css", "page.js")  # by their names, from which the workflow follows what a notebook reads
FIELDS = yaml.safe_load((FOLDER / "fields.yaml").read_text(encoding="utf-8"))
SHORT = FIELDS.pop("short")


def with_results(records, *tables):
    """Records with the columns that later steps found for the same images.

    records, tables: DataFrames with image_id; a table in the order of the records is joined by position, another by
    image_id.  Returns a new table.  Raises InputError when a table speaks of other images or repeats one.
    """
    joined = records.reset_index(drop=True)
    for table in tables:
        new = [column for column in table.columns if column not in joined.columns]
        own = table.reset_index(drop=True)
        if not (len(own) == len(joined) and (own["image_id"] == joined["image_id"]).all()):
            own = _by_id(joined, own)
        joined = joined.join(own[new])
    return joined


def _by_id(records, table):
    """Rows of a table in the order of the records; rows of missing values for images that it does not name."""
    if records["image_id"].duplicated().any() or table["image_id"].duplicated().any():
        raise InputError("an image_id stands twice in the records or in a table of results: run the earlier steps anew")
    if not table["image_id"].isin(records["image_id"]).any():
        raise InputError("a table of results speaks of other images than the archive: run the earlier steps anew")
    return table.set_index("image_id").reindex(records["image_id"]).reset_index()


def choose(n_images, real, n_most, rng):
    """Rows that the page shows when the archive is larger: all real images and others drawn at random, in order."""
    others = np.setdiff1d(np.arange(n_images), real)
    n_others = max(0, min(n_most - len(real), len(others)))
    return np.sort(np.concatenate([np.asarray(real, dtype=int), rng.choice(others, n_others, replace=False)]))


def explorer_page(images, table, points, similar, title, about):
    """The page as text.

    images: (n, h, w) uint8, row 0 south; table: their records with results; points: (n, 2) place on the map;
    similar: (n, k) rows of the most similar images.  title: of the page; about: one sentence below it.
    """
    table = readable(table)
    colours = colourings(table)
    plot, limits = _plot(table, points, hex_colours(next(iter(colours.values()))))
    script, div = components(plot)
    data = {"limits": limits, "similar": np.asarray(similar).tolist(), **_sheets(images), **_columns(table)}
    data["colourings"] = [_coded(colouring) for colouring in colours.values()]
    data |= {"unknown": UNKNOWN_COLOUR, "first": _first(table), "real": bool((table["origin"] == "real").any())}
    stretch = "brightness stretched from the image's lowest to its highest value"
    data["field"] = f"{FIELD} × {FIELD} arcsec; {stretch}; purple to yellow: 4–10 keV, green: 16–28 keV"
    words = {"title": title, "about": about, "example": table["image_id"].iloc[_first(table)], "map_alt": _alt(table)}
    words |= {"plot_script": Markup(script), "plot_div": Markup(div), "version": version("flarebook")}
    words["bokeh_js"] = Markup(Resources(mode="inline", components=["bokeh"]).render_js())
    return fill_page([TEXT, *(FOLDER / name for name in PAGE)], data, **words)


def readable(table):
    """Records in words for readers: low_counts becomes low counts; only real images have a file to name."""
    named = table.columns.intersection(["artefact", "kind"])
    words = {column: table[column].map(display_name, na_action="ignore") for column in named}
    files_of_real = {"name": table["name"].where(table["origin"] == "real")} if "name" in table else {}
    return table.assign(**words, **files_of_real)


def _first(table):
    """Row that the page opens with: the last real image, or the first image."""
    real = np.flatnonzero(table["origin"] == "real")
    return int(real[-1]) if len(real) else 0


def _alt(table):
    n_real = int((table["origin"] == "real").sum())
    return (
        f"Map of {len(table)} X-ray images, {n_real} of them real and marked with a star; similar images lie near each "
        "other. Arrow keys lead from the chosen image to the nearest one in their direction; the search field, the "
        "groups below the map and the similar images lead to others."
    )


def _sheets(images):
    """Grey sheets as data addresses, and how the images lie on them."""
    tiles = shrink(np.asarray(images)[:, ::-1], TILE)
    sheets = [_sheet(tiles[start : start + PER_SHEET]) for start in range(0, len(tiles), PER_SHEET)]
    tables = {band: lookup_table(name).ravel().tolist() for band, name in COLOUR_MAPS.items()}
    layout = {"size": TILE, "columns": COLUMNS, "per_sheet": PER_SHEET}
    return {"sheets": sheets, "tiles": layout, "colour_maps": tables}


def _sheet(tiles):
    """One sheet of images: JPEG as a data address."""
    canvas = np.zeros((-(-len(tiles) // COLUMNS) * TILE, COLUMNS * TILE), dtype=np.uint8)
    for place, tile in enumerate(tiles):
        y, x = place // COLUMNS * TILE, place % COLUMNS * TILE
        canvas[y : y + TILE, x : x + TILE] = tile
    written = io.BytesIO()
    Image.fromarray(canvas).save(written, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()


def _columns(table):
    """Values of every column that the page shows, and how the record is divided."""
    keys = ("column", "label", "unit")
    lists = {
        title: [dict(zip(keys, field, strict=True)) for field in fields if field[0] in table]
        for title, fields in {**FIELDS, "short": SHORT}.items()
    }
    short = lists.pop("short")
    shown = ["image_id", *(field["column"] for fields in lists.values() for field in fields)]
    parts = [{"title": title, "fields": fields} for title, fields in lists.items() if fields]
    return {"columns": {column: plain_values(table[column]) for column in shown}, "parts": parts, "short": short}


def plain_values(column):
    """Values for JSON: text, booleans, numbers of four digits, None where missing."""
    if pd.api.types.is_bool_dtype(column):
        return [None if pd.isna(value) else bool(value) for value in column]
    if pd.api.types.is_numeric_dtype(column):
        return [None if pd.isna(value) else _short_number(value) for value in column]
    return [None if pd.isna(value) else str(value) for value in column]


def _short_number(value):
    """A number of four significant digits; whole ones without a decimal point."""
    short = float(f"{float(value):.4g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def _coded(colouring):
    """A colouring for the page: each image's code, the codes' colours, and their names or the ends of the scale."""
    coded = {"key": colouring.key, "label": colouring.label, "codes": colouring.codes.tolist()}
    if isinstance(colouring, Groups):
        return {**coded, "names": colouring.names, "colours": colouring.colours}
    return {**coded, "colours": colouring.colours, "scale": [f"{colouring.low:.2g}", f"{colouring.high:.2g}"]}


def _plot(table, points, colours):
    """Bokeh's figure of the map, and its limits {x: [start, end], y: ...}."""
    points = np.asarray(points, dtype=np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    edge = MARGIN * (high - low).max()
    limits = {axis: [float(low[i] - edge), float(high[i] + edge)] for i, axis in enumerate("xy")}
    ranges = {f"{axis}_range": models.Range1d(*limits[axis]) for axis in "xy"}
    plot = figure(name="map", toolbar_location=None, tools="", sizing_mode="stretch_both", match_aspect=False, **ranges)
    plot.axis.visible, plot.grid.visible = False, False
    plot.background_fill_color, plot.border_fill_color = None, None  # the page's own, by day and by night
    plot.outline_line_color, plot.min_border = None, 0
    real = (table["origin"] == "real").to_numpy()
    columns = {"x": points[:, 0], "y": points[:, 1], "colour": list(colours), "size": np.where(real, 20.0, 7.0)}
    dots = _plot_images(plot, models.ColumnDataSource(columns, name="images"), np.flatnonzero(real))
    _plot_names(plot, table, points)
    _add_tools(plot, dots)
    return plot, limits


def _plot_images(plot, source, real):
    """Dots, a ring around the kept one, stars on real images; returns the dots, which the pointer meets."""
    looks = {"fill_color": "colour", "line_color": "#00000066", "line_width": 0.5, "name": "dots"}
    faint = {"nonselection_fill_alpha": 0.12, "nonselection_line_alpha": 0.08}
    dots = plot.scatter("x", "y", size="size", fill_alpha=0.85, source=source, **looks, **faint)
    star = {"fill_color": REAL, "line_color": "white", "line_width": 1.5, "size": 22, "marker": "star"}
    solid = {"nonselection_fill_alpha": 1.0, "nonselection_line_alpha": 1.0}
    view = models.CDSView(filter=models.IndexFilter(real.tolist()))
    plot.scatter("x", "y", source=source, view=view, **star, **solid)
    ring = models.ColumnDataSource({"x": [], "y": []}, name="ring")
    plot.scatter("x", "y", source=ring, size=17, fill_color=None, line_color="#d9372b", line_width=2.5)
    return dots


def _plot_names(plot, table, points):
    """Numbers of the clusters, each where most of its images lie."""
    if "cluster" not in table:
        return
    place = pd.DataFrame(points, columns=["x", "y"]).groupby(table["cluster"].to_numpy()).median()
    names = models.ColumnDataSource(place.assign(name=place.index.astype(int).astype(str)))
    look = {"text_font_size": "15px", "text_font_style": "bold", "text_color": "#1d2330", "text_outline_color": "white"}
    middle = {"text_align": "center", "text_baseline": "middle"}
    plot.text("x", "y", "name", source=names, name="cluster-names", **look, **middle)


def _add_tools(plot, dots):
    """Moving, zooming, selecting, pointing and clicking; the page's script sets what the last two call.

    A callback of Bokeh's own would be compiled in the browser, which the page's head forbids.
    """
    wheel, pan = models.WheelZoomTool(name="tool-wheel"), models.PanTool(name="tool-pan")
    box, lasso = models.BoxSelectTool(name="tool-box"), models.LassoSelectTool(name="tool-lasso", continuous=False)
    for tool in (box, lasso):
        tool.renderers = [dots]
    pointer = models.HoverTool(tooltips=None, renderers=[dots], name="tool-hover")
    click = models.TapTool(behavior="inspect", renderers=[dots], name="tool-tap")
    plot.add_tools(pan, wheel, box, lasso, pointer, click)
    plot.toolbar.active_drag, plot.toolbar.active_scroll = pan, wheel
