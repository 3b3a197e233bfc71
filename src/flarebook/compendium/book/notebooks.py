"""Executed notebooks as pages.

No error may hide in them, figures get numbers, interactive pages come along, setup and bookkeeping are folded.
"""

import ast
import re
import shutil
import zipfile
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.identity.archive import EARLIEST, MODES, add_file
from flarebook.compendium.interactive_pages.publish import frame
from flarebook.compendium.provenance import describe_sources, read_record
from flarebook.compendium.reports.markdown_tables import MISSING, set_signs, table
from flarebook.compendium.workflow.parameters import known_parameters

FOLD = "hide-input"  # tag under which a page shows a cell's code on demand, its output as ever
PROMPTS = {"parameters": "parameters", "injected-parameters": "parameters of this run"}  # by papermill's tags
ASIDE = OPENING, RECORDS, IMPORTS = "imports and the opening of the run", "what this cell records", "imports"
RECORDING = ("metric", "save_table", "save_dataset", "save_arrays", "save_weights", "use_encoder")  # methods of a run

EMPTY = re.compile(r"(<t[dh]\b[^>]*>)\s*(?:NaN|nan|None|NaT|&lt;NA&gt;)\s*(?=</t[dh]>)")  # a cell without a value
DIGITS = re.compile(r"(?<=>)-?\d+\.\d{5,}(?=</td>)")  # as pandas writes a number that nobody has formatted
CELL = re.compile(r"(?<=>)[^<>]+(?=</t[dh]>)")
ROW, VALUE = re.compile(r"<tr.*?</tr>", re.DOTALL), re.compile(r"(?<=>)[^<>]*(?=</td>)")
ROW_NUMBER = re.compile(r"(<tr>\s*)<th>(\d+)</th>\s*")
WHOLE = re.compile(r"\s*(-?\d+)\.0\s*")  # as pandas writes counts beside one that is missing
LONG = 15  # rows of a table that stand open
HEAD = re.compile(r"(?<=>)(?:n_)?[a-z]\w*(?=</th>)")  # a column's name as code has it; of a number of things, its n_
ABBREVIATIONS = {name: name.upper() for name in ("ari", "auc", "hss", "nmi", "psnr", "ssim", "tss", "uid")}
ABBREVIATIONS |= {"ap": "average precision", "sd": "standard deviation", "id": "identifier", "holm": "(Holm)"}
ABBREVIATIONS |= {
    "goes": "GOES",
    "aia": "AIA",
    "fwhm": "FWHM",
    "megametres": "[Mm]",
    "corrected": "(corrected)",
    "mb": "[MB]",
}


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
            cell.metadata.setdefault("mystnb", {}).update(
                figure={"name": record["label"], "caption": caption(record)}, image=_image(record)
            )
    return notebook


def _image(record):
    """Words and width of a figure's image; Sphinx links an image with a width to its file."""
    width = {"width": f"{record['width']}px"} if record["width"] else {}
    return {"alt": record["alt"], **width}


def fold_bookkeeping(notebook):
    """Fold the code of cells that a reader of results can pass over; what they show stays.

    Folded are parameters, the cell that opens the run, and cells half of whose lines import or record numbers and
    tables.  notebook: changed in place and returned.
    """
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        tags = cell.metadata.setdefault("tags", [])
        what = next((PROMPTS[tag] for tag in tags if tag in PROMPTS), None) or _bookkeeping(cell.source)
        if what:
            cell.metadata["tags"] = [*tags, *({FOLD} - set(tags))]
            prompts = {"code_prompt_show": f"Show {what}", "code_prompt_hide": f"Hide {what}"}
            cell.metadata.setdefault("mystnb", {}).update(prompts)
    return notebook


def _bookkeeping(source):
    """What a cell's code does besides computing, in words, or None where it computes."""
    parts = ast.parse(source).body
    aside = {part: _aside(part) for part in parts}
    if not parts or 2 * sum(_lines(part) for part in parts if aside[part]) < sum(map(_lines, parts)):
        return None
    return next(what for what in ASIDE if what in aside.values())


def _aside(part):
    """What a statement does besides computing, one of ASIDE, or None where it computes."""
    if isinstance(part, ast.Import | ast.ImportFrom):
        return IMPORTS
    called = _called(part)
    return OPENING if "open_run" in called else RECORDS if called & {*RECORDING} else None


def _called(part):
    """Names of the functions and methods that a statement calls."""
    calls = [node.func for node in ast.walk(part) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def _lines(part):
    """Number of lines of a statement."""
    return part.end_lineno - part.lineno + 1


def parameter_fold(name, profiles):
    """Folded table of a notebook's parameters, in Markdown: type, meaning, default, and the values of profiles.

    name: "STUDY/STEP".  profiles: {profile: {notebook: Entry}}.  A run sets the folder `output` itself.
    """
    given = {
        profile: entries[name].parameters | {"output": f"build/{profile}"} for profile, entries in profiles.items()
    }
    rows = []
    for key, known in known_parameters(name).items():
        values = [known["default"], *(own.get(key, known["default"]) for own in given.values())]
        rows.append((f"`{key}`", known["type"], known["help"], *(f"`{value!r}`" for value in values)))
    head = ("parameter", "type", "meaning", "default", *profiles)
    title = f"Parameters: meaning, default, and the values of {', '.join(profiles)}"
    return f":::{{dropdown}} {title}\n:class-container: flarebook-list flarebook-parameters\n\n{table(head, rows)}\n:::"


def figures_of(cell):
    """Ids of the figures that a cell has published."""
    named = (output.get("metadata", {}).get("flarebook", {}).get("figure") for output in cell.get("outputs", ()))
    return [figure for figure in named if figure]


def tidy_tables(notebook):
    """Write a notebook's tables as a page shows them, and fold long ones.

    A missing value is a dash, a number has five digits and a minus sign, none for zero, a count no decimals, rows that
    pandas has merely numbered lose the numbers, and a head that is a name in code becomes words.  notebook: executed;
    changed in place and returned.
    """
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        html = output.get("data", {}).get("text/html", "")
        if "<table" in html:
            html = DIGITS.sub(lambda found: f"{float(found[0]):.5g}", EMPTY.sub(rf"\1{MISSING}", html))
            html = _unnumbered(CELL.sub(lambda found: set_signs(found[0]), _without_decimals(html)))
            html = _headed(html)
            rows = html.partition("<tbody")[2].count("<tr")
            folded = f"<details><summary>Table of {rows} rows</summary>{html}</details>"
            output["data"]["text/html"] = folded if rows > LONG else html
    return notebook


def _headed(html):
    """A table whose heads are words: "n_kept" is "kept", "p_holm" is "p (Holm)"."""
    head, body, rows = html.partition("<tbody")
    return HEAD.sub(_words, head) + body + rows


def _words(name):
    """Words of a head: those of a name in code, or the head itself."""
    words = name[0].removeprefix("n_").split("_")
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def _unnumbered(html):
    """A table without the column in which pandas numbers the rows of a table that has no index of its own."""
    head, body, rows = html.partition("<tbody")
    numbers = [int(found[2]) for found in ROW_NUMBER.finditer(rows)]
    if not numbers or numbers != list(range(len(numbers))) or head.count("<tr") != 1 or head.count("<th></th>") != 1:
        return html
    return head.replace("<th></th>", "") + body + ROW_NUMBER.sub(r"\1", rows)


def _without_decimals(html):
    """HTML of a table whose columns of whole numbers are written so; columns are counted from the right.

    On the left, one cell of an index may span several rows.
    """
    cells = [VALUE.findall(row)[::-1] for row in ROW.findall(html)]
    columns = enumerate(zip_longest(*cells, fillvalue=MISSING))
    whole = {place for place, column in columns if all(cell == MISSING or WHOLE.fullmatch(cell) for cell in column)}

    def row(found):
        left = iter(range(len(VALUE.findall(found[0])) - 1, -1, -1))
        return VALUE.sub(lambda cell: WHOLE.sub(r"\1", cell[0]) if next(left) in whole else cell[0], found[0])

    return ROW.sub(row, html)


def notebooks_archive(build):
    """Link to all notebooks, without outputs, in one ZIP file below the staged source.

    The same notebooks give the same bytes: they are sorted, and bear the earliest time that such a file can hold.
    """
    place = "downloads/notebooks.zip"
    with atomic_write(build.source / place) as path, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(build.notebooks):
            add_file(archive, f"{name}.ipynb", build.root / f"{name}.ipynb", MODES[False], EARLIEST)
    return f"{{download}}`{len(build.notebooks)} notebooks in one ZIP file <../{place}>`"


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
    """Caption as it stands in the book: the text, what was plotted, by which encoder, and where its files stand."""
    sources, figure = describe_sources(record), record["id"]
    entry = f"[Cite {figure}](../../book/figures/{record['study']}.md#{figure})"
    return f"{record['caption'].rstrip()} *({sources[0].upper()}{sources[1:]}.)* {entry}"
