"""Reference of the package's functions and classes, read from the source: an index, and pages of packages and folders.

Sphinx's autodoc would import every module, TensorFlow included, and does not see functions that numba has compiled;
sphinx-autoapi takes minutes for the page of a minute.
"""

import ast
import re
from pathlib import Path

MARKDOWN = re.compile(r"([\\*_{}\[\]<>$|#~@^])")
CODE = re.compile(r"(`[^`]+`)")
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$\n?", re.MULTILINE)
LISTS = ("Parameters", "Returns", "Yields", "Raises", "Attributes")
HIDDEN = ("commands", "book")  # the command line has its own help; the book's builder is of use to nobody else
FOLDER = "api"  # of the pages, beside the index
LONGEST = 80_000  # characters on a page, which is then some 55,000 pixels high


def write_reference(build):
    """Index of the reference in Markdown; the pages to which it leads are written below the staged source."""
    index, pages = api_reference(build.root / "src")
    folder = build.source / "book" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")
    return index


def api_reference(source):
    """Reference of all public functions and classes below `source`: Markdown of its index, and {page: Markdown}.

    The index names what the packages' public faces offer, then every page: of a package with its face and its own
    modules, or of some of its folders.
    """
    packages, modules = _trees(Path(source))
    faces = {_name(path, source): _offered(path, source) for path in sorted(Path(source).glob("*/*/__init__.pyi"))}
    offered = {pair for pairs in faces.values() for pair in pairs}
    members = {face: [node for pair in pairs for node in _find(*pair, modules)] for face, pairs in faces.items()}
    folders = {face: [_section(face, packages[face], found, f"What {face} offers")] for face, found in members.items()}
    for name, tree in modules.items():
        if rest := [node for node in _public(tree) if (name, node.name) not in offered]:
            folders.setdefault(name.rpartition(".")[0], []).append(_section(name, tree, rest, name))
    texts = {folder: "\n\n".join(parts) for folder, parts in sorted(folders.items())}
    shared = {_page(some): some for some in _share_out(texts)}
    pages = {name: "\n\n".join([f"# {_title(some)}", *map(texts.get, some)]) for name, some in shared.items()}
    entries = [f"- [{_title(some)}]({FOLDER}/{name}.md): {_about(some, packages)}" for name, some in shared.items()]
    offers = [_offer(face, found, packages[face]) for face, found in members.items()]
    return "\n\n".join([*offers, "## All pages", "\n".join(entries)]), pages


def _trees(source):
    """Syntax trees of the packages and of their public modules: two of {dotted name: tree}."""
    packages, modules = {}, {}
    for path in sorted(source.glob("*/*/**/*.py")):
        name = _name(path, source)
        if not set(name.split(".")) & set(HIDDEN) and (path.stem == "__init__" or not path.name.startswith("_")):
            kept = packages if path.stem == "__init__" else modules
            kept[name] = ast.parse(path.read_text(encoding="utf-8"))
    return packages, modules


def _name(path, source):
    """Dotted name of a module, or of the package that an `__init__` belongs to."""
    parts = path.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _offered(stub, source):
    """Names that the stub of a package's face offers: list of (module, name)."""
    package = _name(stub, source)
    imports = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return [(f"{package}.{node.module}" if node.level else node.module, a.name) for node in imports for a in node.names]


def _find(module, name, modules):
    """Definition of a name in a module, in a list; constants have none."""
    return [node for node in _public(modules[module]) if node.name == name] if module in modules else []


def _share_out(texts):
    """Folders of each page: a package's own modules by themselves, its folders as many as LONGEST allows.

    texts: {folder: Markdown}, sorted.  Returns a list of lists of folders.
    """
    pages = []
    for folder in texts:
        last = pages[-1] if pages else [""]
        beside = "." in _inner(last[0]) and "." in _inner(folder) and last[0].split(".")[1] == folder.split(".")[1]
        if beside and sum(len(texts[name]) for name in [*last, folder]) <= LONGEST:
            last.append(folder)
        else:
            pages.append([folder])
    return pages


def _inner(name):
    """Dotted name without the project's own."""
    return name.partition(".")[2]


def _page(folders):
    """Name of a page, by its first folder."""
    return _inner(folders[0]).replace(".", "-")


def _title(folders):
    """Title of a page: the package, and the folders that it holds."""
    package, _, rest = folders[0].partition(".")[2].partition(".")
    where = f"{folders[0].partition('.')[0]}.{package}"
    return f"{where}: {', '.join(name.removeprefix(f'{where}.') for name in folders)}" if rest else where


def _about(folders, packages):
    """What the folders of a page hold, in their own words."""
    lines = [(f"*{name.rpartition('.')[2]}*: ", _summary(packages[name])) for name in folders if name in packages]
    return "; ".join(f"{name if len(lines) > 1 else ''}{line.rstrip('.')}" for name, line in lines) + "."


def _offer(face, members, tree):
    """Section of the index on a public face: what it offers, each name with its first line."""
    lines = [f"- {{py:obj}}`~{face}.{node.name}`: {_summary(node)}" for node in members]
    return "\n\n".join([f"## {face}", _summary(tree), "\n".join(lines)])


def _summary(node):
    """First line of the docstring of a module, function or class."""
    return _line((ast.get_docstring(node) or "").partition("\n")[0])


def _section(name, tree, members, title):
    """Section of one module or face with its members, which are named first where they are several."""
    names = ", ".join(f"{{py:obj}}`~{name}.{node.name}`" for node in members) if len(members) > 1 else ""
    parts = [f"## {title}", text(ast.get_docstring(tree)), f"```{{py:module}} {name}\n```", names]
    return "\n\n".join(part for part in [*parts, *map(_member, members)] if part)


def _public(tree):
    """Statements of a module that define a public function or class."""
    return [node for node in tree.body if _is_public(node)]


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
    """Arguments with their defaults, without self and without annotations, which the tree loses."""
    arguments = function.args
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
