"""The figure gallery: a thumbnail of every published figure with its downloads and a ready citation."""

import shutil

import nbformat
from PIL import Image

from flarebook.compendium.book.notebooks import figures_of
from flarebook.compendium.provenance import describe_sources, read_record
from flarebook.compendium.reports.citation import as_bibtex, as_text, paper_as_bibtex

FORMATS = ("svg", "png", "pdf", "csv", "json")
FOLDER = "figures"  # of the staged source
THUMBNAIL = (640, 480)  # pixels


def gallery(output, source, notebooks):
    """Markdown of the gallery; copies the figures' files and writes their thumbnails below `source`.

    output: folder of the run.  notebooks: names of the executed notebooks, in the book's order.
    """
    records = [record for name in notebooks for record in _records(output, name)]
    for record in records:
        _copy_files(output / FOLDER, source / FOLDER, record["id"])
    cards = "\n".join(_card(record) for record in records)
    return f"::::::{{grid}} 1 1 2 2\n:gutter: 3\n\n{cards}\n::::::"


def _records(output, name):
    """Records of the figures that a notebook shows, in its order."""
    notebook = nbformat.read(output / f"{name}.ipynb", as_version=4)
    return [read_record(output / FOLDER, figure) for cell in notebook.cells for figure in figures_of(cell)]


def _copy_files(old, new, figure):
    """Copy a figure's files and make its thumbnail."""
    (new / "thumbnails").mkdir(parents=True, exist_ok=True)
    for suffix in FORMATS:
        shutil.copyfile(old / f"{figure}.{suffix}", new / f"{figure}.{suffix}")
    with Image.open(new / f"{figure}.png") as image:
        image.thumbnail(THUMBNAIL)
        image.save(new / "thumbnails" / f"{figure}.png", optimize=True)


def _card(record):
    """Card of one figure."""
    figure, paper = record["id"], record.get("paper_figure")
    source = "poster" if record["study"] == "stix" else "paper"
    which = f"figure {paper} of the {source}" if paper else f"not in the {source}"
    downloads = " · ".join(f"{{download}}`{suffix.upper()} <../{FOLDER}/{figure}.{suffix}>`" for suffix in FORMATS)
    return f""":::::{{grid-item-card}}
:class-card: flarebook-thumb
:class-item: flarebook-figure

![{_plain(record["alt"])}](../{FOLDER}/thumbnails/{figure}.png)

**{{numref}}`{record["label"]}`** ({which}; {describe_sources(record)}). {record["caption"]}

{downloads}

````{{dropdown}} Cite this figure
{as_text(record)}

```bibtex
{as_bibtex(record)}
```

The original of this study:

```bibtex
{paper_as_bibtex(record["study"])}
```
````
:::::"""


def _plain(alt):
    """Alternative text without the brackets that would end it."""
    return alt.replace("[", "(").replace("]", ")")
