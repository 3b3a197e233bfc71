"""Sphinx extension: numbers in prose and tables, also glued ones, have minus signs and stay beside their spread."""

from docutils import nodes
from sphinx.addnodes import desc
from sphinx.transforms import SphinxTransform

from flarebook.compendium.reports.markdown_tables import set_signs

CODE = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.raw, desc)  # FixedTextElement: blocks of code and math


class NumberSigns(SphinxTransform):
    """Set the signs of a page's numbers, but for code and its documentation."""

    default_priority = 830  # the roles that glue numbers have run, Sphinx has not collected the index

    def apply(self, **kwargs):
        """Replace each text whose signs are to be set."""
        for text in [*self.document.findall(nodes.Text)]:
            if (shown := set_signs(text)) != text and not _is_code(text):
                text.parent.replace(text, nodes.Text(shown))


def _is_code(node):
    """Whether a node is part of code."""
    while node is not None and not isinstance(node, CODE):
        node = node.parent
    return node is not None


def setup(app):
    """Register the transform."""
    app.add_transform(NumberSigns)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
