"""Sphinx extension: every figure stands in the index under its id, so that the search finds it."""

from docutils import nodes
from sphinx.addnodes import index
from sphinx.transforms import SphinxTransform

PREFIX = "fig-"  # of the labels that figures get when they are staged


class FigureIndex(SphinxTransform):
    """Enter the figures of a page into the index, each with its own place as the goal."""

    default_priority = 840  # before Sphinx collects the index of a page

    def apply(self, **kwargs):
        """Set an entry before each figure that has a label."""
        for figure in [*self.document.findall(nodes.figure)]:
            for label in (label for label in figure["ids"] if label.startswith(PREFIX)):
                entry = ("single", label.removeprefix(PREFIX), label, "main", None)  # main: among the first results
                figure.parent.insert(figure.parent.index(figure), index(entries=[entry]))


def setup(app):
    """Register the transform."""
    app.add_transform(FigureIndex)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
