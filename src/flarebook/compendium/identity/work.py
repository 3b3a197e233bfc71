"""The compendium as a work to be cited, from pyproject.toml, the change log and the bibliography."""

import re
import subprocess
import time
import tomllib
from functools import lru_cache

from packaging.version import Version
from pydantic import BaseModel, Field

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import code_state, now
from flarebook.compendium.validation import validated

SOURCE, CHANGES, BIBLIOGRAPHY = "pyproject.toml", "CHANGELOG.md", "book/references.bib"


class Author(BaseModel):
    """An author, as pyproject.toml names one."""

    name: str


class Addresses(BaseModel):
    """Public addresses; none as long as the work has none."""

    repository: str = Field("", alias="Repository")


class Package(BaseModel):
    """Table [project] of pyproject.toml, in so far as it describes the work."""

    version: str
    license: str
    authors: list[Author]
    keywords: list[str] = []
    python: str = Field("", alias="requires-python")
    dependencies: list[str] = []
    urls: Addresses = Addresses()


class Book(BaseModel):
    """Table [tool.flarebook] of pyproject.toml."""

    title: str
    abstract: str
    doi: str = ""  # of the archived version, once there is one
    papers: dict[str, str] = {}  # of each study: the key of the paper or poster that it goes back to


class Work(BaseModel):
    """The compendium: the book, its package, and the day of this version's release, empty before it."""

    book: Book
    package: Package
    released: str = ""

    @property
    def names(self):
        """Names of the authors."""
        return [author.name for author in self.package.authors]

    @property
    def date(self):
        """Day of the release; before it that of the commit, and today where there is neither."""
        seconds = None if self.released else commit_time(project_root())
        return self.released or (now() if seconds is None else time.strftime("%Y-%m-%d", time.gmtime(seconds)))[:10]


def commit_time(root):
    """Time of a project's commit in s since 1970, or None outside a git checkout."""
    if code_state(root)["commit"] is None:
        return None
    command = ["git", "-C", str(root), "show", "--no-patch", "--format=%ct", "HEAD"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def read_work(root=None):
    """The work that a project's folder holds.

    root: folder, default the project's.  Raises InputError for a pyproject.toml that is missing, cut or lacks a name.
    """
    path = (root or project_root()) / SOURCE
    try:
        work = _parsed(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read {shown(path)}, which names the work ({error}): correct the file") from error
    return work.model_copy(update={"released": _release_day(path.with_name(CHANGES), work.package.version)})


@lru_cache(maxsize=2)  # every citation of a figure asks for it, some 400 in a book
def _parsed(text, path):
    """The work that the text of a pyproject.toml describes, without its release; errors as of `read_work`."""
    content = tomllib.loads(text)
    found = {"package": content.get("project", {}), "book": content.get("tool", {}).get("flarebook", {})}
    return validated(Work, found, path)


def _release_day(changes, version):
    """Day in the heading of a version in the change log, "## [0.1.0] - 2027-01-31"; "" when it has none."""
    text = changes.read_text(encoding="utf-8") if changes.is_file() else ""
    found = re.search(rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$", text, re.MULTILINE)
    return found[1] if found else ""


def check_release(work):
    """Raise InputError unless a development version has no day of release, and any other has one."""
    version = work.package.version
    if Version(version).is_devrelease == bool(work.released):
        raise InputError(
            f"version {version} and {CHANGES} disagree (released: {work.released or 'no'}): a version that ends in "
            f".dev has no section of its own there, every other has '## [{version}] - YYYY-MM-DD'"
        )


def bibtex_entry(key, root=None):
    """Entry of the bibliography as it stands there; InputError when it has none of that key."""
    path = (root or project_root()) / BIBLIOGRAPHY
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(rf"^@\w+{{{re.escape(key)},$.*?^}}$", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise InputError(f"{shown(path)} has no entry {key!r}, which {SOURCE} names: enter it")
    return found[0]
