"""Reference of the package's functions and classes, read from the source.

Sphinx's autodoc would import every module, TensorFlow included, and does not see functions that numba has compiled.
"""

import ast
import copy
import re
from pathlib import Path

MARKDOWN = re.compile(r"([\\*_{}\[\]<>$|#~@^])")
CODE = re.compile(r"(`[^`]+`)")
HIDDEN = ("cli", "book")  # the command line has its own help; the book's builder is of use to nobody else


def api_reference(source):
    """Markdown reference of all public functions and classes below `source`, a section for each module."""
    source = Path(source)
    paths = [path for path in sorted(source.rglob("*.py"), key=_studies_first) if not path.name.startswith("_")]
    modules = [".".join(path.relative_to(source).with_suffix("").parts) for path in paths]
    shown = [(path, name) for path, name in zip(paths, modules, strict=True) if not set(name.split(".")) & set(HIDDEN)]
    return "\n\n".join(_module(path, name) for path, name in shown)


def _studies_first(path):
    """Sorting key of a module: the studies stand before what they share."""
    return "compendium" in path.parts, path


def _module(path, name):
    """Section of one module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    members = [node for node in tree.body if _is_public(node)]
    parts = [f"## {name}", text(ast.get_docstring(tree)), f"```{{py:module}} {name}\n```"]
    return "\n\n".join(part for part in [*parts, *(_member(node, name) for node in members)] if part)


def _is_public(node):
    """Whether a statement defines a function or class that has a docstring and no leading underscore."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_") and ast.get_docstring(node)


def _member(node, module):
    """Directive of one function, or of one class with its methods."""
    if isinstance(node, ast.FunctionDef):
        return _directive("function", f"{node.name}({_arguments(node)})", node, ":::")
    methods = [child for child in node.body if _is_public(child)]
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
    """Docstring as Markdown: paragraphs stay, lines join, code in backticks stays code, other signs are no markup."""
    paragraphs = re.split(r"\n\s*\n", docstring or "")
    return "\n\n".join(_plain(" ".join(paragraph.split())) for paragraph in paragraphs)


def _plain(paragraph):
    """Paragraph whose signs stand for themselves outside code."""
    pieces = CODE.split(paragraph)
    return "".join(piece if CODE.fullmatch(piece) else MARKDOWN.sub(r"\\\1", piece) for piece in pieces)
