"""The book's data page: every data set of the manifest, study by study, and its description for machines."""

import json

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.croissant import croissant
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.data.ro_crate import NAME, ro_crate
from flarebook.compendium.identity.work import read_work
from flarebook.compendium.reports.markdown_tables import MISSING, shown_bytes, table

MANIFEST = "data-manifest.yaml"
DESCRIPTIONS = "data"  # folder of the staged source


def data_totals(build):
    """Data sets counted by where their data are, with their files and bytes."""
    entries = read_manifest(build.root / MANIFEST).values()
    groups = {
        "ship with the package": [entry for entry in entries if entry.ships],
        "files to fetch": [entry for entry in entries if not entry.ships and not entry.templates],
        "archives": [entry for entry in entries if entry.templates],
    }
    return table(("data sets that", "number", "real", "simulated", "files", "known size"), _total_rows(groups))


def _total_rows(groups):
    """One row for each group of data sets."""
    for name, entries in groups.items():
        files = [entry.count for entry in entries]
        known, sizes = sum(filter(None, files)), [entry.bytes for entry in entries]
        yield (
            name,
            len(entries),
            sum(entry.origin == "real" for entry in entries),
            sum(entry.origin == "simulated" for entry in entries),
            f"{known:,}" + (" and more" if None in files else ""),
            shown_bytes(sum(filter(None, sizes))) + (" and more" if None in sizes else ""),
        )


def data_table(studies, build):
    """Every data set of the manifest: a table for each study, then what is known of each set."""
    entries = read_manifest(build.root / MANIFEST).values()
    parts = []
    for study in dict.fromkeys(entry.study for entry in entries):
        own = [entry for entry in entries if entry.study == study]
        parts += [f"## {studies.get(study, study)}", _overview(own), *map(_section, own)]
    return "\n\n".join(parts)


def _overview(entries):
    """Table of a study's data sets, each linked to its section."""
    rows = [
        (
            f"{{ref}}`{entry.id} <data-{entry.id}>`",
            entry.origin,
            "yes" if entry.ships else "no",
            f"{entry.count:,}" if entry.count else MISSING,
            shown_bytes(entry.bytes),
            ", ".join(f"[{name.partition('-')[0]}](../notebooks/{name}.ipynb)" for name in entry.read_by) or MISSING,
            _checked(entry),
        )
        for entry in entries
    ]
    return table(("data set", "data", "ships", "files", "size", "read by", "checked"), rows)


def _section(entry):
    """Section of one data set."""
    facts = [("data", entry.origin), ("licence", entry.licence), ("size", _size(entry))]
    addresses = {"address": entry.url, "mirror": entry.mirror}
    facts += [(name, f"<{address}>") for name, address in addresses.items() if address]
    facts += [("DOI", f"[{entry.doi}](https://doi.org/{entry.doi})")] if entry.doi else []
    facts += [("cite", f"{{cite:t}}`{entry.citation}`")] if entry.citation else []
    facts += [("read by", _notebooks(entry))] if entry.read_by else []
    facts += [("in its place", entry.stands_in)] if entry.stands_in else []
    facts += [("not checked", entry.unchecked)] if entry.unchecked else []
    lines = "\n".join(f"- {name}: {value}" for name, value in facts)
    parts = [f"(data-{entry.id})=\n### {entry.title}", f"`{entry.id}`", lines, *_folded(entry)]
    return "\n\n".join(parts)


def _size(entry):
    """Files and bytes of a data set, and whether a copy lies in the package."""
    count = MISSING if entry.count is None else f"{entry.count:,} file{'s' * (entry.count != 1)}"
    known = f"{count}, {shown_bytes(entry.bytes)}" if entry.bytes else f"{count}, size not known"
    return f"{known}, part of the package" if entry.ships else known


def _notebooks(entry):
    """Notebooks that read a data set, linked."""
    return ", ".join(f"[{name}](../notebooks/{name}.ipynb)" for name in entry.read_by)


def _checked(entry):
    """How far a data set is known to be what the manifest says."""
    if entry.ships:
        return "hash, when read"
    hashed = entry.files and all(file.sha256 for file in entry.files) and not entry.templates
    return "hash known, address not" if hashed else "no"


def _folded(entry):
    """Folded parts of a section: files and hashes, addresses of an archive, questions to it, its table."""
    if rows := [(f"`{file.name}`", file.size or MISSING, f"`{file.sha256 or MISSING}`") for file in entry.files]:
        yield _fold("Files and hashes", table(("file", "bytes", "SHA-256"), rows))
    if rows := [_template_row(template) for template in entry.templates]:
        yield _fold("Addresses of the archive", table(("address", "files", "times", "bytes each"), rows))
    if rows := [(f"`{query.url}`", _form(query), query.finds) for query in entry.queries]:
        yield _fold("Questions that find the files", table(("service (POST)", "form", "finds"), rows))
    for template in entry.templates:
        if records := template.rows():
            yield _fold(f"The {len(records)} records", records_table(template, records))


def records_table(template, records):
    """Table of an archive's records, in the columns that the manifest names."""
    columns = template.columns or {column: column for column in records[0]}
    return table(columns.values(), [[record.get(column, "") for column in columns] for record in records])


def _fold(title, text):
    """A part that opens on demand."""
    return f":::{{dropdown}} {title}\n:class-container: flarebook-list\n\n{text}\n:::"


def _template_row(template):
    """Addresses of an archive, how many and of which times."""
    values = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in template.values.items())
    times = f"{template.first} to {template.last}, {template.cadence}" if template.cadence else f"`{template.table}`"
    count = f"{template.count:,}" if template.count else MISSING
    return f"`{template.url}`" + (f"<br>{values}" if values else ""), count, times, shown_bytes(template.size)


def _form(query):
    """Fields of a form."""
    return "<br>".join(f"`{name}={value}`" for name, value in query.form.items())


def description_links(build):
    """Links to the manifest in Croissant and as an RO-Crate, which are written below the staged source."""
    datasets, work = list(read_manifest(build.root / MANIFEST).values()), read_work()
    for name, describe in (("croissant.json", croissant), (NAME, ro_crate)):
        with atomic_write(build.source / DESCRIPTIONS / name) as path:
            path.write_text(json.dumps(describe(datasets, work), indent=1, ensure_ascii=False), encoding="utf-8")
    links = {"Croissant 1.1": "croissant.json", "RO-Crate 1.2": NAME}
    return " · ".join(f"{{download}}`{text} <../{DESCRIPTIONS}/{name}>`" for text, name in links.items())
