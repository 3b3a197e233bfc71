"""Parameters of a notebook's tagged cell, and the profiles that set them."""

import ast

import nbformat
import yaml
from papermill.translators import PythonTranslator
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    RootModel,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import notebook_path, project_root, shown, split_name
from flarebook.compendium.validation import check_known, nearest, parse_yaml, read_yaml, validated

REAL, SHORT = OVERLAYS = "real", "short"  # files that change a profile; each ends the names of its runs
SOURCES = ("simulated", REAL)
TYPES = {
    "bool": bool,
    "int": int,
    "float": FiniteFloat,
    "str": str,
    "list": list,
    "list[int]": list[int],
    "list[float]": list[FiniteFloat],
    "list[str]": list[str],
    "dict": dict,
}


class PartJob(BaseModel):
    """What one job needs that makes one part of a notebook's data."""

    model_config = ConfigDict(extra="forbid")
    memory_mb: int = Field(2000, gt=0)
    minutes: int = Field(60, gt=0)
    threads: int = Field(1, gt=0)


class Entry(BaseModel):
    """One notebook in a profile: the notebooks it comes after, its parameters, what it needs of the machine."""

    model_config = ConfigDict(extra="forbid")
    after: list[str] = []
    parameters: dict = {}
    memory_mb: int = Field(4000, gt=0)
    minutes: int = Field(30, gt=0)
    threads: int = Field(1, gt=0)  # notebooks run side by side; with one thread each, sums do not depend on the machine
    parts: PartJob | None = None  # one job for each part of its data; without it, the notebook makes them all


class Profile(BaseModel):
    """A profile: its notebooks in the order of the book."""

    model_config = ConfigDict(extra="forbid")
    notebooks: dict[str, Entry]

    @model_validator(mode="after")
    def _only_listed_ones_come_before(self):
        for name, entry in self.notebooks.items():
            for earlier in entry.after:
                if earlier not in self.notebooks:
                    hint = nearest(earlier, self.notebooks)
                    raise ValueError(f"{name} comes after {earlier}, which is not listed{hint}")
        return self


class Overlay(RootModel):
    """What a file such as profiles/real.yaml changes: {"every" or a profile: {notebook: fields of its entry}}."""

    root: dict[str, dict[str, dict]]


def profile_names():
    """Names of the project's profiles."""
    return sorted(path.stem for path in (project_root() / "profiles").glob("*.yaml") if path.stem not in OVERLAYS)


def run_name(profile, source="simulated"):
    """Name of a profile's run on simulated or on real data, which is that of its folder: "ci" or "ci-real".

    Raises InputError for another source.
    """
    check_known(source, SOURCES, "there is no source", f"choose one of {', '.join(SOURCES)}")
    return f"{profile}-{REAL}" if source == REAL and not is_real(profile) else profile


def overlay_of(name):
    """Overlay of a run: "real" of "ci-real", "short" of "paper-short"; None of a profile's own run."""
    return next((overlay for overlay in OVERLAYS if name.endswith(f"-{overlay}")), None)


def is_real(name):
    """Whether a name is that of a run on real data, such as "ci-real"."""
    return overlay_of(name) == REAL


def profile_of(name):
    """Profile of a run: "ci" of "ci" and of "ci-real"."""
    return name.removesuffix(f"-{overlay_of(name)}")


def make_command(name):
    """Command that makes a run: "make book PROFILE=ci SOURCE=real" for "ci-real"."""
    return f"make book PROFILE={name.removesuffix(f'-{REAL}')}{' SOURCE=real' if is_real(name) else ''}"


def read_profile(name, study=None):
    """Profile of that name, checked, or of a run that an overlay changes ("ci-real"); with a study, only its notebooks.

    Raises InputError for an unknown profile or study, a file that is no profile, or an overlay that does not change it.
    """
    size = profile_of(name)
    advice = f"choose one of {', '.join(profile_names())}, or its run on real data, such as ci-{REAL}"
    check_known(size, profile_names(), "there is no profile", advice)
    path = project_root() / "profiles" / f"{size}.yaml"
    profile = validated(Profile, read_yaml(path), path)
    if overlay_of(name):
        profile = _changed(profile, size, overlay_of(name))
    if not study:
        return profile
    studies = sorted({split_name(name)[0] for name in profile.notebooks})
    check_known(study, studies, "there is no study", f"choose one of {', '.join(studies)}")
    kept = {name: entry for name, entry in profile.notebooks.items() if split_name(name)[0] == study}
    return profile.model_copy(update={"notebooks": kept})


def _changed(profile, size, name):
    """Profile with what an overlay, such as profiles/real.yaml, changes for every size and for this one."""
    path = project_root() / "profiles" / f"{name}.yaml"
    overlay, entries = validated(Overlay, read_yaml(path), path).root, dict(profile.notebooks)
    check_sections = f"choose one of {', '.join(['every', *profile_names()])}"
    for section in overlay:
        check_known(section, ["every", *profile_names()], f"{path.name} has no section", check_sections)
    sections = [overlay[section] for section in ("every", size) if section in overlay]
    if not sections:
        raise InputError(f"{path.name} changes nothing of profile {size}: choose one of {', '.join(overlay)}")
    for notebook, changes in [change for section in sections for change in section.items()]:
        check_known(
            notebook, entries, f"{path.name} changes a notebook that profile {size} does not list,", "remove it"
        )
        fields = {**entries[notebook].model_dump(), **changes}
        fields["parameters"] = {**entries[notebook].parameters, **changes.get("parameters", {})}
        entries[notebook] = validated(Entry, fields, path)
    return Profile(notebooks=entries)


def known_notebook(notebook):
    """Source file of a notebook; InputError names the nearest one when there is none."""
    path = notebook_path(notebook)
    if not path.is_file():
        known = ["/".join(other.with_suffix("").parts[-2:]) for other in path.parents[1].glob("*/*.ipynb")]
        check_known(notebook, known, "there is no notebook", "see `flarebook list`")
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


def all_values(notebook, values):
    """Values of all parameters of a notebook, its defaults where others are not given: {name: value}."""
    defaults = {name: parameter["default"] for name, parameter in known_parameters(notebook).items()}
    return {**defaults, **checked(notebook, values)}


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

    values: {name: value}.  Raises InputError that names the known parameters, or the type or least number wanted.
    """
    known, typed = known_parameters(notebook), {}
    for name, value in values.items():
        check_known(name, known, f"{notebook} has no parameter", f"it knows {', '.join(known)}")
        kind, example = known[name]["type"], f"for example {name}={known[name]['default']}"
        try:
            typed[name] = TypeAdapter(TYPES[kind]).validate_python(value, strict=True)
        except ValidationError as error:
            raise InputError(f"{notebook}: parameter {name} is {value!r}, but it takes {kind}: {example}") from error
        if (least := _least(known[name])) is not None and value < least:
            raise InputError(f"{notebook}: parameter {name} is {value}, but it takes {least} or more: {example}")
    return typed


def _least(parameter):
    """Least value of a count, n_..., or of the seed; None for other parameters.  A count whose help tells of 0 has it.

    parameter: of `known_parameters`.
    """
    name, counts = parameter["name"], parameter["type"] == "int" and parameter["name"].startswith("n_")
    return 0 if name == "seed" or (counts and "0:" in parameter["help"].split()) else 1 if counts else None


def from_text(notebook, assignments):
    """Parameters given as text, ["n_splits=8", ...], as typed values.

    Lists are written as [1, 2] or 1,2, truth as true or false, numbers in decimal: seed=010 is ten.
    Raises InputError for text without "=" and as `checked` does.
    """
    pairs = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"parameter {assignment!r} has no value: write NAME=VALUE, for example n_splits=8")
        pairs[name.strip()] = text.strip()
    kinds = {name: parameter["type"] for name, parameter in known_parameters(notebook).items()}
    values = {name: _parsed(text, kinds.get(name, "str")) for name, text in pairs.items()}
    return checked(notebook, values)


def _parsed(text, kind):
    """Text of a parameter, read as YAML where its type is another than "str"; what is no YAML stays text."""
    if kind == "str":
        return text
    text = f"[{text}]" if kind.startswith("list") and not text.startswith("[") else text
    try:
        return yaml.load(text, yaml.BaseLoader) if kind == "list[str]" else parse_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError):  # a number of thousands of digits, lists a thousand deep
        return text  # which `checked` refuses
