"""Parameters of a notebook's tagged cell, and the profiles that set them."""

import ast

import nbformat
import yaml
from papermill.translators import PythonTranslator
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import notebook_path, project_root, shown, split_name
from flarebook.compendium.validation import nearest, read_yaml, validated

TYPES = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "list[int]": list[int],
    "list[float]": list[float],
    "list[str]": list[str],
    "dict": dict,
}


class Entry(BaseModel):
    """One notebook in a profile: the notebooks it comes after, its parameters, what it needs of the machine."""

    model_config = ConfigDict(extra="forbid")
    after: list[str] = []
    parameters: dict = {}
    memory_mb: int = Field(4000, gt=0)
    minutes: int = Field(30, gt=0)
    threads: int = Field(2, gt=0)  # a notebook that uses one leaves the other core to its neighbour


class Profile(BaseModel):
    """A profile: its notebooks in the order of the book."""

    model_config = ConfigDict(extra="forbid")
    notebooks: dict[str, Entry]


def profile_names():
    """Names of the project's profiles."""
    return sorted(path.stem for path in (project_root() / "profiles").glob("*.yaml"))


def read_profile(name, study=None):
    """Profile of that name, checked; with a study, only its notebooks.

    Raises InputError for an unknown profile or study, or a file that is no profile.
    """
    if name not in profile_names():
        raise InputError(
            f"there is no profile {name!r}{nearest(name, profile_names())}: choose one of {', '.join(profile_names())}"
        )
    path = project_root() / "profiles" / f"{name}.yaml"
    profile = validated(Profile, read_yaml(path), path)
    _check_order(profile, path)
    return _of_study(profile, study) if study else profile


def _check_order(profile, path):
    """Refuse an `after` that names no notebook of the profile."""
    for name, entry in profile.notebooks.items():
        for earlier in entry.after:
            if earlier not in profile.notebooks:
                hint = nearest(earlier, profile.notebooks)
                raise InputError(f"{shown(path)}: {name} comes after {earlier}, which is not listed{hint}: correct it")


def _of_study(profile, study):
    """Profile with one study's notebooks only."""
    studies = {split_name(name)[0] for name in profile.notebooks}
    if study not in studies:
        raise InputError(
            f"there is no study {study!r}{nearest(study, studies)}: choose one of {', '.join(sorted(studies))}"
        )
    kept = {name: entry for name, entry in profile.notebooks.items() if split_name(name)[0] == study}
    return profile.model_copy(update={"notebooks": kept})


def known_notebook(notebook):
    """Source file of a notebook; InputError names the nearest one when there is none."""
    path = notebook_path(notebook)
    if not path.is_file():
        known = ["/".join(found.with_suffix("").parts[-2:]) for found in path.parents[1].glob("*/*.ipynb")]
        raise InputError(f"there is no notebook {notebook!r}{nearest(notebook, known)}: see `flarebook list`")
    return path


def known_parameters(notebook):
    """Parameters of a notebook's tagged cell: {name: {name, type, default, help}}.

    Raises InputError when no cell is tagged "parameters" or a parameter has no plain type.
    """
    path = known_notebook(notebook)
    cells = nbformat.read(path, as_version=4).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    if not tagged:
        raise InputError(f'{shown(path)} has no cell tagged "parameters": tag its first code cell')
    found = PythonTranslator.inspect(tagged[0])  # inspect_notebook stops at a notebook that names no language
    return {parameter.name: _described(parameter, path) for parameter in found}


def _described(parameter, path):
    """One parameter of papermill's inspection with its default as a value."""
    name, kind = parameter.name, parameter.inferred_type_name.replace(" ", "")
    if kind not in TYPES:
        raise InputError(
            f"{shown(path)}: parameter {name} has no plain type: write `{name}: TYPE = ...` "
            f"with one of {', '.join(TYPES)}"
        )
    return {"name": name, "type": kind, "default": ast.literal_eval(parameter.default), "help": parameter.help}


def checked(notebook, values):
    """Values for a notebook's parameters, each known and of its type (an int is a float too).

    values: {name: value}.  Raises InputError that names the known parameters, or the type wanted.
    """
    known = known_parameters(notebook)
    for name in values:
        if name not in known:
            raise InputError(f"{notebook} has no parameter {name!r}{nearest(name, known)}: it knows {', '.join(known)}")
    return {name: _converted(notebook, known[name], value, strict=True) for name, value in values.items()}


def _converted(notebook, parameter, value, strict):
    """Value as the parameter's type; InputError when it is of another."""
    try:
        return TypeAdapter(TYPES[parameter["type"]]).validate_python(value, strict=strict)
    except ValidationError as error:
        raise InputError(_wrong_type(notebook, parameter, value)) from error


def _wrong_type(notebook, parameter, value):
    """Sentence about a value of the wrong type."""
    name, kind = parameter["name"], parameter["type"]
    return f"{notebook}: parameter {name} is {value!r}, but it takes {kind}: for example {name}={parameter['default']}"


def from_text(notebook, assignments):
    """Parameters given as text, ["n_splits=8", ...], as typed values.

    Lists are written as [1, 2] or 1,2.  Raises InputError for text without "=" and as `checked` does.
    """
    pairs = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"parameter {assignment!r} has no value: write NAME=VALUE, for example n_splits=8")
        pairs[name.strip()] = text.strip()
    known = known_parameters(notebook)
    return checked(notebook, {name: _parsed(notebook, known.get(name), text) for name, text in pairs.items()})


def _parsed(notebook, parameter, text):
    """Text as a value of the parameter's type; unknown parameters are left to `checked`."""
    if parameter is None or parameter["type"] == "str":
        return text
    if parameter["type"].startswith("list") and not text.startswith("["):
        text = f"[{text}]"
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(_wrong_type(notebook, parameter, text)) from error
    return _converted(notebook, parameter, value, strict=False)
