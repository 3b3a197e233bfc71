"""Citations of the book, its figures and the papers that its studies go back to, as text and as BibTeX."""

import re

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.comparison.runs import run_folder
from flarebook.compendium.identity.work import bibtex_entry, read_work
from flarebook.compendium.provenance import code_state, read_record
from flarebook.compendium.validation import check_known

SENTENCE = re.compile(r"(?<!et al)(?<!\b[A-Z])\. (?=[A-Z0-9])")  # between two sentences of a caption
WORDS = 5  # that tell a figure from others
GALLERY = "book/figures.html"  # page of the book with an entry for each figure, whose place is the figure's id


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


def as_text(record):
    """Citation of a figure in one paragraph."""
    work, part = read_work(), f"Figure {record['id']}: {_description(record)}"
    return _sentences(work, record["time"][:4], _edition(work, record), part)


def as_bibtex(record):
    """Citation of a figure as a BibTeX entry."""
    work = read_work()
    title = f"{{{work.book.title}}}: figure {record['id']}"
    note = re.sub(r"([&%#_])", r"\\\1", _description(record))  # of which TeX would take signs for commands
    return _entry(work, f"flarebook-{record['id']}", title, record["time"][:4], _edition(work, record), note)


def book_as_text(root):
    """Citation of the book and its package in one paragraph."""
    work = read_work(root)
    return _sentences(work, work.date[:4], _edition(work, code_state(root)))


def book_as_bibtex(root):
    """Citation of the book and its package as a BibTeX entry."""
    work = read_work(root)
    return _entry(work, "flarebook", f"{{{work.book.title}}}", work.date[:4], _edition(work, code_state(root)))


def paper_as_bibtex(study, root=None):
    """BibTeX entry of the paper or poster that a study goes back to; "" for a study of its own."""
    key = read_work(root).book.papers.get(study)
    return bibtex_entry(key, root) if key else ""


def cite_study(study, root):
    """Markdown of a study's page: the entries of the original and of this book."""
    entries = filter(None, (paper_as_bibtex(study, root), book_as_bibtex(root)))
    return "```bibtex\n" + "\n\n".join(entries) + "\n```"


def cite_book(root):
    """Markdown of the citation of the book."""
    return f"{book_as_text(root)}\n\n```bibtex\n{book_as_bibtex(root)}\n```"


def _edition(work, record):
    """Version and commit of a figure's record, or of the working tree: "version 0.1.0, commit 0123456789"."""
    version = record.get("versions", {}).get("flarebook") or work.package.version
    return f"version {version}, {_commit(record)}"


def _commit(record):
    """Commit of a record, and whether the code had been changed since."""
    commit = f"commit {record['commit'][:10]}" if record["commit"] else "no commit"
    return f"{commit}, changed since" if record["dirty"] else commit


def _description(record):
    """First sentence of a figure's caption, its place in the book, and what made it: notebook, origin, data hash."""
    sentence = opening_sentence(record["caption"])
    made = f"{record['notebook']}; {record['origin']} data; data sha256 {record['data_sha256'][:12]}"
    return f"{sentence}. {GALLERY}#{record['id']}; {made}"


def opening_sentence(caption):
    """First sentence of a caption without its stop, with the next ones where it has few words alone."""
    first, *others = SENTENCE.split(" ".join(caption.split()))
    while others and len(first.split()) < WORDS:
        first = f"{first}. {others.pop(0)}"
    return first.rstrip(".")


def _sentences(work, year, edition, part=""):
    """Citation of the work, or of a part of it, in one paragraph; the address ends it, once there is one."""
    address = f"https://doi.org/{work.book.doi}" if work.book.doi else work.package.urls.repository
    sentences = [f"{'; '.join(work.names)} ({year}). {work.book.title} ({edition})", part, address]
    return ". ".join(filter(None, sentences)) + ("" if address else ".")


def _entry(work, key, title, year, edition, note=""):
    """Citation of the work, or of a part of it, as a BibTeX entry without empty fields."""
    fields = {
        "author": " and ".join(f"{{{name}}}" for name in work.names),
        "title": title,
        "year": year,
        "version": edition.split(",")[0].removeprefix("version "),
        "howpublished": edition.capitalize(),
        "note": note,
        "doi": work.book.doi,
        "url": work.package.urls.repository,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
