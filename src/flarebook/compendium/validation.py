"""Files and names checked against what is allowed, each fault in one sentence."""

from difflib import get_close_matches

import yaml
from pydantic import ValidationError

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import shown


def nearest(name, known):
    """ " (did you mean X?)" for the known name nearest to `name`, or nothing."""
    close = get_close_matches(str(name), [str(other) for other in known], n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def check_known(name, known, problem, advice):
    """Raise InputError for a name that is none of the known: the problem, the name, the nearest one, the advice."""
    if name not in known:
        raise InputError(f"{problem} {name!r}{nearest(name, known)}: {advice}")


def read_yaml(path):
    """Content of a YAML file; InputError when it is none."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"cannot read {shown(path)} ({' '.join(str(error).split())}): correct the file") from error


def validated(model, content, path):
    """Content as a pydantic model; InputError names the first field that is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{shown(path)}: {place}: {first['msg'].lower()}: correct the file") from error
