"""Executed notebooks as pages: no error may hide in them, figures get numbers, interactive pages come along."""

import shutil
from pathlib import Path, PurePosixPath

from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages import frame
from flarebook.compendium.provenance import describe_sources, read_record


def refuse_errors(notebook, name):
    """Raise InputError when an executed notebook holds a traceback: Sphinx would print it and go on."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise InputError(f"{name} stopped with {output.ename}: {output.evalue}; mend it and run it again")


def number_figures(notebook, figure_folder):
    """Give the cells that published a figure its label, caption and alternative text, for Sphinx to number.

    notebook: executed; changed in place and returned.  figure_folder: holds the figures' records.
    """
    for cell in notebook.cells:
        for figure in figures_of(cell):
            record = read_record(figure_folder, figure)
            cell.metadata["mystnb"] = {
                "figure": {"name": record["label"], "caption": caption(record)},
                "image": {"alt": record["alt"]},
            }
    return notebook


def figures_of(cell):
    """Ids of the figures that a cell has published."""
    named = (output.get("metadata", {}).get("flarebook", {}).get("figure") for output in cell.get("outputs", ()))
    return [figure for figure in named if figure]


def take_pages(notebook, output, static):
    """Copy the interactive pages that a notebook published, and point its frames to the copies.

    notebook: executed; changed in place and returned.  output: folder of the run.  static: folder that becomes
    _static of the book.  Raises InputError when a page is gone.
    """
    for shown in (shown for cell in notebook.cells for shown in cell.get("outputs", ())):
        facts = shown.get("metadata", {}).get("flarebook", {})
        if "page" in facts:
            copy = PurePosixPath(facts["page"]).relative_to("results")  # stix/8-explorer/explorer.html
            _copy_page(Path(output) / facts["page"], Path(static) / copy)
            address = PurePosixPath("..", "..", "_static", copy)  # from notebooks/<study>/
            shown["data"]["text/html"] = frame(str(address), facts["title"], facts["size"])
    return notebook


def _copy_page(page, copy):
    """Copy one page.  Raises InputError when it is missing."""
    if not page.is_file():
        raise InputError(f"page {page.name} is not in {page.parent}: run its notebook again")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(page, copy)


def caption(record):
    """Caption as it stands in the book: the text, then what was plotted, real or simulated, and by which encoder."""
    sources = describe_sources(record)
    return f"{record['caption'].rstrip()} *({sources[0].upper()}{sources[1:]}.)*"
