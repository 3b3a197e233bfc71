"""Sphinx extension: formulas as MathML inside the page, so that the book shows them without any script or network."""

from docutils.nodes import SkipNode
from docutils.utils.math import latex2mathml
from sphinx.errors import SphinxError


def mathml(tex, display):
    """MathML of a LaTeX formula; `display` puts it on lines of its own, aligned at & when there are several.

    Raises SphinxError for a formula that cannot be turned into MathML.
    """
    try:
        return latex2mathml.tex2mathml(tex, as_block=display)
    except ValueError as error:
        raise SphinxError(f"formula {tex!r} cannot be turned into MathML: {error}") from error


def visit_math(translator, node):
    """Write an inline formula."""
    translator.body.append(mathml(node.astext(), display=False))
    raise SkipNode  # the MathML stands for the node's own text


def visit_displaymath(translator, node):
    """Write a formula on its own line, with its number when it has one; arrow keys move one wider than a phone."""
    opening = f'<div class="math-display" tabindex="0"{_anchor(node)}>'
    translator.body.append(opening + mathml(node.astext(), display=True))
    if node.get("number"):
        translator.body.append(f'<span class="eqno">({node["number"]})</span>')
    translator.body.append("</div>")
    raise SkipNode


def _anchor(node):
    """Id attribute of a labelled formula."""
    return f' id="{node["ids"][0]}"' if node.get("ids") else ""


def setup(app):
    """Register the renderer under the name that `_config.yml` chooses."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
