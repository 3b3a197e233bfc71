"""Drawings of the architecture: the package's floors from its import graph, the workflow from a profile."""

import tomllib
from itertools import cycle
from pathlib import Path

import networkx
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from flarebook.compendium.figures import write_drawing
from flarebook.compendium.project import split_name, studies
from flarebook.compendium.workflow.dependencies import PACKAGE, import_graph
from flarebook.compendium.workflow.parameters import read_profile

PALETTE = ("#dbe9f6", "#fde6cf", "#dff0dc", "#f3dfee", "#f6f0d0")  # of the studies, in their order
SHARED, EDGE, ARROW, TEXT = "#ececf1", "#55596a", "#3a3f55", "#22242e"
WIDTHS = {1: (12,), 2: (2.6, 9.4)}  # of the packages on a floor, so that arrows run straight down
ROW, BOX = 0.72, 1.17  # height of a row of boxes and width of a box, in units of the drawing


def package_drawing(build):
    """Draw the floors and the stages of each study; returns the Markdown of the figure."""
    floors, graph = read_floors(build.root), package_graph()
    figure, axes = _canvas(9.6)
    boxes, top = {}, 9.6
    for floor in floors:
        rows = {package: _rows([node for node in graph if node.startswith(f"{package}.")], graph) for package in floor}
        height, left = max(0.55, *(0.4 + ROW * len(stages) for stages in rows.values())), 0.0
        for (package, stages), width in zip(rows.items(), _widths(rows), strict=True):
            area = (left + 0.12, top - height, width - 0.24, height)
            boxes[package] = _panel(axes, area, package if stages else _counted(package), _colour(package))
            inside = (area[0], area[1] + 0.04, area[2], height - 0.4)
            size = min(BOX, (area[2] - 0.04) / max(map(len, stages), default=1) - 0.04)
            boxes |= _grid(axes, inside, stages, _stage_label, size, downward=True)
            left += width
        top -= height + 0.42
    for start, end in networkx.transitive_reduction(graph).edges:
        _arrow_down(axes, boxes[start], boxes[end], "." not in start)
    axes.set_ylim(top + 0.3, 9.7)
    caption = (
        "The package on its floors. An arrow leads from a package to one that it imports; arrows that follow from "
        "others are omitted. Numbers count modules. Drawn from the import graph."
    )
    alt = "Boxes in floors from top to bottom: " + "; ".join(", ".join(floor) for floor in floors)
    alt += ". All arrows point downward, and none joins two studies."
    return write_drawing(build.source / "book", "architecture-packages", figure, caption, alt)


def _widths(rows):
    """Widths of the packages on a floor: studies get theirs by their widest row, {package: stages in rows}."""
    widest = [max(map(len, stages), default=0) for stages in rows.values()]
    shares = [max(number, 1.5) for number in widest] if any(widest) else WIDTHS[len(rows)]
    return [12 * share / sum(shares) for share in shares]


def _colour(package):
    """Colour of a package's panel: that of a study, or the one of all others."""
    return dict(zip(studies(), cycle(PALETTE), strict=False)).get(package, SHARED)


def workflow_drawing(build):
    """Draw the notebooks of the profile in their order; returns the Markdown of the figure."""
    entries = read_profile(build.profile).notebooks
    graph = networkx.DiGraph((earlier, name) for name, entry in entries.items() for earlier in entry.after)
    studies = {}
    for name in entries:
        studies.setdefault(split_name(name)[0], []).append(name)
    columns = {study: _rows(names, graph) for study, names in studies.items()}
    heights = {study: max(map(len, names)) * ROW + 0.45 for study, names in columns.items()}
    width = 11.84 / max(map(len, columns.values()))
    top = sum(heights.values()) + 0.3 * len(heights)
    figure, axes = _canvas(top)
    boxes = {}
    for study, names in columns.items():
        _panel(axes, (0.08, top - heights[study], 11.84, heights[study]), study, _colour(study))
        inside = (0.08, top - heights[study] + 0.06, width * len(names), heights[study] - 0.42)
        boxes |= _grid(axes, inside, names, _step_label, width - 0.34, downward=False)
        top -= heights[study] + 0.3
    for start, end in networkx.transitive_reduction(graph).edges:
        (left, bottom, size, height), goal = boxes[start], boxes[end]
        _arrow(axes, (left + size, bottom + height / 2), (goal[0], goal[1] + goal[3] / 2))
    caption = (
        "The notebooks of each study. An arrow leads from a notebook to one that reads its results; arrows that follow "
        f"from others are omitted. Drawn from the profile {build.profile}, from which Snakemake makes its rules."
    )
    alt = "Rows of boxes, one per study, read from left to right: "
    alt += "; ".join(f"{study} with {len(names)} notebooks" for study, names in studies.items()) + "."
    return write_drawing(build.source / "book", "architecture-workflow", figure, caption, alt)


def read_floors(root):
    """Floors of the package from top to bottom, [[package, ...], ...], as the import contracts name them."""
    settings = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if "containers" not in contract)
    return [[name.strip().removeprefix(f"{PACKAGE}.") for name in layer.split("|")] for layer in layers]


def package_graph():
    """Graph of the imports between packages, and between stages of one study.

    Nodes are names of packages, "stix", and of stages, "stix.maps"; an edge leads to what is imported.
    """
    graph, known = networkx.DiGraph(), studies()
    stages = (module.split(".")[1:3] for module in import_graph())
    graph.add_nodes_from(".".join(stage) for stage in stages if len(stage) == 2 and stage[0] in known)
    for module, imported in import_graph().edges:
        start, end = module.split(".")[1:3], imported.split(".")[1:3]
        if start and end and start[0] != end[0]:
            graph.add_edge(start[0], end[0])
        elif len(start) == len(end) == 2 and start != end and start[0] in known:
            graph.add_edge(".".join(start), ".".join(end))
    return graph


def _rows(nodes, graph):
    """Nodes in rows, each below all from which an arrow leads to it: list of lists."""
    rows = networkx.DiGraph(graph.subgraph(nodes))
    rows.add_nodes_from(nodes)
    return [sorted(row) for row in networkx.topological_generations(rows)]


def _counted(package):
    """Name of a package or stage with its number of modules at any depth; a module counts as 1."""
    names = [name for name in import_graph() if f"{name}.".startswith(f"{PACKAGE}.{package}.")]
    number = sum(not any(other.startswith(f"{name}.") for other in names) for name in names)
    return f"{package.rpartition('.')[2]} ({number})"


def _stage_label(stage):
    """Name of a stage with its number of modules, in two lines where it is of two words."""
    return _counted(stage).replace("_", "\n")


def _step_label(notebook):
    """Name of a notebook in words."""
    return split_name(notebook)[1].replace("-", " ")


def _canvas(height):
    """Figure without axes, 12 units wide, one unit an inch."""
    figure = Figure((12, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 12), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def _panel(axes, area, title, colour):
    """Draw the box of a package or study with its title in the upper left corner; returns its area."""
    left, bottom, _, height = area
    _frame(axes, area, colour, 1)
    place = left + 0.14, bottom + height - min(height / 2, 0.275)
    axes.text(*place, title, va="center", weight="bold", size=11, color=TEXT)
    return area


def _grid(axes, area, lines, label, size, downward):
    """Draw nodes in lines that follow each other downward, or to the right; returns {node: area of its box}.

    area: (left, bottom, width, height); label: function of a node; size: width of a box.
    """
    left, bottom, width, height = area
    boxes = {}
    for number, line in enumerate(lines):
        for place, node in enumerate(line):
            along, across = (number + 0.5) / len(lines), (place + 0.5) / len(line)
            x, y = (across, along) if downward else (along, across)
            middle = left + x * width, bottom + (1 - y) * height
            boxes[node] = (middle[0] - size / 2, middle[1] - 0.22, size, 0.44)
            _frame(axes, boxes[node], "white", 3)
            axes.text(
                *middle, label(node), ha="center", va="center", size=8.5 * min(1, size / BOX), color=TEXT, zorder=4
            )
    return boxes


def _frame(axes, area, colour, zorder):
    """Draw a rectangle with round corners."""
    left, bottom, width, height = area
    look = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": colour, "edgecolor": EDGE}
    axes.add_patch(FancyBboxPatch((left, bottom), width, height, linewidth=0.9, zorder=zorder, **look))


def _arrow_down(axes, start, end, thick):
    """Draw an arrow from one box to a lower one, bent where it passes other rows."""
    left, right = max(start[0], end[0]), min(start[0] + start[2], end[0] + end[2])
    drop = start[1] - end[1] - end[3]
    if left < right:  # straight down, beside the arrow to the floor between
        first = last = (left + right) / 2 + (0.3 if thick and drop > 1 else 0.0)
    else:
        first, last = start[0] + start[2] / 2, end[0] + end[2] / 2
    bend = 0.0 if thick or drop <= ROW else 0.28 if first <= last else -0.28  # outward
    _arrow(axes, (first, start[1]), (last, end[1] + end[3]), thick, bend)


def _arrow(axes, start, end, thick=False, bend=0.0):
    """Draw an arrow between two points."""
    look = {"mutation_scale": 14, "linewidth": 1.8} if thick else {"mutation_scale": 10, "linewidth": 1.0}
    look |= {"arrowstyle": "-|>", "color": ARROW, "connectionstyle": f"arc3,rad={bend}", "zorder": 2}
    axes.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, **look))
