"""Sphinx extension: several processes read and write the pages, as with `sphinx-build -j`, which jupyter-book lacks."""

import os

MOST = 4  # each process keeps a copy of all that Sphinx knows of the book, and sends it back
SILENT = "sphinx_multitoc_numbering"  # comes with sphinx_external_toc; numbers sections after all pages have been read


def setup(app):
    """Let Sphinx use the processors of this process, unless it was told how many."""
    if app.parallel < 2:
        app.parallel = min(MOST, len(os.sched_getaffinity(0)))
    if SILENT in app.extensions:
        app.extensions[SILENT].parallel_read_safe = True  # of which it says nothing
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
