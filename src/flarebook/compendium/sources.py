"""Which files of the package a notebook rests on: followed from import to import."""

import ast

import nbformat

from flarebook.compendium.parameters import known_notebook
from flarebook.compendium.project import project_root, split_name

PACKAGE = "flarebook"


def notebook_sources(notebook):
    """Package files that a notebook imports, directly or through other modules, and the data files they name.

    Returns a sorted list of paths relative to the project's root.
    """
    code = [cell.source for cell in nbformat.read(known_notebook(notebook), as_version=4).cells
            if cell.cell_type == "code"]  # fmt: skip
    found, waiting = set(), list(_imported("\n".join(code)))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path.read_text(encoding="utf-8"))
    found |= set(_data_files(split_name(notebook)[0], found))
    return sorted(str(path.relative_to(project_root())) for path in found)


def _imported(code):
    """Files of the package's modules that a piece of Python code imports, wherever the import stands."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (path for name in names if (path := _module_file(name)))


def _module_file(name):
    """File of one of the package's modules; None for others."""
    if name.split(".")[0] != PACKAGE:
        return None
    base = project_root() / "src" / name.replace(".", "/")
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _data_files(study, modules):
    """Shipped data of the study that the modules name, and those that no module of the study names.

    What nobody names is found by a pattern or through the manifest, so each notebook may rest on it.
    """
    folder = project_root() / "src" / PACKAGE / study
    ours = "".join(path.read_text(encoding="utf-8") for path in modules)
    everyone = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for path in (folder / "data").rglob("*"):
        if path.is_file() and (path.name in ours or path.name not in everyone):
            yield path
