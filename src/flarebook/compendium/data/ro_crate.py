"""The data manifest as an RO-Crate 1.2: one graph of data sets, their files, archives, licences and notebooks."""

from flarebook.compendium.data.croissant import media_type

VERSION = "https://w3id.org/ro/crate/1.2"
NAME = "ro-crate-metadata.json"
PARTS = {"Dataset", "File"}  # types of what the root holds, whether it is part of another data set too


def ro_crate(datasets, work):
    """RO-Crate metadata of data sets, to be written as JSON under NAME into the project's folder: dict.

    datasets: list of manifest.DataSet.  work: identity.work.Work, the compendium.
    """
    licences = {text: f"#licence-{number}" for number, text in enumerate(_licences(datasets, work))}
    authors = [{"@id": f"#author-{number}", "@type": "Organization", "name": name} for number, name in _authors(work)]
    notebooks = sorted({name for data in datasets for name in data.read_by})
    parts = [entity for data in datasets for entity in _entities(data, licences[data.licence])]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Data sets of {work.book.title}",
        "description": work.book.abstract,
        "datePublished": work.date,
        "version": work.package.version,
        "license": {"@id": licences[work.package.license]},
        "author": [_reference(author) for author in authors],
        "hasPart": [_reference(part) for part in (*parts, *map(_notebook, notebooks)) if part["@type"] in PARTS],
    }
    contexts = [{"@id": id, "@type": "CreativeWork", "name": text} for text, id in licences.items()]
    graph = [_descriptor(), root, *parts, *map(_notebook, notebooks), *authors, *contexts]
    return {"@context": f"{VERSION}/context", "@graph": list({entity["@id"]: entity for entity in graph}.values())}


def _descriptor():
    """Entity of the file of metadata itself."""
    return {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": {"@id": VERSION},
        "about": {"@id": "./"},
    }


def _licences(datasets, work):
    """Distinct licences, the compendium's own first."""
    return dict.fromkeys([work.package.license, *(data.licence for data in datasets)])


def _authors(work):
    """Numbered authors."""
    return enumerate(work.names)


def _reference(entity):
    """Reference to an entity."""
    return {"@id": entity["@id"]}


def _notebook(name):
    """Entity of a notebook."""
    return {
        "@id": f"notebooks/{name}.ipynb",
        "@type": "File",
        "name": name,
        "encodingFormat": "application/x-ipynb+json",
    }


def _entities(data, licence):
    """Entities of a data set: itself, its files, its archives and the rows of their tables."""
    files = [_file(file, data, licence) for file in data.files]
    dated = [template for template in data.templates if template.time]
    rows = [_row(row, row[template.time], data) for template in dated for row in template.rows() or ()]
    actions = [*_downloads(data), *_queries(data)]
    words = [f"{data.origin.capitalize()} data."]
    words += [f"In its place: {data.stands_in}."] if data.stands_in else []
    words += [f"Not checked: {data.unchecked}."] if data.unchecked else []
    entity = {
        "@id": f"#{data.id}",
        "@type": "Dataset",
        "name": data.title,
        "identifier": data.id,
        "description": " ".join(words),
        "license": {"@id": licence},
        "hasPart": [_reference(part) for part in (*files, *rows)],
        "potentialAction": [_reference(action) for action in actions if action["@type"] != "EntryPoint"],
        "citation": {"@id": f"https://doi.org/{data.doi}"} if data.doi else None,
        "url": data.url,
        "subjectOf": [_reference(_notebook(name)) for name in data.read_by],
    }
    article = {"@id": f"https://doi.org/{data.doi}", "@type": "ScholarlyArticle", "identifier": data.doi}
    entity = {name: value for name, value in entity.items() if value}
    return [entity, *files, *rows, *actions, *([article] if data.doi else [])]


def _file(file, data, licence):
    """Entity of a file: in the project, at its address, or named alone where it has none."""
    entity = {
        "@id": file.path or file.url or f"#{file.name}",
        "@type": "File" if file.path or file.url else "MediaObject",
        "name": file.name,
        "description": data.title,
        "encodingFormat": media_type(file.name),
        "contentSize": None if file.size is None else str(file.size),
        "sha256": file.sha256,
        "license": {"@id": licence},
    }
    return {name: value for name, value in entity.items() if value}


def _downloads(data):
    """Actions that fetch the files of an archive, each with its pattern of addresses."""
    for number, template in enumerate(data.templates):
        action = f"#{data.id}-download-{number}"
        count = "files that a table lists" if template.count is None else f"{template.count:,} files"
        span = f" from {template.first} to {template.last}, one every {template.cadence}" if template.cadence else ""
        yield {
            "@id": action,
            "@type": "DownloadAction",
            "name": f"{count}{span}",
            "target": {"@id": f"{action}-address"},
        }
        yield {"@id": f"{action}-address", "@type": "EntryPoint", "urlTemplate": template.url}


def _queries(data):
    """Actions that ask an archive for its files."""
    for number, query in enumerate(data.queries):
        action = f"#{data.id}-query-{number}"
        form = "&".join(f"{name}={value}" for name, value in query.form.items())
        yield {
            "@id": action,
            "@type": "SearchAction",
            "name": query.finds,
            "query": form,
            "target": {"@id": f"{action}-address"},
        }
        yield {"@id": f"{action}-address", "@type": "EntryPoint", "urlTemplate": query.url, "httpMethod": "POST"}


def _row(row, time, data):
    """Entity of a row of a table that lists observations, known by its first column."""
    name = next(iter(row.values()))
    return {
        "@id": f"#{data.id}-{name.replace(' ', '-')}",
        "@type": "Dataset",
        "name": name,
        "description": "; ".join(f"{column}: {text}" for column, text in row.items() if text),
        "temporalCoverage": time,
    }
