"""Sphinx extension: the head of each page says what it is about, for search engines and links that are passed on."""

from html import escape

from docutils import nodes

LEAST, MOST = 60, 200  # characters of a paragraph that says something, and of what a search engine shows


def describe(app, page, template, context, doctree):
    """Add a page's title and description to its head.  context: of the page; changed in place."""
    text = description(doctree) if doctree is not None else ""
    if text:
        title = next((title.astext() for title in doctree.findall(nodes.title)), page)
        tags = [("name", "description", text), ("property", "og:type", "article")]
        tags += [("property", "og:title", title), ("property", "og:description", text)]
        lines = (f'<meta {kind}="{name}" content="{escape(said)}">' for kind, name, said in tags)
        context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def description(doctree):
    """What a page is about: the first result of its first three lines, or its first paragraph, cut after a word."""
    results = next(iter(doctree.findall(nodes.admonition)), None)
    places = [one for one in (results, doctree) if one is not None]
    found = (" ".join(text.astext().split()) for place in places for text in place.findall(nodes.paragraph))
    text = next((text for text in found if len(text) >= LEAST), "")
    return text if len(text) <= MOST else f"{text[:MOST].rpartition(' ')[0]} …"


def setup(app):
    """Describe each page before it is written."""
    app.connect("html-page-context", describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
