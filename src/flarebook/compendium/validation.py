"""Files and names checked against what is allowed, each fault in one sentence."""

import json
import re
from difflib import get_close_matches

import yaml
from pydantic import ValidationError

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import shown


class CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # libyaml's parser, where it is installed
    """YAML as its version 1.2 reads it: 010 is ten, and 1:30, yes, 1_000 and 2014-03-29 are text, as they look."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        """A mapping, whose keys must differ: YAML would keep the last of two without a word."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := next((key for number, key in enumerate(keys) if key in keys[:number]), None):
            raise yaml.MarkedYAMLError(problem=f"it has the key {twice!r} twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


for tag, pattern, first, construct in (
    ("null", r"~|null|Null|NULL|", "~nN\0", lambda text: None),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    ("int", r"[-+]?[0-9]+", "-+0123456789", int),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789", float),
):
    tag = f"tag:yaml.org,2002:{tag}"
    CoreLoader.add_implicit_resolver(tag, re.compile(f"(?:{pattern})$"), [*first.replace("\0", ""), ""])
    CoreLoader.add_constructor(tag, lambda loader, node, construct=construct: construct(loader.construct_scalar(node)))


def parse_yaml(text):
    """Content of a YAML text by the core schema of YAML 1.2; raises yaml.YAMLError."""
    return yaml.load(text, CoreLoader)


def nearest(name, known):
    """ " (did you mean X?)" for the known name nearest to `name`, whatever the case of its letters, or nothing."""
    names = {str(other).lower(): str(other) for other in known}
    close = get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    return f" (did you mean {names[close[0]]}?)" if close else ""


def check_known(name, known, problem, advice):
    """Raise InputError for a name that is none of the known: the problem, the name, the nearest one, the advice."""
    if name not in known:
        raise InputError(f"{problem} {name!r}{nearest(name, known)}: {advice}")


def read_yaml(path):
    """Content of a YAML file; InputError when it is none."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"cannot read {shown(path)} ({' '.join(str(error).split())}): correct the file") from error


def read_json(path):
    """Content of a JSON file; InputError when it is cut, or none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{shown(path)} is cut or no JSON ({error}): run its notebook again, or remove it") from error


def validated(model, content, path):
    """Content as a pydantic model; InputError names the first field that is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        given = first.get("input")
        received = f" (it is {given!r:.80})" if isinstance(given, str | int | float) else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{shown(path)}: {place}: {reason[0].lower()}{reason[1:]}{received}: correct the file"
        ) from error
