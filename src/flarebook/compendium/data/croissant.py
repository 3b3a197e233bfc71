"""The data manifest in Croissant 1.1, the metadata format of MLCommons: files, archives, and tables of both."""

import re

VERSION = "http://mlcommons.org/croissant/1.1"
CONTEXT = {  # of the specification, in its order
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
FORMATS = {
    ".csv": "text/csv",
    ".ecsv": "text/plain",
    ".txt": "text/plain",
    ".fits": "application/fits",
    ".gz": "application/gzip",
    ".nc": "application/x-netcdf",
    ".json": "application/json",
    ".npz": "application/zip",
}
FACTS = ("study", "title", "origin", "licence", "doi", "url", "stands_in", "unchecked")


def media_type(name):
    """Media type of a file, by the end of its name."""
    return FORMATS.get(f".{name.rpartition('.')[2]}", "application/octet-stream")


def croissant(datasets, work):
    """Croissant description of data sets, to be written as JSON: dict.

    datasets: list of manifest.DataSet.  work: identity.work.Work, the compendium.
    Addresses of files that ship are relative to the project's folder.  Files that nobody of the project has held have
    no hash, which the format allows in a live data set.
    """
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": "flarebook-data",
        "description": f"Data sets of {work.book.title}. {work.book.abstract}",
        "creator": [{"@type": "sc:Organization", "name": name} for name in work.names],
        "citeAs": f"{'; '.join(work.names)} ({work.date[:4]}). {work.book.title}, version {work.package.version}.",
        "datePublished": work.date,
        "version": work.package.version.replace(".dev", "-dev"),  # as semantic versioning, asked for here, has it
        "license": list(dict.fromkeys([work.package.license, *(data.licence for data in datasets)])),
        "isLiveDataset": True,
        "distribution": [part for data in datasets for part in _distribution(data)],
        "recordSet": [_catalogue(datasets), *(records for data in datasets for records in _tables(data))],
    }


def _distribution(data):
    """Files of a data set that have an address as FileObjects, archives of many as FileSets."""
    about = f"{data.title} ({data.origin}; {data.licence})"
    for number, file in enumerate(file for file in data.files if file.path or file.url):
        yield {
            "@type": "cr:FileObject",
            "@id": f"{data.id}/{number}",
            "name": file.name,
            "description": about,
            "contentUrl": file.path or file.url,
            "encodingFormat": media_type(file.name),
            **({"contentSize": f"{file.size} B"} if file.size is not None else {}),
            **({"sha256": file.sha256} if file.sha256 else {}),
        }
    for number, template in enumerate(data.templates):
        yield {
            "@type": "cr:FileSet",
            "@id": f"{data.id}/template-{number}",
            "name": f"{data.id}-{number}",
            "description": f"{about}. Addresses: {template.url}",
            "encodingFormat": media_type(template.url),
            "includes": re.sub(r"(%[a-zA-Z]|\{\w+\})+", "*", template.url),
        }


def _catalogue(datasets):
    """Table of the data sets themselves."""
    rows = [
        {"id": data.id, **{fact: getattr(data, fact) or "" for fact in FACTS}, "read_by": " ".join(data.read_by)}
        for data in datasets
    ]
    return _record_set("datasets", "Data sets of the manifest", rows)


def _tables(data):
    """Tables of the project that list an archive's files, row by row."""
    for template in data.templates:
        if rows := template.rows():
            columns = dict.fromkeys(name for row in rows for name in row)
            texts = [{name: _text(row.get(name, "")) for name in columns} for row in rows]
            yield _record_set(f"{data.id}-files", f"Files of {data.id}: {data.title}", texts)


def _text(value):
    """Text of a value; lists become words."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _record_set(name, description, rows):
    """Rows of texts, [{column: text}], as a RecordSet that holds them."""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [
            {"@type": "cr:Field", "@id": f"{name}/{column}", "name": column, "dataType": "sc:Text"}
            for column in rows[0]
        ],
        "data": [{f"{name}/{column}": text for column, text in row.items()} for row in rows],
    }
