"""Sphinx extension: a term of the glossary is linked where it first appears on a page."""

import re

from docutils import nodes
from sphinx.addnodes import glossary
from sphinx.util.nodes import make_refnode

CLOSED = (nodes.title, nodes.reference, nodes.literal, nodes.caption, nodes.citation, glossary)  # no link inside these
CARD = "sd-card"  # the whole card is a link


def term_pattern(terms):
    """Regular expression that finds terms in prose, the longer before the shorter, as names `t0`, `t1`, ... of groups.

    A term may begin with a small letter, unless it is an abbreviation, and may end with the s of a plural.
    """
    ordered = sorted(terms, key=lambda term: (-len(term), term))
    words = "|".join(f"(?P<t{number}>{_spellings(term)})" for number, term in enumerate(ordered))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])"), ordered


def _spellings(term):
    """Expression for a term as prose spells it."""
    escaped = re.escape(term).replace("'", "['’]")
    if len(term) > 1 and term[1].islower():
        escaped = f"[{term[0].upper()}{term[0].lower()}]{escaped[1:]}"
    return f"{escaped}s?"


def split_at_terms(text, pattern, ordered, seen):
    """Parts of a text: (words, term) where a term is met for the first time, (words, None) elsewhere.

    pattern, ordered: of term_pattern.  seen: set of the terms met before, which grows.
    """
    start = 0
    for found in pattern.finditer(text):
        term = ordered[int(found.lastgroup[1:])]
        if term not in seen:
            seen.add(term)
            yield text[start : found.start()], None
            yield found[0], term
            start = found.end()
    yield text[start:], None


def link_terms(app, doctree, page):
    """Link each term of the glossary at its first appearance in the prose of a page.

    doctree: of the page, resolved; changed in place.  page: its name; the glossary itself stays as it is.
    """
    objects = app.env.domains["std"].objects
    places = {name: place for (kind, name), place in objects.items() if kind == "term" and place[0] != page}
    if not places:
        return
    pattern, ordered = term_pattern(places)
    seen = set()
    for text in [text for text in doctree.findall(nodes.Text) if _is_prose(text)]:
        parts = [*split_at_terms(text.astext(), pattern, ordered, seen)]
        if len(parts) > 1:
            made = [_link(app, page, words, places.get(term)) for words, term in parts if words]
            text.parent.replace(text, made)


def _is_prose(text):
    """Whether a text is part of a paragraph, and of nothing that is closed to links."""
    above, node = [], text.parent
    while node is not None:
        above.append(node)
        node = node.parent
    closed = any(isinstance(node, CLOSED) or CARD in node.get("classes", ()) for node in above)
    return not closed and any(isinstance(node, nodes.paragraph) for node in above)


def _link(app, page, words, place):
    """Words of a page as text, or as a link where a place, (page, anchor), is given."""
    if place is None:
        return nodes.Text(words)
    shown = nodes.inline(words, words, classes=["xref", "std", "std-term"])
    return make_refnode(app.builder, page, place[0], place[1], shown)


def setup(app):
    """Link terms once all references of a page are resolved, and with them the numbers that are glued into it."""
    app.connect("doctree-resolved", link_terms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
