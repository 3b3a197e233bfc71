"""Files of the package that a notebook depends on: modules by the import graph, and the data files they read."""

import ast
from functools import lru_cache

import grimp
import nbformat

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
    code = _code(notebook)
    modules = _reached(code)
    files = [module_file(module) for module in modules] + data_files(modules, code)
    return sorted(path.relative_to(project_root()).as_posix() for path in files)


def _code(notebook):
    """Source of a notebook's code cells."""
    cells = nbformat.read(known_notebook(notebook), as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


@lru_cache
def import_graph():
    """Graph of the package's imports, by grimp."""
    return grimp.build_graph(PACKAGE, cache_dir=None)


def _reached(code):
    """Names of all modules that a piece of code imports, directly or through others, parents included."""
    graph = import_graph()
    waiting, found = [name for name in _imported(code) if name in graph.modules], set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [name.rpartition(".")[0]] if "." in name else []
            waiting += graph.find_modules_directly_imported_by(name)
    return found


def _imported(code):
    """Names of modules, and of what may be one, in the import statements of a piece of code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                yield from _behind_face(node.module, alias.name)


def _behind_face(package, name):
    """Modules that define a name which a package offers in its stub, or those of all names for "*"."""
    stub = project_root() / "src" / package.replace(".", "/") / "__init__.pyi"
    if not stub.is_file():
        return
    for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and name in {"*", *(alias.name for alias in node.names)}:
            yield f"{package}.{node.module}" if node.level else node.module


def module_file(module):
    """Source file of one of the package's modules."""
    base = project_root() / "src" / module.replace(".", "/")
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@lru_cache
def _text(module):
    """Source of one of the package's modules."""
    return module_file(module).read_text(encoding="utf-8")


def data_files(modules, code=""):
    """Data files of the package that modules, and further code of a notebook, read: list of absolute paths."""
    found = []
    for folder in sorted((project_root() / "src" / PACKAGE).glob("*/data")):
        if (folder / "__init__.py").is_file():
            continue  # modules about data
        package = f"{PACKAGE}.{folder.parent.name}"
        reached = [_text(module) for module in modules if _opens(module, package)]
        texts, opened = "".join([*reached, code]), any(f'"{package}"' in text for text in reached)
        for path in filter(lambda path: path.is_file(), sorted(folder.rglob("*"))):
            unnamed = path.suffix not in DESCRIPTIONS and path.name not in _texts_of_readers(package)
            if path.name in texts or (opened and unnamed):
                found.append(path)
    return found


@lru_cache
def _texts_of_readers(package):
    """Source of all modules that may read a package's data files."""
    return "".join(_text(module) for module in import_graph().modules if _opens(module, package))


def _opens(module, package):
    """Whether a module lies in a package or asks for the files of it."""
    return module.startswith(f"{package}.") or f'files("{package}")' in _text(module)
