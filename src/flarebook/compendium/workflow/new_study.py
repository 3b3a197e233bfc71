"""A new study: notebook, package, test, page, lock, and its entries in the files that list studies."""

import keyword
import re
import tomllib
from contextlib import contextmanager, suppress
from functools import partial
from importlib.resources import files

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.identity.descriptions import DESCRIPTIONS, describe
from flarebook.compendium.identity.work import read_work
from flarebook.compendium.project import MARKER, studies

NAME = re.compile(r"[a-z]{2,20}")  # as figure ids and rules of the workflow begin
STEP, EXPONENT = "1-first-look", 1.8
SIZES = {"ci": 1000, "laptop": 10000, "paper": 100000}  # flares that the notebook draws
GATED = ("ci", "laptop")  # profiles that a study runs before it has a gate: a gate of another would be missing
ENTRY = "  {}/{}:\n    after: []\n    threads: 1\n    parameters: {{n_flares: {}}}\n"
GATE = (
    "{}.sizes.exponent: {{expected: {}, abs: {:.2g}, why: '3 sd of the estimate from {} flares, {:.2g} / sqrt(n)'}}\n"
)
TEMPLATES = {  # file of a study: its template
    "notebooks/STUDY/1-first-look.ipynb": "notebook.ipynb",
    "src/flarebook/STUDY/__init__.py": "package.py",
    "src/flarebook/STUDY/__init__.pyi": "package.pyi",
    "src/flarebook/STUDY/sizes.py": "sizes.py",
    "src/flarebook/STUDY/figures.py": "figures.py",
    "tests/STUDY/test_sizes.py": "test.py",
    "book/STUDY/introduction.md": "introduction.md",
}
BLOCK = re.compile(r"^[a-z0-9].*(?:\n .*)*", re.MULTILINE)  # a package of a lock, with its hashes


def write_study(root, name, title="", commands=()):
    """Write a new study into a project: all of its files and entries, or none.

    root: folder of the project.  name: small letters.  title: in the contents, default the name.  commands: names that
    a command of the study could not have.
    Returns the paths of the files written and changed, two lists.
    Raises InputError for a bad or taken name and for a file that lists studies in another way than expected.
    """
    title = title or name.capitalize()
    check_name(root, name, commands)
    if not title.strip() or not title.isprintable() or set('"\\') & set(title):
        raise InputError(f"{title!r} is no title: give one line of text without double quotes and backslashes")
    made = new_files(root, name, title)
    changed = {path: edit(_text(root, path), name, title, root) for path, edit in _edits().items()}
    with _all_or_none(root, [*made, *changed, *DESCRIPTIONS]):
        _write(root, made | changed)
        described = {path: text for path, text in describe(read_work(root), root).items() if _text(root, path) != text}
        _write(root, described)
    return list(made), [*changed, *described]


def check_name(root, name, commands=()):
    """Raise InputError unless a name can be that of a study and is free.

    commands: names that a command of the study could not have.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError(f"{name!r} is no name of a study: give 2 to 20 small letters a to z, and no word of Python")
    folders = ("notebooks", "src", "src/flarebook", "book", "tests")
    files = [f"src/flarebook/{name}.py", f"locks/{name}.lock", f"profiles/{name}.yaml", f"{name}/"]
    taken = [path for path in (*(f"{folder}/{name}" for folder in folders), *files) if (root / path).exists()]
    try:
        extras = tomllib.loads(_text(root, "pyproject.toml"))["project"]["optional-dependencies"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InputError(f"{root}/pyproject.toml has no extras ({reason_of(error)}): correct the file") from error
    taken += [f"the extra {name} of pyproject.toml"] * (name in extras)
    taken += ["the environment of all studies"] * (name == "all")
    taken += ["pytest, which takes what begins so for tests"] * name.startswith("test")
    taken += ["the folder of all runs"] * (name == "build")  # which git ignores, as it would the study's
    taken += [f"the command `flarebook {name}`"] * (name in commands)
    if taken:
        raise InputError(f"the name {name!r} is taken by {taken[0]}: choose another")


def new_files(root, name, title):
    """Files of a new study: {path: text}.

    Its lock holds what the other studies' locks have in common: what the package and the book need, at any depth.
    """
    words = {"STUDY": name, "TITLE": title, "NUMBER": str(len(studies(root)) + 1)}
    folder, found = files("flarebook.compendium.workflow") / "study_template", {}
    for path, template in TEMPLATES.items():
        text = (folder / f"{template}.txt").read_text(encoding="utf-8")
        found[path.replace("STUDY", name)] = re.sub("|".join(words), lambda word: words[word[0]], text)
    locks = [_text(root, f"locks/{study}.lock") for study in studies(root)]
    shared = set.intersection(*(set(BLOCK.findall(lock)) for lock in locks))
    head = [line for line in locks[0].splitlines() if line.startswith("#")]
    kept = [block for block in BLOCK.findall(locks[0]) if block in shared]
    return found | {f"locks/{name}.lock": "\n".join([*head, *kept]) + "\n"}


def _edits():
    """What is entered in which file: {path: function of its text, the study's name, its title and the project}."""
    profiles = {f"profiles/{profile}.yaml": partial(_enter_notebook, SIZES[profile]) for profile in SIZES}
    gates = {f"metrics/{profile}.yaml": partial(_enter_gate, SIZES[profile]) for profile in GATED}
    return {"pyproject.toml": _enter_package, MARKER: _enter_page, **profiles, **gates}


def _enter_notebook(number, text, name, title, root):
    """Enter the notebook in a profile.  number: of flares that it draws there."""
    return text + ENTRY.format(name, STEP, number)


def _enter_gate(number, text, name, title, root):
    """Enter the gate of the fitted exponent, whose standard deviation follows from the number of flares."""
    slope = EXPONENT - 1
    return text + GATE.format(name, EXPONENT, 3 * slope / number**0.5, number, slope)


def _enter_package(text, name, title, root):
    """Enter the package among the floors, and its extra, in pyproject.toml."""
    last = list(studies(root))[-1]
    text = _replaced(text, f' | flarebook.{last}"', f' | flarebook.{last} | flarebook.{name}"', "pyproject.toml")
    return _replaced(text, "\nbook = [", f"\n{name} = []  # what this study alone needs\nbook = [", "pyproject.toml")


def _enter_page(text, name, title, root):
    """Enter introduction and notebook in the contents, after the other studies."""
    number, last = len(studies(root)) + 1, list(studies(root))[-1]
    part = f'  - caption: "Study {number}: {title}"\n    chapters:\n      - file: book/{name}/introduction\n'
    part += f"      - file: notebooks/{name}/{STEP}\n"
    before, mark, after = text.partition(f"book/{last}/introduction\n")
    return before + mark + _replaced(after, "  - caption: ", f"{part}  - caption: ", MARKER)


def _replaced(text, old, new, path):
    """Text with the first `old` replaced.  Raises InputError for a file that has none."""
    if old not in text:
        raise InputError(f"{path} has no {old.strip()!r}, where the study would be entered: enter it by hand")
    return text.replace(old, new, 1)


def _text(root, path):
    """Content of a file of the project; InputError where it is missing."""
    if not (root / path).is_file():
        raise InputError(f"{root} has no {path}, which a study enters: run the command in a whole project")
    return (root / path).read_text(encoding="utf-8")


def _write(root, texts):
    """Write files, {path: text}."""
    for path, text in texts.items():
        with atomic_write(root / path) as partial:
            partial.write_text(text, encoding="utf-8")


@contextmanager
def _all_or_none(root, paths):
    """Put back what files held before, and remove new ones with their folders, when the block fails."""
    before = {path: (root / path).read_text(encoding="utf-8") for path in paths if (root / path).is_file()}
    try:
        yield
    except BaseException:
        for path in set(paths) - before.keys():  # first, since this makes room on a full disk
            (root / path).unlink(missing_ok=True)
            with suppress(OSError):  # it holds other files, or was never made
                (root / path).parent.rmdir()
        changed = {path for path, text in before.items() if (root / path).read_text(encoding="utf-8") != text}
        _write(root, {path: before[path] for path in changed})  # not where nothing could be written
        raise
