"""The lock of fetched files: size and hash of each at its first fetch, which a later fetch must equal.

data-manifest.lock lies in the cache, beside the files, and grows by one line of JSON for each.  A copy in the project's
root holds every other machine to the same bytes; it is read before the cache's own and never written.
"""

import fcntl
import json
import os
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flarebook.compendium.atomic_files import make_folder, writing
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder, project_root, shown
from flarebook.compendium.provenance import sha256

NAME = "data-manifest.lock"


class Record(BaseModel):
    """A fetched file: its address, or its name where it has none; bytes; SHA-256; time of the first fetch (UTC)."""

    model_config = ConfigDict(extra="forbid")
    file: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    fetched: datetime


def recorded(file):
    """Record of a file at its first fetch, or None.

    file: manifest.DataFile, or an address.  Raises InputError for a lock with a line that is no record.
    """
    name = _name(file)
    with _GUARD:
        for folder in (project_root(), cache_folder()):
            if found := _ledger(folder / NAME).read().get(name):
                return found
    return None


def records():
    """Records of all files: list of Record, those of the project's copy in place of the cache's own."""
    with _GUARD:
        found = _ledger(cache_folder() / NAME).read() | _ledger(project_root() / NAME).read()
    return list(found.values())


def record(file, path, digest=None):
    """Record of a file that has just been fetched: made at the first fetch, compared at every other.

    file: manifest.DataFile, or its address (never a mirror's).  path: where it lies.  digest: its SHA-256, where known.
    Safe for threads and processes that record at once.  Raises InputError for a file of another size or hash than at
    its first fetch, or a folder that takes no files.
    """
    name, path = _name(file), Path(path)
    found = {"file": name, "size": path.stat().st_size, "sha256": digest or sha256(path)}
    if known := recorded(file):
        return _equal(known, found)
    ledger = _ledger(make_folder(cache_folder()) / NAME)
    with _GUARD, writing(ledger.path.parent), ledger.locked():
        if known := ledger.read().get(name):  # another process was faster
            return _equal(known, found)
        return ledger.append(Record(**found, fetched=datetime.now(UTC).replace(microsecond=0)))


def _name(file):
    """Key of a file: its address, or its name where it has none."""
    return file if isinstance(file, str) else file.url or file.name


def _equal(known, found):
    """Record, when what was found equals it; InputError otherwise."""
    if (known.size, known.sha256) != (found["size"], found["sha256"]):
        raise InputError(
            f"{known.file} now has {found['size']} bytes with sha256 {found['sha256'][:12]}..., where {NAME} has "
            f"{known.size} bytes with {known.sha256[:12]}... since {known.fetched:%Y-%m-%d}: the archive has changed "
            "it; to accept the new file, remove its line from the lock"
        )
    return known


_GUARD = threading.RLock()
_ledgers = {}  # {path: _Ledger}


def _ledger(path):
    """The one ledger of a path in this process."""
    return _ledgers.setdefault(str(path), _Ledger(path))


class _Ledger:
    """A file of records, of which only what is new is read: an archive has sixty thousand of them."""

    def __init__(self, path):
        self.path, self.records, self.state = path, {}, None

    def read(self):
        """Records of the file as it stands: {name: Record}.  Raises InputError for a line that is none."""
        try:
            with open(self.path, "rb") as stream:
                there = os.fstat(stream.fileno())
                if not self.state or self.state[0] != there.st_ino or self.state[1] > there.st_size:
                    self.records, self.state = {}, (there.st_ino, 0)
                stream.seek(self.state[1])
                whole = stream.read().rpartition(b"\n")[0]  # a killed process may leave half a line at the end
        except FileNotFoundError:
            self.records, self.state = {}, None
            return self.records
        for line in filter(None, whole.split(b"\n")):
            entry = self._parse(line)
            self.records[entry.file] = entry
        self.state = (there.st_ino, self.state[1] + len(whole) + bool(whole))
        return self.records

    def _parse(self, line):
        """Record of one line."""
        try:
            return Record.model_validate_json(line)
        except ValidationError as error:
            text = line[:60].decode(errors="replace")
            raise InputError(f"{shown(self.path)} has the line {text!r}, which is no record: remove it") from error

    @contextmanager
    def locked(self):
        """Hold the file for this process and thread."""
        with open(self.path, "a+b") as self.stream:
            fcntl.flock(self.stream, fcntl.LOCK_EX)
            yield

    def append(self, entry):
        """Write a record at the end, in place of half a line that a killed process left; returns it."""
        self.stream.truncate(self.state[1])
        line = json.dumps(entry.model_dump(mode="json"))
        self.stream.write(f"{line}\n".encode())
        self.stream.flush()
        self.read()
        return entry
