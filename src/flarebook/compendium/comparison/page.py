"""Two runs on one page: a summary of what changed, then parameters, numbers and figures; it needs no other file."""

import base64
import io
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from PIL import Image

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.comparison.runs import compare, different_figures, different_parameters, summary_of
from flarebook.compendium.errors import reason_of
from flarebook.compendium.interactive_pages.fill import fill_page
from flarebook.compendium.project import shown
from flarebook.compendium.provenance import describe_sources
from flarebook.compendium.reports.gate_tables import NONE, number

WIDTH, HEIGHT = 1000, 2000  # pixels of a picture at most, so that a page of a whole book stays small
FOLDER = files("flarebook.compendium.comparison") / "data"
PARTS = ("page.html", "page.css")


def write_comparison(first, second, path, names=("A", "B")):
    """Write a page that sets two runs side by side.

    first, second: folders of the runs.  path: of the page.  names: of the runs, for the title.
    Raises InputError when a run's record is cut, or the page cannot be written.
    """
    lines, figures = compare(first, second), different_figures(first, second)
    parameters = different_parameters(first, second)
    words = {"title": f"{names[0]} (A) and {names[1]} (B)", "first": shown(first), "second": shown(second)}
    words |= {"summary": list(summary_of(lines, parameters, figures)), "version": version("flarebook")}
    words["parameters"] = [
        (name, key, repr(a), repr(b)) for name, pairs in parameters.items() for key, (a, b) in pairs.items()
    ]
    words["changed"] = _number_rows([line for line in lines if line.difference])
    words["others"] = _number_rows([line for line in lines if not line.difference])
    folders = Path(first), Path(second)
    words["figures"] = [
        {
            "name": name,
            "what": pair.what,
            "pictures": [_picture(*one, name) for one in zip(folders, pair, strict=False)],
        }
        for name, pair in figures.items()
    ]
    page = fill_page([FOLDER / name for name in PARTS], **words)
    with atomic_write(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _number_rows(lines):
    """Rows of a table of metrics, those that moved by most spreads first."""
    ordered = sorted(lines, key=lambda line: (line.sigmas is None, -abs(line.sigmas or 0), line.name))
    return [(line.name, *map(number, line[1:])) for line in ordered]


def _picture(folder, record, name):
    """A run's picture of a figure: source, alt and about; or what is missing, a sentence."""
    path = folder / "figures" / f"{name}.png"
    if record is None:
        return {"missing": "This run has no such figure."}
    if not path.is_file():
        return {"missing": f"This run has the figure's record, but {path.name} is missing: run its notebook again."}
    try:
        with Image.open(path) as image:
            image.thumbnail((WIDTH, HEIGHT))
            image.save(small := io.BytesIO(), "webp", quality=85)
    except (OSError, Image.DecompressionBombError) as error:  # cut, or of more pixels than any figure has
        return {"missing": f"{path.name} cannot be read ({reason_of(error)}): run its notebook again."}
    data, commit = base64.b64encode(small.getvalue()).decode(), (record["commit"] or NONE)[:10]
    about = f"{describe_sources(record)}; commit {commit}"
    return {"source": f"data:image/webp;base64,{data}", "alt": record["alt"], "about": about}
