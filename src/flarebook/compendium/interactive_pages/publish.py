"""Publish an interactive page among the results of a run, in a frame below its cell."""

from html import escape
from pathlib import PurePosixPath

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError

HEIGHT = 860  # CSS pixels of the frame


def publish_page(run, name, html, title):
    """Write a page among the run's results and show it in the running notebook.

    run: Run; name: of the file without suffix; html: text that needs no other file and no network; title: what a
    reader hears instead of seeing the frame.  Returns the path.  Raises InputError for a page without title.
    """
    if not title.strip():
        raise InputError(f"page {name} of {run.study}/{run.step} has no title: say in a few words what it shows")
    path = run.folder / f"{name}.html"
    with atomic_write(path) as partial:
        partial.write_text(html, encoding="utf-8")
    _show(PurePosixPath("results", run.study, run.step, path.name), title, len(html.encode()))
    return path


def frame(address, title, size):
    """HTML of the frame with a link to the whole page above it; size: bytes, told before a reader opens it."""
    amount = f"{size / 1e6:.1f} MB" if size > 1e6 else f"{size / 1e3:.0f} kB"
    link = f'<a href="{escape(address)}" target="_blank" rel="noopener">Open the full page</a> ({amount})'
    look = f"width: 100%; height: {HEIGHT}px; border: 1px solid #c8ccd4; border-radius: 10px"
    words = escape(title)
    return f'<p>{link}</p>\n<iframe src="{escape(address)}" title="{words}" loading="lazy" style="{look}"></iframe>'


def _show(place, title, size):
    """Display the frame; the output's metadata name the page, so that the book can take it along.

    place: of the page within the folder of the run, such as results/stix/8-explorer/explorer.html.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        return
    address = PurePosixPath("..", "..", place)  # from notebooks/<study>/
    facts = {"page": str(place), "title": title, "size": size}
    bundle = {"text/html": frame(str(address), title, size), "text/plain": title}
    display(bundle, raw=True, metadata={"flarebook": facts})
