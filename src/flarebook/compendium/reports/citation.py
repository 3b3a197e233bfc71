"""Citations of published figures, as text and as BibTeX."""

import re

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import read_record
from flarebook.compendium.reports.compare_runs import run_folder
from flarebook.compendium.validation import check_known, read_yaml


def figure_records(run):
    """Records of all figures of a run, sorted by id, and the reasons why other files are none: two lists."""
    records, skipped, folder = [], [], run_folder(run) / "figures"
    for path in sorted(folder.glob("*.json")):
        with skipping(skipped):
            records.append(read_record(folder, path.stem))
    return records, skipped


def figure_record(id, run="laptop"):
    """Record of one figure (its id, or its label fig-...); InputError names the nearest id."""
    folder, id = run_folder(run) / "figures", id.removeprefix("fig-")
    known = [path.stem for path in folder.glob("*.json")]
    check_known(id, known, f"run {run} has no figure", f"see `flarebook figures {run}`")
    return read_record(folder, id)


def read_work():
    """The compendium by CITATION.cff: dict of title, authors (list), version, url, summary, date and licence."""
    path = project_root() / "CITATION.cff"
    cff = read_yaml(path) if path.is_file() else {}
    texts = {"version": "version", "summary": "abstract", "date": "date-released", "licence": "license"}
    return {
        "title": cff.get("title", "Flarebook"),
        "authors": [_name(author) for author in cff.get("authors", [])] or ["The Flarebook authors"],
        "url": cff.get("repository-code") or cff.get("url") or "",
        **{name: str(cff.get(key, "")) for name, key in texts.items()},
    }


def _name(author):
    """Name of an author in CITATION.cff: a person or an entity."""
    person = ", ".join(filter(None, [author.get("family-names"), author.get("given-names")]))
    return person or author.get("name", "")


def _description(record):
    """First sentence of a figure's caption, then what made it: notebook, origin of the data, commit, data hash."""
    sentence = record["caption"].split(". ")[0].rstrip(".")
    commit = record["commit"][:10] if record["commit"] else "no commit"
    commit += ", changed since" if record["dirty"] else ""
    source = f"{record['origin']} data; commit {commit}; data sha256 {record['data_sha256'][:12]}"
    return f"{sentence}. {record['notebook']}; {source}"


def as_text(record):
    """Citation of a figure in one paragraph."""
    work = read_work()
    title = f"{work['title']} (version {work['version']})" if work["version"] else work["title"]
    book = f"{'; '.join(work['authors'])} ({record['time'][:4]}). {title}."
    return f"{book} Figure {record['id']}: {_description(record)}. {work['url']}".rstrip()


def as_bibtex(record):
    """Citation of a figure as a BibTeX entry."""
    work = read_work()
    fields = {
        "author": " and ".join(f"{{{name}}}" if "," not in name else name for name in work["authors"]),
        "title": f"{{{work['title']}}}: figure {record['id']}",
        "year": record["time"][:4],
        "note": re.sub(r"([&%#_])", r"\\\1", _description(record)),  # of which TeX would take signs for commands
        "url": work["url"],
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{flarebook-{record['id']},", *lines, "}"])
