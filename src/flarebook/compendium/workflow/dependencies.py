"""Files of the package that a notebook depends on: modules by the import graph, and the data files they read."""

import ast
from functools import cache, lru_cache

import grimp
import nbformat
import networkx

from flarebook.compendium.project import project_root
from flarebook.compendium.workflow.parameters import known_notebook

PACKAGE = "flarebook"
DESCRIPTIONS = {".md", ""}  # read-me files and licences, which no module reads unless it names them


def notebook_sources(notebook):
    """List the package's modules and data files that a notebook reaches, at any depth.

    A module is reached through imports, wherever they stand, and so are the packages that hold it.  A data file is
    reached when a reached module names it and opens its folder or lies in its package.  A file that no module names is
    found by a pattern, so every module that opens its folder reaches it.
    Returns a sorted list of paths relative to the project's root.
    """
    return code_sources(_code(notebook))


def code_sources(code):
    """List the package's modules and data files that a piece of code reaches, as `notebook_sources` does."""
    root = project_root()
    modules = _reached(code, root / "src")
    files = [module_file(module, root / "src") for module in modules] + data_files(modules, root / "src", code)
    return sorted(path.relative_to(root).as_posix() for path in files)


def _code(notebook):
    """Source of a notebook's code cells."""
    cells = nbformat.read(known_notebook(notebook), as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


@lru_cache
def import_graph():
    """Graph of the package's modules, by grimp.

    An edge leads from a module to each that it imports, wherever the statement stands, and to the package around it.
    """
    imports = grimp.build_graph(PACKAGE, cache_dir=None)
    graph = networkx.DiGraph((module, module.rpartition(".")[0]) for module in imports.modules - {PACKAGE})
    for module in imports.modules:
        graph.add_edges_from((module, other) for other in imports.find_modules_directly_imported_by(module))
    return graph


def _reached(code, source):
    """Names of all modules that a piece of code imports, directly or through others, parents included."""
    graph = import_graph()
    imported = {name for name in _imported(code, source) if name in graph}
    return imported.union(*(networkx.descendants(graph, name) for name in imported))


def _imported(code, source):
    """Names of modules, and of what may be one, in the import statements of a piece of code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                yield from _behind_face(source / node.module.replace(".", "/"), node.module, alias.name)


def _behind_face(folder, package, name):
    """Modules that define a name which a package offers in its stub, or those of all names for "*"."""
    stub = folder / "__init__.pyi"
    if not stub.is_file():
        return
    for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and name in {"*", *(alias.name for alias in node.names)}:
            yield f"{package}.{node.module}" if node.level else node.module


@lru_cache
def module_file(module, source):
    """Source file of one of the package's modules; source: the folder src."""
    base = source / module.replace(".", "/")
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def data_files(modules, source, code=""):
    """Data files of the package that modules, and further code of a notebook, read: list of absolute paths."""
    found = []
    for package, files in _data_folders(source).items():
        reached = [text for module in modules if (text := _reading_text(module, package, source))]
        texts, opened = "".join([*reached, code]), any(f'"{package}"' in text for text in reached)
        for path, unnamed in files.items():
            if path.name in texts or (opened and unnamed):
                found.append(path)
    return found


@lru_cache
def _data_folders(source):
    """Data files of each package, and whether a file has a format to read but no module names it.

    Returns {package: {path: bool}}.
    """
    found = {}
    for folder in sorted((source / PACKAGE).rglob("data")):
        if not (folder / "__init__.py").is_file():  # modules about data
            package = ".".join(folder.parent.relative_to(source).parts)
            texts = "".join(_reading_text(module, package, source) for module in import_graph())
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            found[package] = {path: path.suffix not in DESCRIPTIONS and path.name not in texts for path in paths}
    return found


@cache
def _reading_text(module, package, source):
    """Source of a module that lies in a package or asks for the files of it; empty for any other."""
    text = module_file(module, source).read_text(encoding="utf-8")
    return text if module.startswith(f"{package}.") or f'files("{package}")' in text else ""
