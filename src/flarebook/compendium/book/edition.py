"""What pages of an edition say of it and leave out.

A book of one study has no links to the others' pages and not their sections of the claims.  One made with real data,
or in a rehearsal, where simulated files stand in for them, says so.
"""

import posixpath
import re
from pathlib import PurePosixPath

from flarebook.compendium.reports.markdown_tables import MISSING
from flarebook.compendium.workflow.parameters import is_real, profile_of, read_profile

GLUED = re.compile(r"\{glue:text\}`([^`:]+)(?::[^`]*)?`")
FIGURE = re.compile(r"\{numref\}`(?:[^`<]*<)?(fig-[^`>]+)>?`")
SECTION = re.compile(r"^## .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
OF_STUDY = re.compile(r"<!-- flarebook: (?:claim|paper)-table-([a-z]+) -->")
LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
REHEARSED = """:::{{warning}}
A rehearsal: the files behind this {what} are simulated. They were written in the layout of the archives and read in
the place of theirs. What is called *rehearsal* here was not observed.
:::"""
REAL = """:::{{note}}
This {what} was made with real data. The prose describes the edition on simulated data; cells that need the ground
truth of a simulation are skipped.
:::"""


def edition_notes(build):
    """Note on the edition for the pages of all claims and each page that real data change: {page: Markdown}.

    Empty for a run on simulated data.  A run of which a number is of rehearsed data is a rehearsal.
    """
    if not is_real(build.profile):
        return {}
    origins = {metric["origin"] for metric in build.metrics.values()}
    note = REHEARSED if any("rehearsal" in origin for origin in origins) else REAL
    pages = {f"notebooks/{name}" for name in changed_by_real_data(build.profile)} & set(build.notebooks)
    opening = {"book/index": note.format(what="book"), "book/claims": note.format(what="page")}
    return {page: note.format(what="page") for page in pages} | opening


def changed_by_real_data(run):
    """Notebooks that have other parameters on real data, and all that come after them: set of names.

    run: name of a run on real data.
    """
    simulated, real = (read_profile(name).notebooks for name in (profile_of(run), run))
    changed = set()
    for name, entry in real.items():  # in the order of the book, earlier steps first
        if entry.parameters != simulated[name].parameters or changed & set(entry.after):
            changed.add(name)
    return changed


def without_missing(text, build, cells=()):
    """Text of a page of a real run without numbers and figures that only a simulation gives.

    cells: of the executed notebook, which hold its glued numbers.
    """
    if not is_real(build.profile):
        return text
    outputs = [output.get("metadata", {}) for cell in cells for output in cell.get("outputs", ())]
    numbers = {metadata["scrapbook"]["name"] for metadata in outputs if "scrapbook" in metadata}
    figures = {f"fig-{path.stem}" for path in (build.output / "figures").glob("*.json")}
    text = GLUED.sub(lambda found: found[0] if found[1] in numbers else MISSING, text)
    return FIGURE.sub(lambda found: found[0] if found[1] in figures else "a figure of the simulated edition", text)


def without_others(text, build):
    """Text of a page, not filled in yet, without the sections that hold tables of a study outside the build."""
    return SECTION.sub(lambda found: found[0] if all(map(build.holds, OF_STUDY.findall(found[0]))) else "", text)


def with_note(text, note):
    """Markdown with a note below its first heading; the text itself where it has none."""
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("# ")), None)
    return text if first is None else "\n".join([*lines[: first + 1], "", note, *lines[first + 1 :]])


def unlink(text, page, absent):
    """Text of a page without links to pages that are left out.

    page, absent: paths without suffix, as in the contents, such as "notebooks/iris/1-real-raster".
    """
    folder = posixpath.dirname(page)

    def is_absent(address):
        return posixpath.normpath(posixpath.join(folder, str(PurePosixPath(address).with_suffix("")))) in absent

    def link(found):
        return found[1] if is_absent(found[2]) else found[0]

    return LINK.sub(link, text)
