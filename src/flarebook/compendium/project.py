"""Where the project lies on this machine, and how its folders are named."""

import os
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

import platformdirs
import yaml

from flarebook.compendium.atomic_files import WORK
from flarebook.compendium.errors import InputError, reason_of

REHEARSAL = "FLAREBOOK_REHEARSAL"  # variable under which simulated files may stand in for an archive's
REHEARSED = "rehearsal"  # folder of such files in the cache
STAGING = "FLAREBOOK_STAGING"  # variable that names the folder to which an executed notebook writes
MARKER = "_toc.yml"  # the book's table of contents stands in the project's root and nowhere else


def project_root(start=None):
    """Folder of the project: FLAREBOOK_ROOT, or the first folder with a _toc.yml going up from `start`.

    start: folder, default the working directory; an editable installation is looked at last.
    Returns a Path.  Raises InputError when there is none.
    """
    named = os.environ.get("FLAREBOOK_ROOT")
    if named:
        return _named_root(Path(named))
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[3]):
        if (folder / MARKER).is_file():
            return folder
    raise InputError(
        f"no Flarebook project at or above {start} (no {MARKER} there): change into the project's folder "
        "or set FLAREBOOK_ROOT to it"
    )


def _named_root(folder):
    """The folder that FLAREBOOK_ROOT names, checked."""
    if not (folder / MARKER).is_file():
        raise InputError(f"FLAREBOOK_ROOT is {folder}, which holds no {MARKER}: set it to the project's folder")
    return folder.resolve()


def studies(root=None):
    """Studies of the book with their titles, in its order: {"iris": "Study 1: ..."}.

    A study is a part of the contents that opens with an introduction.  root: folder of the project, default this one.
    Raises InputError for contents that cannot be read, or have a part without caption or chapters.
    """
    path = (root or project_root()) / MARKER
    try:
        contents = yaml.safe_load(path.read_text(encoding="utf-8"))
        firsts = {PurePosixPath(part["chapters"][0]["file"]): part["caption"] for part in contents.get("parts", ())}
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no table of contents ({reason_of(error)}): correct the file") from error
    return {page.parent.name: title for page, title in firsts.items() if page.name == "introduction"}


def cache_folder():
    """Folder of downloaded files: FLAREBOOK_DATA, or the user's cache; a rehearsal has a folder of its own in it."""
    folder = Path(os.environ.get("FLAREBOOK_DATA") or platformdirs.user_cache_dir("flarebook"))
    return folder / REHEARSED if os.environ.get(REHEARSAL) else folder


def files_below(folder):
    """Yield the files below a folder of data: not those under way, nor in the cache those of a rehearsal.

    A folder that vanishes meanwhile has none.  Raises InputError for one that cannot be read.
    """
    cache = cache_folder().resolve()
    for place, folders, names in os.walk(folder, onerror=_refuse_unreadable):
        if Path(place).resolve() == cache and REHEARSED in folders:
            folders.remove(REHEARSED)
        folders[:] = [name for name in folders if not name.startswith(WORK)]
        yield from (Path(place, name) for name in names)


def _refuse_unreadable(error):
    """Raise InputError for a folder that may not be read: what it holds would be fetched again."""
    if isinstance(error, PermissionError):
        raise InputError(f"cannot read the folder {error.filename} ({error.strerror}): make it readable") from error


def in_project(folder):
    """Absolute path of a folder that may be given relative to the project's root."""
    folder = Path(folder).expanduser()
    return folder if folder.is_absolute() else project_root() / folder


def shown(path):
    """Path as text, relative to the project where it lies inside (for messages and records)."""
    try:
        return str(Path(path).resolve().relative_to(project_root()))
    except (ValueError, InputError):
        return str(path)


def split_name(notebook):
    """Study and step of a notebook's name: "iris/6-classifiers" gives ("iris", "6-classifiers").

    Accepts the file's path too ("notebooks/iris/6-classifiers.ipynb").
    """
    parts = Path(str(notebook).removesuffix(".ipynb")).parts
    parts = parts[parts.index("notebooks") + 1 :] if "notebooks" in parts else parts
    if len(parts) != 2 or not all(re.fullmatch(r"\w[\w-]*", part) for part in parts):
        raise InputError(f"{notebook!r} names no notebook: write STUDY/STEP, for example iris/6-classifiers")
    return parts


def notebook_path(notebook):
    """Source file of a notebook named STUDY/STEP."""
    study, step = split_name(notebook)
    return project_root() / "notebooks" / study / f"{step}.ipynb"


def built_elsewhere(study, step, file):
    """Which built profile holds a result of a step, as the end of a sentence; empty for none."""
    with suppress(InputError):  # outside a project
        for path in sorted(in_project("build").glob(f"*/results/{study}/{step}/{file}")):
            profile = path.parents[3].name
            if in_project(f"profiles/{profile}.yaml").is_file():
                return f"; build/{profile} holds it: --profile {profile}"
    return ""
