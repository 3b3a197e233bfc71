"""Type, line widths and page widths of all figures, and the faults of a figure that does not keep them."""

import logging
import re

from flarebook.compendium.appearance.palette import DIVERGING, SEQUENTIAL, SERIES

WIDE, NARROW = 7.0, 4.7  # inches: the book's column of text on a laptop (672 CSS pixels), and two thirds of it
BASE = 8.5  # points, of labels and titles; ticks, legends and notes are "small", 5/6 of it
LEAST_TYPE, LEAST_LINE = 7.0, 0.5  # points that print and a page's width leave readable

STYLE = {
    "figure.dpi": 110,
    "figure.figsize": (NARROW, 3.2),
    "font.size": BASE,  # of DejaVu Sans, which comes with matplotlib
    "axes.labelsize": "medium",
    "axes.titlesize": "medium",
    "figure.labelsize": "medium",
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "legend.fontsize": "small",
    "legend.title_fontsize": "small",
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.4,
    "text.color": "0.15",
    "axes.labelcolor": "0.15",
    "axes.edgecolor": "0.15",
    "xtick.color": "0.15",
    "ytick.color": "0.15",
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.8,
    "ytick.minor.size": 1.8,
    "axes.labelpad": 3,
    "axes.titlepad": 4,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "lines.markeredgewidth": 0.8,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.7,
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "hatch.linewidth": 0.5,
    "image.cmap": "viridis",
}

NUMBER = re.compile(r"[-−+]?[\d.,]+ ?%?|.*mathdefault.*")
UNIT = re.compile(r"\[.+\]", re.DOTALL)
DIMENSIONLESS = re.compile(
    r"share|fraction|probability|score|rate\b|ratio|number|count|correlation|rank|skill|precision|recall|accuracy|"
    r"\b(AUC|TSS|HSS|F1|SSIM|ROC|NMI)\b|cumulative|normalised|cosine|alignment|uniformity|likeness|significance|asymmetry|"
    r"threshold|perplexity|epoch|cluster|index|factor|variance|component|loss|term|networks|images|labels|spectra|"
    r"observations|dates|flares|workers|year|exposure|grid point|slit pixel|standard deviation|\\ln\(",
    re.IGNORECASE,
)


def use_style():
    """Set the compendium's matplotlib look for all figures drawn from here on."""
    import matplotlib

    matplotlib.rcParams.update({**STYLE, "axes.prop_cycle": matplotlib.cycler(color=SERIES)})
    # aiapy imports drms, which lets the root logger tell everything, such as each font that a PDF holds a part of
    logging.getLogger("fontTools").setLevel(logging.WARNING)


def figure_faults(figure):
    """Say in what a drawn figure departs from the look: width, type, lines, colour maps, axes without name or unit.

    Returns a list of phrases, empty for a figure without fault.
    """
    return [
        *_width_faults(figure),
        *_type_faults(figure),
        *(fault for axes in figure.axes for fault in (*_line_faults(axes), *_colour_map_faults(axes))),
        *_label_faults(figure),
    ]


def _width_faults(figure):
    width = figure.get_figwidth()
    return [] if width in (WIDE, NARROW) else [f"is {width:.2f} inches wide, not {WIDE} or {NARROW}"]


def _type_faults(figure):
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    small = [text for text in texts if text.get_fontsize() < LEAST_TYPE]
    return [f"has type below {LEAST_TYPE} points: {small[0].get_text()!r}"] if small else []


def _line_faults(axes):
    drawn = [line for line in axes.lines if line.get_visible() and line.get_linestyle() != "None"]
    thin = [line for line in drawn if line.get_linewidth() < LEAST_LINE]
    return [f"has lines thinner than {LEAST_LINE} points"] if thin else []


def _colour_map_faults(axes):
    from matplotlib.contour import ContourSet

    mapped = [one for one in (*axes.images, *axes.collections) if one.get_array() is not None]
    mapped = [one for one in mapped if not isinstance(one, ContourSet) or one.filled]  # lines have no area to read
    names = {one.get_cmap().name for one in mapped if one.get_array().ndim < 3}
    odd = {name for name in names if name not in (*SEQUENTIAL, *DIVERGING) and not name.startswith("sun ")}
    return [f"uses the colour map {name}" for name in sorted(odd)]


def _label_faults(figure):
    """Axes with numbers at their ticks whose label, or that of the axes they share it with, gives no unit."""
    faults = []
    for axes in figure.axes:
        for name, axis, shared, whole in (
            ("x", axes.xaxis, axes.get_shared_x_axes(), figure.get_supxlabel()),
            ("y", axes.yaxis, axes.get_shared_y_axes(), figure.get_supylabel()),
        ):
            if not axes.get_visible() or not _has_numbers(axis):
                continue
            near = [*shared.get_siblings(axes), *_in_line(axes, name)]
            labels = [axis.get_label_text(), *(getattr(one, f"{name}axis").get_label_text() for one in near), whole]
            labels += [axes.get_title(), axes.get_title("left")]
            if not any(UNIT.search(label) or DIMENSIONLESS.search(label) for label in labels):
                label = next(filter(None, labels), "")
                faults.append(f"has {'an x' if name == 'x' else 'a y'} axis without a unit: {label!r}")
    return faults


def _in_line(axes, name):
    """Axes of the same grid below each other, or beside each other for y, of which one bears the label for all."""
    span = "colspan" if name == "x" else "rowspan"
    places = {one: one.get_subplotspec() for one in axes.figure.axes}
    lines = {one: (at.get_gridspec(), getattr(at, span)) for one, at in places.items() if at is not None}
    return [one for one, line in lines.items() if line == lines.get(axes)]


def _has_numbers(axis):
    from matplotlib.dates import AutoDateFormatter, ConciseDateFormatter, DateFormatter

    dated = isinstance(axis.get_major_formatter(), (AutoDateFormatter, ConciseDateFormatter, DateFormatter))
    if dated or not axis.get_visible() or not axis.axes.axison:  # the years of dates need no unit
        return False
    texts = [label.get_text() for label in axis.get_ticklabels() if label.get_visible() and label.get_text()]
    return bool(texts) and all(NUMBER.fullmatch(text) for text in texts)
