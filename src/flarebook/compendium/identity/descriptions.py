"""Descriptions of the work for machines: CITATION.cff, codemeta.json, .zenodo.json and codecheck.yml."""

import json
import re

import yaml
from packaging.requirements import Requirement

from flarebook.compendium.identity.work import bibtex_entry

MAKER = "python -m flarebook.compendium.identity describe"
HEADER = f"# Made from pyproject.toml, CHANGELOG.md and book/references.bib; do not edit, but run\n# `{MAKER}`.\n"
MESSAGE = "If you use Flarebook, please cite it and the paper whose study you used."
KINDS = {"article": "article", "inproceedings": "conference-paper"}  # of BibTeX, by their names in CITATION.cff
FIELDS = {  # of BibTeX, by their names there
    "journal": "journal",
    "booktitle": "collection-title",
    "volume": "volume",
    "number": "issue",
    "pages": "start",
    "doi": "doi",
    "url": "url",
}
NOTES = ("howpublished", "note")  # of BibTeX, which stand together as notes
NUMBERED = re.compile(r'run\.figure\(\s*"([a-z]+-(\d\d)-[a-z0-9-]+)"')  # of a figure that the paper has as well
CHECKED = "build/laptop"  # run whose files a codechecker would make again
UNCHECKED = """# For an independent check (codecheck.org.uk).  Nobody has checked this compendium yet: what the
# specification asks of the check itself (codechecker, report, certificate, summary), and the reference and ORCIDs
# of a published article, are left for then.  The files are made by `make book`.
"""


def papers(work, root=None):
    """Parsed entries of the papers that the studies go back to: {study: pybtex Entry}, in the order of the studies."""
    from pybtex.database import parse_string

    keys = work.book.papers
    text = "\n\n".join(bibtex_entry(key, root) for key in keys.values())
    entries = parse_string(text, "bibtex").entries
    return {study: entries[key] for study, key in keys.items()}


def _plain(text):
    """BibTeX field without TeX's commands and braces."""
    from pybtex.richtext import Text

    return str(Text.from_latex(text))


def _address(entry):
    """Address of a paper: its DOI, or where it is read."""
    return f"https://doi.org/{entry.fields['doi']}" if "doi" in entry.fields else entry.fields["url"]


def citation_cff(work, root=None):
    """CITATION.cff 1.2.0, which GitHub, Zenodo and Zotero read."""
    package, book = work.package, work.book
    content = {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "type": "software",
        "title": book.title,
        "abstract": book.abstract,
        "version": package.version,
        "date-released": work.released,
        "doi": book.doi,
        "repository-code": package.urls.repository,
        "license": package.license,
        "authors": [{"name": name} for name in work.names],
        "keywords": package.keywords,
        "references": [_reference(entry) for entry in papers(work, root).values()],
    }
    return HEADER + _yaml({name: value for name, value in content.items() if value})


def _reference(entry):
    """A paper as CITATION.cff refers to it."""
    people = [
        {"family-names": _plain(" ".join(person.last_names)), "given-names": _plain(" ".join(person.first_names))}
        for person in entry.persons["author"]
    ]
    fields = {new: _plain(entry.fields[old]) for old, new in FIELDS.items() if old in entry.fields}
    notes = "; ".join(_plain(entry.fields[old]) for old in NOTES if old in entry.fields)
    fields |= {"notes": notes} if notes else {}
    meeting = {"conference": {"name": fields["collection-title"]}} if "collection-title" in fields else {}
    title, year = _plain(entry.fields["title"]), int(entry.fields["year"])
    kind = KINDS.get(entry.type, "generic")
    return {"type": kind, "title": title, "authors": people, "year": year, **meeting, **fields}


def codemeta(work, root=None):
    """codemeta.json 3.0: the package in the terms of schema.org."""
    package, book = work.package, work.book
    content = {
        "@context": "https://w3id.org/codemeta/3.0",
        "type": "SoftwareSourceCode",
        "name": book.title,
        "description": book.abstract,
        "version": package.version,
        "datePublished": work.released,
        "developmentStatus": f"https://www.repostatus.org/#{'active' if work.released else 'wip'}",
        "identifier": book.doi and f"https://doi.org/{book.doi}",
        "codeRepository": package.urls.repository,
        "license": f"https://spdx.org/licenses/{package.license}",
        "author": [{"type": "Organization", "name": name} for name in work.names],
        "keywords": package.keywords,
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {package.python}",
        "operatingSystem": "Linux",
        "softwareRequirements": [_requirement(line) for line in package.dependencies],
        "referencePublication": [
            {"id": _address(entry), "name": _plain(entry.fields["title"])} for entry in papers(work, root).values()
        ],
    }
    return _json({name: value for name, value in content.items() if value})


def _requirement(line):
    """A dependency in the terms of codemeta."""
    requirement = Requirement(line)
    version = {"version": str(requirement.specifier)} if requirement.specifier else {}
    return {"type": "SoftwareApplication", "name": requirement.name, **version}


def zenodo(work, root=None):
    """.zenodo.json, which Zenodo prefers to CITATION.cff because it relates the deposit to the papers."""
    package, book = work.package, work.book
    content = {
        "upload_type": "software",
        "title": book.title,
        "description": f"<p>{book.abstract}</p>",
        "version": package.version,
        "publication_date": work.released,
        "access_right": "open",
        "license": {"id": package.license},
        "creators": [{"name": name} for name in work.names],
        "keywords": package.keywords,
        "related_identifiers": [
            {"identifier": _address(entry), "relation": "references", "resource_type": "publication"}
            for entry in papers(work, root).values()
        ],
    }
    return _json({name: value for name, value in content.items() if value})


def codecheck(work, root):
    """codecheck.yml 2.0: the files that a check makes again, each figure of a paper and each notebook's numbers."""
    from flarebook.compendium.book.stage import notebooks_of, read_contents

    cited = {study: _short(entry) for study, entry in papers(work, root).items()}
    files = [file for name in notebooks_of(read_contents(root / "_toc.yml")) for file in _checked(root, name, cited)]
    content = {
        "version": "https://codecheck.org.uk/spec/config/2.0/",
        "paper": {"title": work.book.title, "authors": [{"name": name} for name in work.names]},
        "manifest": files,
    }
    return f"---\n{HEADER}{UNCHECKED}{_yaml(content)}"


def _checked(root, name, cited):
    """Files of a notebook to be made again: the figures that its paper has, and its numbers."""
    study, step = name.split("/")[1:]
    cells = json.loads((root / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for figure, number in NUMBERED.findall(code):
        comment = f"figure {int(number)} of {cited[study]}; made by {name}.ipynb, plotted values in {figure}.csv"
        yield {"file": f"{CHECKED}/figures/{figure}.png", "comment": comment}
    comment = f"numbers of {name}.ipynb; `flarebook check` compares them with metrics/laptop.yaml"
    yield {"file": f"{CHECKED}/results/{study}/{step}/metrics.json", "comment": comment}


def _short(entry):
    """Authors and year of a paper."""
    names = [_plain(" ".join(person.last_names)) for person in entry.persons["author"]]
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} ({entry.fields['year']})"


def _yaml(content):
    """Content as YAML, in its order."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _json(content):
    """Content as indented JSON."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


DESCRIPTIONS = {
    "CITATION.cff": citation_cff,
    "codemeta.json": codemeta,
    ".zenodo.json": zenodo,
    "codecheck.yml": codecheck,
}


def describe(work, root):
    """Texts of all descriptions of the work in a project's folder: {name of the file: text}."""
    return {name: make(work, root) for name, make in DESCRIPTIONS.items()}
