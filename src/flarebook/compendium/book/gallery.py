"""The figure gallery: a card of each published figure, under its id, and pages of files, citations and commands."""

import json
import shutil
from functools import partial
from html import escape
from itertools import groupby
from multiprocessing.pool import ThreadPool
from pathlib import Path

import nbformat
from PIL import Image

from flarebook.compendium.book.notebooks import figures_of
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.project import studies
from flarebook.compendium.provenance import describe_sources, read_record
from flarebook.compendium.reports.citation import as_bibtex, as_text, opening_sentence, paper_as_bibtex
from flarebook.compendium.reports.execution_tables import run_command

FORMATS = {"png": "PNG", "svg": "SVG", "pdf": "PDF", "csv": "data (CSV)", "json": "provenance record (JSON)"}
FOLDER, PAGES = "figures", "book/figures"  # of the staged source: files of the figures, pages of their entries
THUMBNAIL = (720, 540)  # pixels, two for each of a card
HEAD = """# Figures of {}

Files, citation and commands of each figure; its card stands [among all figures](../figures.md).

<script src="../../_static/gallery.js" defer></script>"""


def gallery(build):
    """Markdown of the gallery: a card for each figure, which leads to its entry on a page of its study.

    Copies the figures' files, and writes their thumbnails and the pages of entries below the staged source.
    """
    parts, titles = [], studies(build.root)
    datasets = read_manifest(build.root / "data-manifest.yaml").values()
    for study, names in groupby(build.notebooks, lambda name: Path(name).parts[1]):
        records = [record for name in names for record in _records(build, name)]
        if records:
            with ThreadPool() as pool:  # Pillow works outside Python's lock
                sizes = pool.map(partial(_copy_files, build), [record["id"] for record in records])
            data = [_data_of(record, datasets, build.profiles[build.profile]) for record in records]
            entries = [_entry(*found, build.profile) for found in zip(records, sizes, data, strict=True)]
            page = build.source / PAGES / f"{study}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("\n\n".join([HEAD.format(titles[study]), *entries]), encoding="utf-8")
            parts += [f"## {titles[study]}", *map(_card, records)]
    return "\n\n".join(parts)


def _records(build, name):
    """Records of the figures that a notebook shows, in its order."""
    notebook = nbformat.read(build.output / f"{name}.ipynb", as_version=4)
    shown = [figure for cell in notebook.cells for figure in figures_of(cell)]
    return [read_record(build.output / FOLDER, figure) for figure in shown]


def _copy_files(build, figure):
    """Copy a figure's files and make its thumbnail; returns its width and height in pixels."""
    old, new = build.output / FOLDER, build.source / FOLDER
    (new / "thumbnails").mkdir(parents=True, exist_ok=True)
    for suffix in FORMATS:
        shutil.copyfile(old / f"{figure}.{suffix}", new / f"{figure}.{suffix}")
    with Image.open(new / f"{figure}.png") as image:
        size = image.size
        image.thumbnail(THUMBNAIL)
        image.save(new / "thumbnails" / f"{figure}.png")  # optimize=True saves 2 % and takes four times as long
        return size


def _card(record):
    """Card of one figure, named by its id: its picture, number and origin, the first sentence of its caption."""
    figure = record["id"]
    facets = {"study": record["study"], "origin": record["origin"], "notebook": _step(record)}
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in (facets | {"words": record["caption"]}).items())
    return f"""### {figure}

<div class="flarebook-figure" {data}>

{_picture(record, f"../{FOLDER}/thumbnails")}

**{{numref}}`{record["label"]}`** ({record["origin"]}). {opening_sentence(record["caption"])}.

[Files, citation and commands](figures/{record["study"]}.md#{figure})

</div>"""


def _step(record):
    """Notebook of a figure as commands name it: "iris/6-classifiers"."""
    return record["notebook"].removeprefix("notebooks/").removesuffix(".ipynb")


def _picture(record, folder):
    """Picture of a figure with its words, loaded when it comes into sight; folder: of the picture, from the page."""
    return f"""```{{image}} {folder}/{record["id"]}.png
:alt: {json.dumps(record["alt"], ensure_ascii=False)}
:loading: lazy
```"""


def _data_of(record, datasets, notebooks):
    """Markdown of the real data sets of the package behind a figure: title, licence and source.

    datasets: of the manifest.  notebooks: {notebook: Entry} of the run.
    """
    steps = _with_earlier(_step(record), notebooks)
    read = [data for data in datasets if data.origin == "real" and data.ships and steps & {*data.read_by}]
    if "real" not in record["origin"] or not read:
        return ""
    cited = [f"; {{cite:t}}`{data.citation}`" if data.citation else "" for data in read]
    lines = [
        f"- {{ref}}`{data.title} <data-{data.id}>` ({data.licence}{source})"
        for data, source in zip(read, cited, strict=True)
    ]
    return "\n".join(["\nReal data that its notebook or an earlier one reads, with their licences:\n", *lines])


def _with_earlier(step, notebooks):
    """A notebook and all whose results reach it: set of names."""
    return {step}.union(*(_with_earlier(earlier, notebooks) for earlier in notebooks[step].after))


def _entry(record, size, real, run):
    """Entry of one figure, named by its id: what it shows, its files, its citation, and how it is made again."""
    figure, paper = record["id"], record.get("paper_figure")
    source = "poster" if record["study"] == "stix" else "paper"
    original = paper_as_bibtex(record["study"])
    which = f"figure {paper} of the {source}; " if paper else f"not in the {source}; " if original else ""
    shown = original and (paper or record["origin"] != "real")  # the papers have none of the other figures of real data
    original = f"\nThe original of this study:\n\n```bibtex\n{original}\n```" if shown else ""
    step = _step(record)
    downloads = " · ".join(f"{{download}}`{name} <../../{FOLDER}/{figure}.{end}>`" for end, name in FORMATS.items())
    look = f"--ratio: {size[0]} / {size[1]}; --width: {record['width'] or size[0]}px"
    return f"""## {figure}

<div class="flarebook-figure" style="{look}">

{_picture(record, f"../../{FOLDER}")}

**{{numref}}`{record["label"]}`** ({which}{describe_sources(record)}), in [{step}](../../{record["notebook"]}).
{record["caption"]}

{downloads}

````{{dropdown}} Cite {figure}
{as_text(record)}

```bibtex
{as_bibtex(record)}
```
{original}
{real}
````

````{{dropdown}} Make {figure} again
From its record alone, with a comparison of data and picture; then its notebook, for other parameters (`-p NAME=VALUE`):

```sh
flarebook reproduce {figure} --run {run}
{run_command(run, step)}
```
````

</div>"""
