"""Sphinx extension: screen readers read the bibliography as a list.

docutils marks an entry as `doc-biblioentry`, a role that ARIA has given up and that no longer counts as part of a list.
"""


def mend_roles(app, page, template, context, doctree):
    """Make the entries of the bibliography items of the list around them.  context: of the page; changed in place."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    """Mend each page before it is written."""
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
