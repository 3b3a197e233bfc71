"""Citations of published figures, as text and as BibTeX."""

import json

import yaml

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.reports.compare_runs import run_folder
from flarebook.compendium.validation import nearest


def figure_records(run):
    """Records of all figures of a run, sorted by id: list of dict."""
    folder = run_folder(run) / "figures"
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def figure_record(id, run="laptop"):
    """Record of one figure (its id, or its label fig-...); InputError names the nearest id."""
    records = {record["id"]: record for record in figure_records(run)}
    id = id.removeprefix("fig-")
    if id not in records:
        raise InputError(f"run {run} has no figure {id!r}{nearest(id, records)}: see `flarebook figures {run}`")
    return records[id]


def _work():
    """The work that a figure is part of, from CITATION.cff: title, authors, year, address."""
    path = project_root() / "CITATION.cff"
    cff = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    authors = [_name(author) for author in cff.get("authors", [])] or ["The Flarebook authors"]
    return {
        "title": cff.get("title", "Flarebook"),
        "authors": authors,
        "version": cff.get("version", ""),
        "url": cff.get("repository-code") or cff.get("url") or "",
    }


def _name(author):
    """Name of an author in CITATION.cff: a person or an entity."""
    person = ", ".join(filter(None, [author.get("family-names"), author.get("given-names")]))
    return person or author.get("name", "")


def _origin(record):
    """What made the figure: commit, data hash, origin of the data."""
    commit = record["commit"][:10] if record["commit"] else "no commit"
    changed = ", changed since" if record["dirty"] else ""
    return f"{record['origin']} data; commit {commit}{changed}; data sha256 {record['data_sha256'][:12]}"


def as_text(record):
    """Citation of a figure in one paragraph."""
    work = _work()
    title = f"{work['title']} (version {work['version']})" if work["version"] else work["title"]
    parts = [
        f"{'; '.join(work['authors'])} ({record['time'][:4]}). {title}.",
        f"Figure {record['id']}: {_first_sentence(record['caption'])}",
        f"{record['notebook']}; {_origin(record)}.",
        work["url"],
    ]
    return " ".join(part for part in parts if part)


def as_bibtex(record):
    """Citation of a figure as a BibTeX entry."""
    work = _work()
    fields = {
        "author": " and ".join(f"{{{name}}}" if "," not in name else name for name in work["authors"]),
        "title": f"{{{work['title']}}}: figure {record['id']}",
        "year": record["time"][:4],
        "note": _escaped(f"{_first_sentence(record['caption'])} {record['notebook']}; {_origin(record)}"),
        "url": work["url"],
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{flarebook-{record['id']},", *lines, "}"])


def _first_sentence(caption):
    """First sentence of a caption, with its full stop."""
    return caption.split(". ")[0].rstrip(".") + "."


def _escaped(text):
    """Text with the characters that TeX would take for commands escaped."""
    return "".join(f"\\{letter}" if letter in "&%#_" else letter for letter in text)
