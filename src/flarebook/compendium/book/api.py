"""Reference of the package's functions and classes, read from the source: public faces of the studies first.

Sphinx's autodoc would import every module, TensorFlow included, and does not see functions that numba has compiled;
sphinx-autoapi takes minutes for the page of a minute.
"""

import ast
import copy
import re
from pathlib import Path

MARKDOWN = re.compile(r"([\\*_{}\[\]<>$|#~@^])")
CODE = re.compile(r"(`[^`]+`)")
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$\n?", re.MULTILINE)
LISTS = ("Parameters", "Returns", "Yields", "Raises", "Attributes")
HIDDEN = ("commands", "book")  # the command line has its own help; the book's builder is of use to nobody else


def api_reference(source):
    """Markdown reference of all public functions and classes below `source`, a section for each face and module."""
    source = Path(source)
    paths = [path for path in sorted(source.rglob("*.py"), key=_studies_first) if not path.name.startswith("_")]
    modules = {".".join(path.relative_to(source).with_suffix("").parts): path for path in paths}
    faces = {path.parent: _offered(path, source) for path in sorted(source.glob("*/*/__init__.pyi"))}
    offered = {pair for names in faces.values() for pair in names}
    parts = [_face(folder, source, names, modules) for folder, names in faces.items()]
    for name, path in modules.items():
        if not set(name.split(".")) & set(HIDDEN):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            members = [node for node in tree.body if _is_public(node) and (name, node.name) not in offered]
            parts += [_section(name, tree, members)] if members else []
    return "\n\n".join(parts)


def _studies_first(path):
    """Sorting key of a module: the studies stand before what they share."""
    return "compendium" in path.parts, path


def _offered(stub, source):
    """Names that the stub of a study's face offers: list of (module, name)."""
    package = ".".join(stub.parent.relative_to(source).parts)
    imports = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return [(f"{package}.{node.module}" if node.level else node.module, a.name) for node in imports for a in node.names]


def _face(folder, source, names, modules):
    """Section of a study's public face: the names that it offers, where they are defined."""
    members = []
    for module, name in names:
        tree = ast.parse(modules[module].read_text(encoding="utf-8")) if module in modules else ast.Module([], [])
        members += [node for node in tree.body if _is_public(node) and node.name == name]
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    return _section(".".join(folder.relative_to(source).parts), tree, members)


def _section(name, tree, members):
    """Section of one module or face with its members, which are named first where they are several."""
    names = ", ".join(f"{{py:obj}}`~{name}.{node.name}`" for node in members) if len(members) > 1 else ""
    parts = [f"## {name}", text(ast.get_docstring(tree)), f"```{{py:module}} {name}\n```", names]
    return "\n\n".join(part for part in [*parts, *map(_member, members)] if part)


def _is_public(node):
    """Whether a statement defines a function or class that has a docstring and no leading underscore."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_") and ast.get_docstring(node)


def _member(node):
    """Directive of one function, or of one class with its methods."""
    if isinstance(node, ast.FunctionDef):
        return _directive("function", f"{node.name}({_arguments(node)})", node, ":::")
    methods = [child for child in node.body if isinstance(child, ast.FunctionDef) and _is_public(child)]
    inner = "\n\n".join(_directive("method", f"{child.name}({_arguments(child)})", child, ":::") for child in methods)
    return _directive("class", node.name, node, "::::", inner)


def _directive(kind, signature, node, fence, inner=""):
    """A py-domain directive with the docstring as its text."""
    body = text(ast.get_docstring(node)) + (f"\n\n{inner}" if inner else "")
    return f"{fence}{{py:{kind}}} {signature}\n{body}\n{fence}"


def _arguments(function):
    """Arguments with their defaults, without annotations and without self."""
    arguments = copy.deepcopy(function.args)
    everyone = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in filter(None, everyone):
        argument.annotation = None
    return re.sub(r"^self(, )?", "", ast.unparse(arguments))


def text(docstring):
    """Docstring as Markdown: numpydoc sections become lists, examples code; elsewhere signs are no markup."""
    summary, *sections = SECTION.split(docstring or "")
    parts = [_paragraphs(summary)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            body = f"```pycon\n{body.strip()}\n```"
        elif title in LISTS:
            entries = (entry.partition("\n") for entry in re.split(r"\n(?=\S)", body.strip()))
            body = "\n".join(f"- `{head.strip()}`: {_line(rest)}".rstrip(": ") for head, _, rest in entries)
        else:
            body = _paragraphs(body)
        parts.append(f"**{title}**\n\n{body}")
    return "\n\n".join(parts)


def _paragraphs(body):
    """Paragraphs of a text, the lines of each joined."""
    return "\n\n".join(map(_line, re.split(r"\n\s*\n", body.strip())))


def _line(paragraph):
    """Paragraph in one line, whose signs stand for themselves outside code."""
    pieces = CODE.split(" ".join(paragraph.split()))
    return "".join(piece if CODE.fullmatch(piece) else MARKDOWN.sub(r"\\\1", piece) for piece in pieces)
