"""The commands that the pages show exist, with the options, notebooks and profiles that they name."""

import ast
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import typer

from flarebook.commands.main import app
from flarebook.compendium.project import studies
from flarebook.compendium.workflow.parameters import read_profile

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "book").rglob("*.md")),
    *sorted((ROOT / "notebooks").rglob("*.ipynb")),
]
COMMAND = typer.main.get_command(app)


def prose(path):
    """Text of a page, or of a notebook's cells of text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")


def commands(path):
    """Command lines in the shell blocks of a page, without comments and the variables set before them."""
    for block in re.findall(r"^```sh\n(.*?)^```", prose(path), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            if words:
                yield words


def shown(name):
    """Commands of one program on all pages, as pytest's parameters."""
    found = [(path, words) for path in PAGES for words in commands(path) if words[0] == name]
    return [pytest.param(words[1:], id=f"{path.stem}-{' '.join(words[1:])}"[:90]) for path, words in found]


@pytest.mark.parametrize("words", shown("flarebook"))
def test_a_command_of_flarebook_is_known_with_its_options(words):
    command, context = COMMAND, COMMAND.context_class(COMMAND)
    while hasattr(command, "get_command") and words:
        command, words = command.get_command(context, words[0]), words[1:]
        assert command, "there is no such command"
        context = command.context_class(command, parent=context)
    values, _, _ = command.make_parser(context).parse_args(list(words))
    profile = values.get("profile")
    if profile:
        assert read_profile(profile)
    for word in words:
        if word.partition("/")[0] in studies() and re.fullmatch(r"\w+/\d[\w-]*", word):
            assert word in read_profile(profile or "laptop").notebooks


@pytest.mark.parametrize("words", shown("snakemake"))
def test_a_command_of_snakemake_is_known_with_its_options(words, monkeypatch):
    cli = pytest.importorskip("snakemake.cli")
    monkeypatch.chdir(ROOT)
    known = {option for action in cli.get_argument_parser()._actions for option in action.option_strings}
    assert {word for word in words if word.startswith("-")} <= known
    named = dict(word.split("=", 1) for word in words if "=" in word)
    assert read_profile(named["profile"])
    assert "--profile" not in words or (ROOT / words[words.index("--profile") + 1] / "config.yaml").is_file()


@pytest.mark.parametrize("words", shown("python"))
def test_a_script_of_a_page_lies_in_the_project(words):
    if words[0] == "-m":
        path = ROOT / words[1].replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file() or words[1] in ("venv", "pip")
    elif words[0] == "-c":
        for part in (part for part in ast.parse(words[1]).body if isinstance(part, ast.ImportFrom)):
            assert all(hasattr(import_module(part.module), one.name) for one in part.names)
    else:
        assert (ROOT / words[0]).is_file()
