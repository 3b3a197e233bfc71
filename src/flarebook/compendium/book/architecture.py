"""Drawings of the architecture: the package's floors from its import graph, the workflow from a profile."""

import tomllib
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.figures import NO_DATE, SAVE
from flarebook.compendium.project import split_name
from flarebook.compendium.workflow.dependencies import PACKAGE, import_graph
from flarebook.compendium.workflow.parameters import read_profile

COLOURS = {"iris": "#dbe9f6", "stix": "#fde6cf", "solarchip": "#dff0dc"}
SHARED, EDGE, ARROW = "#ececf1", "#55596a", "#3a3f55"
WIDTHS = {1: (12,), 2: (2.6, 9.4), 3: (4, 4, 4)}  # of the packages on a floor, so that arrows run straight down
ROW = 0.72  # height of a row of boxes, in units of the drawing


def package_drawing(build):
    """Draw the floors and the stages of each study; returns the Markdown of the figure."""
    floors = read_floors(build.root)
    arrows = package_arrows()
    figure, axes = _canvas(12, 9.6)
    boxes, top = {}, 9.6
    for floor in floors:
        height, left = max(_height(package, arrows) for package in floor), 0.0
        for package, width in zip(floor, WIDTHS.get(len(floor)), strict=True):
            boxes |= _panel(axes, package, (left + 0.12, top - height, width - 0.24, height), arrows)
            left += width
        top -= height + 0.42
    for start, end in reduced(arrows):
        _arrow(axes, boxes[start], boxes[end], "." not in start)
    axes.set_ylim(top + 0.3, 9.7)
    caption = (
        "The package on its floors. An arrow leads from a package to one that it imports; arrows that follow from "
        "others are omitted. Numbers count modules. Drawn from the import graph."
    )
    alt = "Boxes in floors from top to bottom: " + "; ".join(", ".join(floor) for floor in floors)
    alt += ". All arrows point downward, and none joins two studies."
    return _figure_block(build, "architecture-packages", figure, caption, alt)


def workflow_drawing(build):
    """Draw the notebooks of the profile in their order; returns the Markdown of the figure."""
    entries = read_profile(build.profile).notebooks
    arrows = {(earlier, name) for name, entry in entries.items() for earlier in entry.after}
    studies = list(dict.fromkeys(split_name(name)[0] for name in entries))
    placed = {study: _columns([name for name in entries if split_name(name)[0] == study], arrows) for study in studies}
    rows = {study: max(map(len, columns)) for study, columns in placed.items()}
    total = sum(rows.values()) * ROW + 0.75 * len(studies)
    figure, axes = _canvas(12, total)
    boxes, top = {}, total
    for study, columns in placed.items():
        height = rows[study] * ROW + 0.45
        _box(axes, (0.08, top - height, 11.84, height), COLOURS.get(study, SHARED), study, title=True)
        width = 11.84 / max(map(len, placed.values()))
        for number, names in enumerate(columns):
            for row, name in enumerate(names):
                middle = top - 0.36 - (row + 0.5) * (height - 0.42) / len(names)
                area = (0.08 + number * width + 0.12, middle - 0.2, width - 0.34, 0.4)
                boxes[name] = _box(axes, area, "white", split_name(name)[1].replace("-", " "))
        top -= height + 0.3
    for start, end in reduced(arrows):
        _arrow(axes, boxes[start], boxes[end], sideways=True)
    caption = (
        "The notebooks of each study. An arrow leads from a notebook to one that reads its results; arrows that follow "
        f"from others are omitted. Drawn from the profile {build.profile}, from which Snakemake makes its rules."
    )
    alt = "Three rows of boxes, one per study, read from left to right: "
    alt += "; ".join(f"{study} with {sum(map(len, columns))} notebooks" for study, columns in placed.items()) + "."
    return _figure_block(build, "architecture-workflow", figure, caption, alt)


def read_floors(root):
    """Floors of the package from top to bottom, [[package, ...], ...], as the import contracts name them."""
    settings = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if "containers" not in contract)
    return [[name.strip().removeprefix(f"{PACKAGE}.") for name in layer.split("|")] for layer in layers]


def package_arrows():
    """Imports between packages, and between stages of one study: set of (importer, imported).

    Names are those of a package, "stix", or of a stage, "stix.maps".
    """
    found = set()
    for module, imported in import_graph().items():
        for other in imported:
            start, end = (name.split(".")[1:3] for name in (module, other))
            if start and end and start[0] != end[0]:
                found.add((start[0], end[0]))
            elif start[:1] == end[:1] and start[:1] and start[0] in COLOURS and len(start) == len(end) == 2:
                found.add((".".join(start), ".".join(end)))
    return {(start, end) for start, end in found if start != end}


def reduced(arrows):
    """Arrows of an acyclic graph without those that follow from two or more others."""
    after = {}
    for start, end in arrows:
        after.setdefault(start, set()).add(end)

    def beyond(node):
        nodes = after.get(node, set())
        return nodes.union(*map(beyond, nodes))

    return {(start, end) for start, end in arrows if not any(end in beyond(node) for node in after[start] - {end})}


def _levels(nodes, arrows):
    """Longest way to each node from one to which no arrow leads: {node: number}."""
    before = {node: [start for start, end in arrows if end == node and start in nodes] for node in nodes}

    def level(node):
        return 1 + max(map(level, before[node]), default=-1)

    return {node: level(node) for node in nodes}


def _columns(names, arrows):
    """Notebooks in columns, each to the right of all that it comes after: list of lists."""
    levels = _levels(names, arrows)
    return [[name for name in names if levels[name] == column] for column in range(max(levels.values()) + 1)]


def _stages(package, arrows):
    """Stages of a study in rows from top to bottom; none for a package that is drawn as one box."""
    if package not in COLOURS:
        return []
    modules = [name for name in import_graph() if name.startswith(f"{PACKAGE}.{package}.")]
    nodes = sorted({".".join(name.split(".")[1:3]) for name in modules})
    levels = _levels(nodes, arrows)
    return [[node for node in nodes if levels[node] == row] for row in range(max(levels.values()) + 1)]


def _height(package, arrows):
    """Height of a package's box."""
    return max(0.55, 0.4 + ROW * len(_stages(package, arrows)))


def _panel(axes, package, area, arrows):
    """Draw a package with its stages; returns {name: area of its box}."""
    left, bottom, width, height = area
    rows = _stages(package, arrows)
    title = package if rows else f"{package} ({_modules(package)})"
    boxes = {package: _box(axes, area, COLOURS.get(package, SHARED), title, title=True)}
    step = (height - 0.4) / max(1, len(rows))
    for number, stages in enumerate(rows):
        cell = width / len(stages)
        for column, stage in enumerate(stages):
            middle = bottom + height - 0.36 - (number + 0.5) * step
            size = min(cell - 0.12, 1.3)
            place = (left + (column + 0.5) * cell - size / 2, middle - 0.22, size, 0.44)
            boxes[stage] = _box(axes, place, "white", f"{stage.split('.')[1]} ({_modules(stage)})".replace("_", "\n"))
    return boxes


def _modules(package):
    """Number of modules in a package, at any depth; 1 for a module."""
    names = [name for name in import_graph() if f"{name}.".startswith(f"{PACKAGE}.{package}.")]
    return max(1, sum(not any(other.startswith(f"{name}.") for other in names) for name in names))


def _canvas(width, height):
    """Figure without axes, one unit an inch."""
    figure = Figure((width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def _box(axes, area, colour, text, title=False):
    """Draw a box with its text, in the upper left corner for a title; returns the area."""
    left, bottom, width, height = area
    style = "round,pad=0,rounding_size=0.08"
    look = {"facecolor": colour, "edgecolor": EDGE, "linewidth": 1.0 if title else 0.8, "zorder": 1 if title else 3}
    axes.add_patch(FancyBboxPatch((left, bottom), width, height, boxstyle=style, **look))
    if title:
        place = {
            "x": left + 0.14,
            "y": bottom + height - (height / 2 if height < 0.6 else 0.24),
            "ha": "left",
            "weight": "bold",
            "size": 11,
        }
    else:
        place = {"x": left + width / 2, "y": bottom + height / 2, "ha": "center", "size": 8.5}
    axes.text(s=text, va="center", zorder=4, color="#22242e", **place)
    return area


def _arrow(axes, start, end, thick=False, sideways=False):
    """Draw an arrow from one box to another: to the right, or downward and bent where it passes other rows."""
    bend = 0.0
    if sideways:
        ends = (start[0] + start[2], start[1] + start[3] / 2), (end[0], end[1] + end[3] / 2)
    else:
        left, right = max(start[0], end[0]), min(start[0] + start[2], end[0] + end[2])
        drop, middle = start[1] - end[1] - end[3], (left + right) / 2
        middle += 0.3 if thick and drop > 1 else 0.0  # beside the arrow to the floor between
        straight = left < right
        ends = (
            (middle if straight else start[0] + start[2] / 2, start[1]),
            (middle if straight else end[0] + end[2] / 2, end[1] + end[3]),
        )
        side = 1 if ends[0][0] <= ends[1][0] else -1  # outward
        bend = 0.28 * side if not thick and drop > ROW else 0.0
    look = {"arrowstyle": "-|>", "mutation_scale": 14 if thick else 10, "linewidth": 1.8 if thick else 1.0}
    look |= {"color": ARROW, "connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 0, "zorder": 2}
    axes.add_patch(FancyArrowPatch(*ends, **look))


def _figure_block(build, name, figure, caption, alt):
    """Write a drawing into the staged book; returns its figure directive."""
    with matplotlib.rc_context(SAVE), atomic_write(build.source / "book" / f"{name}.svg") as path:
        figure.savefig(path, bbox_inches="tight", pad_inches=0.05, metadata=NO_DATE["svg"])
    return f"```{{figure}} {name}.svg\n:name: fig-{name}\n:alt: {alt}\n\n{caption}\n```"
