"""Stage the book: a mirror of prose and executed notebooks, at the same relative paths, ready for jupyter-book."""

import copy
import shutil
from pathlib import Path

import nbformat
import yaml

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.book.edition import edition_notes, unlink, with_note, without_missing, without_others
from flarebook.compendium.book.notebooks import (
    fold_bookkeeping,
    number_figures,
    parameter_fold,
    refuse_errors,
    take_pages,
    tidy_tables,
)
from flarebook.compendium.book.openings import caution_of
from flarebook.compendium.book.pages import Build, fill
from flarebook.compendium.errors import InputError
from flarebook.compendium.reports.execution_tables import notebook_facts
from flarebook.compendium.workflow.parameters import make_command

FILES = ("_config.yml", "book/references.bib")
STATIC = "book/_static"


def stage(root, output, study=None):
    """Mirror the book of one run into `output/book/source`.

    root: project folder.  output: folder of the run, such as build/laptop.  study: keep only this study's pages.
    Returns the source folder.  Raises InputError when a notebook of the contents has not run, or ran into an error.
    """
    root, output = Path(root), Path(output)
    whole = read_contents(root / "_toc.yml")
    contents = keep_study(whole, study)
    absent = set(pages_of(whole)) - set(pages_of(contents))
    build = Build(root, output, output / "book" / "source", tuple(notebooks_of(contents)))
    refuse_missing(build)
    shutil.rmtree(build.source, ignore_errors=True)
    make_folder(build.source)
    _stage_files(build)
    notes = edition_notes(build)
    for name in pages_of(contents):
        _stage_page(build, name, absent, notes.get(name))
    staged = with_generated(contents, build.source)
    (build.source / "_toc.yml").write_text(yaml.safe_dump(staged, sort_keys=False), encoding="utf-8")
    return build.source


def refuse_missing(build):
    """Raise InputError when a notebook of the contents has not been executed in this run."""
    missing = [name for name in build.notebooks if not (build.output / f"{name}.ipynb").is_file()]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(build.notebooks)} notebooks have not run in the profile {build.profile}, "
            f"the first is {missing[0]}: run `{make_command(build.profile)}`"
        )


def with_generated(contents, source):
    """Contents with the generated pages of a chapter below it, in the order of their titles: they lie in its folder.

    source: staged, its pages filled.  The folder of a chapter has its name.
    """
    staged = copy.deepcopy(contents)
    for chapter in (chapter for part in staged["parts"] for chapter in part["chapters"]):
        paths = (source / chapter["file"]).glob("*.md")
        if titles := {path.read_text(encoding="utf-8").partition("\n")[0]: path.stem for path in paths}:
            chapter["sections"] = [{"file": f"{chapter['file']}/{titles[title]}"} for title in sorted(titles)]
    return staged


def _stage_files(build):
    """Copy settings, bibliography and static files."""
    for name in FILES:
        (build.source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build.root / name, build.source / name)
    shutil.copytree(build.root / STATIC, build.source / STATIC)


def _stage_page(build, name, absent, note=None):
    """Stage one page of the contents, an executed notebook or a page of prose, with its generated parts filled in.

    absent: pages of other studies, to which no link may lead; note: on the edition, set below the page's title.
    """
    (build.source / name).parent.mkdir(parents=True, exist_ok=True)
    if name in build.notebooks:
        notebook = nbformat.read(build.output / f"{name}.ipynb", as_version=4)
        refuse_errors(notebook, name)
        tidy_tables(fold_bookkeeping(number_figures(notebook, build.output / "figures")))
        take_pages(notebook, build.output, build.source / STATIC)
        prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        for cell in prose:
            text = without_missing(fill(cell.source, build), build, notebook.cells)
            cell.source = unlink(text, name, absent)
        facts = notebook_facts(build.profile, name, notebook.metadata["papermill"]["duration"])
        fold = parameter_fold(name.removeprefix("notebooks/"), build.profiles)
        caution = caution_of(Path(name).parts[1], build.root)
        prose[0].source = with_note(prose[0].source, "\n\n".join(filter(None, (facts, fold, caution, note))))
        nbformat.write(notebook, build.source / f"{name}.ipynb")
    else:
        text = without_others((build.root / f"{name}.md").read_text(encoding="utf-8"), build)
        text = fill(text, build)
        text = unlink(without_missing(text, build), name, absent)
        (build.source / f"{name}.md").write_text(with_note(text, note) if note else text, encoding="utf-8")


def read_contents(path):
    """Table of contents of the book, as jupyter-book reads it."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def keep_study(contents, study=None):
    """Contents without the pages of other studies; everything when no study is named."""
    kept = copy.deepcopy(contents)
    for part in kept["parts"]:
        part["chapters"] = [chapter for chapter in part["chapters"] if _belongs(chapter["file"], study)]
    kept["parts"] = [part for part in kept["parts"] if part["chapters"]]
    return kept


def _belongs(page, study):
    """Whether a page is the study's own or common to all: study pages lie in a folder named for the study."""
    folders = Path(page).parts[1:-1]
    return not study or not folders or folders[0] == study


def pages_of(contents):
    """Every page of the contents, the front page first."""
    return [contents["root"], *(chapter["file"] for part in contents["parts"] for chapter in part["chapters"])]


def notebooks_of(contents):
    """Every notebook of the contents, as a path without suffix."""
    return [page for page in pages_of(contents) if page.startswith("notebooks/")]
