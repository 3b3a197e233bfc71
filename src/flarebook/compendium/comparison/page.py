"""Two runs on one page: a summary of what changed, then parameters, numbers and figures; it needs no other file."""

import base64
import io
from html import escape
from pathlib import Path

from PIL import Image

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.comparison.runs import compare, different_figures, different_parameters, summary_of
from flarebook.compendium.errors import reason_of
from flarebook.compendium.project import shown
from flarebook.compendium.provenance import describe_sources
from flarebook.compendium.reports.gate_tables import NONE, number

WIDTH, HEIGHT = 1000, 2000  # pixels of a picture at most, so that a page of a whole book stays small
STYLE = """:root {
  color-scheme: light dark; --ink: #1d2330; --soft: #556072; --line: #cfd5df; --back: #fff; --link: #1f5fa8 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #a7b0bf; --line: #3a4353; --back: #14181f; --link: #7db4f0 } }
body { margin: 0 auto; max-width: 1200px; padding: 16px; color: var(--ink); background: var(--back);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere }
h1 { font-size: 24px } h2 { margin-top: 32px; font-size: 19px } h3 { font-size: 15px; margin: 24px 0 4px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
th, p.soft, figcaption { color: var(--soft); font-weight: normal; font-size: 14px }
td.number { text-align: right; white-space: nowrap }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px }
@media (max-width: 700px) { .pair { grid-template-columns: 1fr } }
figure { margin: 0 } img { width: 100%; background: #fff; border: 1px solid var(--line) }
summary { cursor: pointer; color: var(--link) }"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><link rel="icon" href="data:,"><style>{style}</style></head><body><main>
<h1>{title}</h1>
<p class="soft">A: {first}. B: {second}. In spreads: the difference over the root sum of squares of both runs' standard
deviations; a dash where neither run has one.</p>
{parts}
</main></body></html>
"""


def write_comparison(first, second, path, names=("A", "B")):
    """Write a page that sets two runs side by side.

    first, second: folders of the runs.  path: of the page.  names: of the runs, for the title.
    Raises InputError when a run's record is cut, or the page cannot be written.
    """
    lines, figures = compare(first, second), different_figures(first, second)
    parameters = different_parameters(first, second)
    changed = [line for line in lines if line.difference]
    parts = [
        _section("What changed", "".join(f"<p>{escape(said)}</p>" for said in summary_of(lines, parameters, figures))),
        _section("Parameters", _parameter_table(parameters)),
        _section("Numbers", _number_table(changed) + _others([line for line in lines if not line.difference])),
        _section("Figures", "".join(_pair(name, first, second, figures[name]) for name in figures)),
    ]
    title = f"{names[0]} (A) and {names[1]} (B)"
    folders = {"first": escape(shown(first)), "second": escape(shown(second))}
    with atomic_write(path) as partial:
        html = PAGE.format(title=escape(title), style=STYLE, parts="\n".join(filter(None, parts)), **folders)
        partial.write_text(html, encoding="utf-8")


def _section(title, content):
    """A part of the page under its heading; nothing where it is empty."""
    return f"<section><h2>{title}</h2>\n{content}\n</section>" if content else ""


def _table(head, rows):
    """HTML table; a cell is text, or a pair of its class and its text."""
    cells = [[cell if isinstance(cell, tuple) else ("", cell) for cell in row] for row in rows]
    lines = ["".join(f'<td class="{kind}">{escape(str(text))}</td>' for kind, text in row) for row in cells]
    titles, body = "".join(f"<th>{escape(name)}</th>" for name in head), "</tr><tr>".join(lines)
    table = f"<table><thead><tr>{titles}</tr></thead><tbody><tr>{body}</tr></tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _parameter_table(parameters):
    """Table of the parameters that differ."""
    rows = [(name, key, repr(a), repr(b)) for name, pairs in parameters.items() for key, (a, b) in pairs.items()]
    return _table(("notebook", "parameter", "A", "B"), rows) if rows else ""


def _number_table(lines):
    """Table of metrics, those that moved by most spreads first."""
    ordered = sorted(lines, key=lambda line: (line.sigmas is None, -abs(line.sigmas or 0), line.name))
    rows = [(line.name, *(("number", number(value)) for value in line[1:])) for line in ordered]
    return _table(("metric", "A", "B", "difference", "in spreads"), rows) if rows else ""


def _others(lines):
    """Folded table of the metrics that did not change, or that one run has alone."""
    told = f"{len(lines)} metrics are the same or belong to one run"
    return f"<details><summary>{told}</summary>{_number_table(lines)}</details>" if lines else ""


def _pair(name, first, second, found):
    """A figure of both runs side by side, with what differs."""
    pictures = [_picture(Path(folder), name, one) for folder, one in ((first, found.first), (second, found.second))]
    return f'<h3>{escape(name)}</h3><p class="soft">{escape(found.what)}</p><div class="pair">{"".join(pictures)}</div>'


def _picture(folder, name, record):
    """A run's picture of a figure, as part of the page; a sentence where it has none, or none that can be read."""
    path = folder / "figures" / f"{name}.png"
    if record is None or not path.is_file():
        return "<p>This run has no such figure.</p>"
    try:
        with Image.open(path) as image:
            image.thumbnail((WIDTH, HEIGHT))
            image.save(small := io.BytesIO(), "webp", quality=85)
    except (OSError, Image.DecompressionBombError) as error:  # cut, or of more pixels than any figure has
        return f"<p>{escape(path.name)} cannot be read ({escape(reason_of(error))}): run its notebook again.</p>"
    data, commit = base64.b64encode(small.getvalue()).decode(), (record["commit"] or NONE)[:10]
    words = escape(f"{describe_sources(record)}; commit {commit}")
    return (
        f'<figure><img src="data:image/webp;base64,{data}" alt="{escape(record["alt"], quote=True)}">'
        f"<figcaption>{words}</figcaption></figure>"
    )
