"""Get a file once: from a mirror, the cache or the network; it is checked before it takes its name.

What has come of a file stays in the folder .partial-NAME beside its place, with a record of which file it is, until the
file is whole: an interrupted or killed download goes on where it ended, in whatever process.
"""

import errno
import fnmatch
import json
import os
import shutil
from pathlib import Path

from flarebook.compendium.atomic_files import empty, own_folder
from flarebook.compendium.data import lock
from flarebook.compendium.data.hosts import NotAsked, Unreachable, check_way, is_local, mirror_address
from flarebook.compendium.data.manifest import DataFile, page_of
from flarebook.compendium.data.reading import FITS, IMAGE_BYTES
from flarebook.compendium.data.transfer import LIMIT, RESERVE, HashingFile, WrongFile, transfer
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import cache_folder, files_below, project_root, shown
from flarebook.compendium.provenance import sha256

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PATIENCE = 3600.0  # s to wait for another process that downloads the same file
RECORD = "part.json"  # beside a part: its address, the mark of the file on the server, its size
BEGINNINGS = {".fits": FITS, ".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b", ".zip": b"PK"}
PAGE_ENDINGS, PAGE_BEGINNINGS = (".html", ".htm"), (b"<!doctype html", b"<html")


class DiskFull(InputError):
    """There is no room for what is to come, from whatever address."""


def mirror_folder():
    """Folder of FLAREBOOK_MIRROR, searched before all else; None when unset or an address, InputError for no folder."""
    mirror = os.environ.get("FLAREBOOK_MIRROR")
    if not mirror or mirror_address():
        return None
    if not Path(mirror).is_dir():
        raise InputError(f"FLAREBOOK_MIRROR is {mirror}, which is no folder: make it, or unset FLAREBOOK_MIRROR")
    return Path(mirror)


def local_files(pattern):
    """Yield the files of a name or glob pattern below the folder FLAREBOOK_MIRROR, then those in the cache."""
    for folder in filter(None, (mirror_folder(), cache_folder())):
        yield from _files_below(folder, pattern)


def _files_below(folder, pattern):
    """Files of a name or glob pattern below a folder, sorted."""
    return iter(sorted(path for path in files_below(folder) if fnmatch.fnmatch(path.name, pattern)))


def in_mirror(name):
    """First file of that name anywhere in the folder FLAREBOOK_MIRROR; None when unset or absent."""
    mirror = mirror_folder()
    return next(_files_below(mirror, name), None) if mirror else None


def check_hash(path, expected, advice):
    """Path, when its SHA-256 is the expected one (None: unknown, accepted); InputError otherwise."""
    found = sha256(path) if expected else None
    if found != expected:
        raise InputError(
            f"{shown(path)} has sha256 {found[:12]}... where {expected[:12]}... is expected: it has changed; {advice}"
        )
    return path


def shipped(file):
    """Path of a manifest's file that ships with the project, its hash checked.

    file: manifest.DataFile.  Raises InputError when it is missing or was changed.
    """
    path = project_root() / file.path
    if not path.is_file():
        raise InputError(f"{file.path} is missing from the project: restore it with `git checkout -- {file.path}`")
    return check_hash(path, file.sha256, f"restore it with `git checkout -- {file.path}`")


def locate(file):
    """Where a manifest's file is now: ("ships" | "mirror" | "cached" | "absent", path or None); no hash is read."""
    if file.path:
        path = project_root() / file.path
        return ("ships", path) if path.is_file() else ("absent", None)
    if mirrored := in_mirror(file.name):
        return "mirror", mirrored
    path = cache_place(file)
    return ("cached", path) if path.is_file() else ("absent", None)


def cache_place(file, folder=None):
    """Path of a file in a folder, by default the cache, where it may lie in a folder that `saved_as` names."""
    return Path(folder) / file.name if folder else cache_folder() / (file.saved_as or file.name)


def archive_file(url, mirrors=(), saved_as=None):
    """File of an archive at an address that the package makes: DataFile; InputError for one that is not safe."""
    check_way(url)
    return DataFile(url=url, mirrors=list(mirrors), saved_as=saved_as)


def fetch(file, progress=None, check=None, folder=None):
    """Path of a file: shipped, mirrored, cached or now downloaded; its hash is checked in each case.

    file: manifest.DataFile, whose mirrors are asked in turn where its own address fails.  folder: where it lies in
    place of the cache.  progress, check: as of `download`.
    Raises InputError for a wrong hash, no address, no network.
    """
    if file.path:
        return shipped(file)
    if mirrored := in_mirror(file.name):
        return check_hash(mirrored, file.sha256, "replace the mirror's copy")
    target = cache_place(file, folder)
    if target.is_file():
        return check_hash(target, file.sha256, "delete it and fetch it again")
    return download_file(file, progress, check, folder)


def download_file(file, progress=None, check=None, folder=None):
    """Path of a file in a folder, by default the cache, downloaded unless it is there; InputError as of `download`."""
    if not file.url:
        remedy = f"get it from {page_of(file)}, and let FLAREBOOK_MIRROR name its folder"
        raise InputError(f"{file.name} has no address of its own: {remedy}")
    limit = LIMIT if file.name.endswith((".tar.gz", ".tgz", ".tar")) else IMAGE_BYTES
    options = {"check": check, "size": file.size, "progress": progress, "limit": limit}
    return download([file.url, *file.mirrors], cache_place(file, folder), file.sha256, **options)


def download(urls, target, expected=None, check=None, size=None, progress=None, limit=LIMIT):
    """Download to `target`, which takes its name only when whole and right; returns `target`.

    urls: addresses of the file, tried in their order, that of a part which is here first.  expected: SHA-256 or None.
    check(path): raises an error for a file that is not what it should be.  size: bytes, or None.  Where hash or size
    are not given, those of the first fetch of the first address hold, which the lock records.
    progress: called with (bytes so far, bytes in all or None).  limit: most bytes, where no size is known.
    Another process that downloads the same file is waited for, and its file returned.  A part that came stays, for the
    next call to go on with; one of a file that is wrong does not.
    Raises InputError when the servers refuse or cannot be reached, the file is wrong, or the folder takes no files.
    """
    target = Path(target)
    with own_folder(target, PATIENCE, keep=True) as folder:
        part = _Part(folder, target.name)
        try:
            if not target.is_file():
                wanted = _Wanted(urls, expected, size, check, limit, progress)
                _fill(part, wanted)
                os.replace(part.path, target)
        finally:
            if target.is_file() or not part.can_go_on:
                part.remove()
    return target


class _Wanted:
    """What is to be fetched, and how it is known to be right."""

    def __init__(self, urls, expected, size, check, limit, progress):
        self.urls, self.expected, self.check = urls, expected, check
        self.key = None if is_local(urls[0]) else urls[0]  # what this machine serves itself is no archive's file
        first = self.key and lock.recorded(self.key)
        self.size = size or (first and first.size)
        self.options = {"size": self.size, "limit": limit, "progress": progress, "hashed": bool(expected or first)}
        self.remedy = f"; to accept the new file, remove its line from {lock.NAME}" if first and not expected else ""


def _fill(part, wanted):
    """Let a part become the whole file, from the first address that sends it; InputError when none does."""
    reasons = []
    for url in sorted(wanted.urls, key=lambda url: url != part.url):
        try:
            return _fill_from(url, part, wanted)
        except DiskFull:
            raise
        except WrongFile as error:
            part.remove()
            reasons.append(error)
        except InputError as error:
            reasons.append(error)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise DiskFull(f"the disk of {part.target} is full: {part.kept()}; make room and try again") from error
    reasons = [reason for reason in reasons if not isinstance(reason, NotAsked)] or reasons
    first, *others = reasons
    if others and not all(isinstance(reason, Unreachable) for reason in reasons):
        raise InputError(f"none of {len(reasons)} addresses sends {part.path.name}; first: {first}") from first
    raise first


def _fill_from(url, part, wanted):
    """Transfer what is missing of a part from one address, check the whole, and record it in the lock."""
    if part.url != url:
        part.remove()
    part.url = url
    with part.open() as stream:
        try:
            if not part.is_whole:
                transfer(url, stream, part=part, **wanted.options)
        except WrongFile as error:
            raise WrongFile(f"{error}{wanted.remedy}") from error
        digest = stream.hash.hexdigest()
    if wanted.expected and digest != wanted.expected:
        raise WrongFile(f"{url} sent a file with another sha256 than {wanted.expected[:12]}...: nothing was kept")
    _check_beginning(url, part.path)
    if wanted.check:
        _check(url, wanted.check, part.path)
    if wanted.key:
        try:
            lock.record(wanted.key, part.path, digest)
        except InputError as error:
            raise WrongFile(str(error)) from error


class _Part:
    """What has come of a file, and the record of which file it is; see `transfer`."""

    def __init__(self, folder, name):
        self.path, self.record, self.target = folder / name, folder / RECORD, folder.parent
        self.url = self.tag = self.total = None
        try:
            known = json.loads(self.record.read_text(encoding="utf-8"))
            self.url, self.tag, self.total = known["url"], known["tag"], known["total"]
        except (OSError, ValueError, KeyError, TypeError):  # no record: a part of nobody knows what
            self.remove()
        if self.total and self.size > self.total:
            self.remove()

    @property
    def size(self):
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def can_go_on(self):
        """Whether the next transfer can go on with what is here."""
        return bool(self.tag and self.size)

    @property
    def is_whole(self):
        """Whether all bytes are here, as when a process ends before it gives the file its name."""
        return self.can_go_on and self.size == self.total

    def open(self):
        """Open the part for writing, at its end; InputError when the disk has no room for the rest."""
        check_room(self.target, (self.total or 0) - self.size)
        return HashingFile(self.path)

    def begin(self, tag, total):
        """Record which file begins, before its first byte is written; InputError when the disk has no room for it.

        A record that a kill cuts in half is none, so it needs no other name until it is whole.
        """
        check_room(self.target, total or 0)
        self.tag, self.total = tag, total
        self.record.write_text(json.dumps({"url": self.url, "tag": tag, "total": total}), encoding="utf-8")

    def remove(self):
        """Forget the part, its record, and what else a killed process left beside it."""
        empty(self.path.parent)
        self.url = self.tag = self.total = None

    def kept(self):
        """What is kept of the file, in words."""
        return f"{self.size} bytes of {self.path.name} are kept" if self.can_go_on else f"{self.path.name} did not fit"


def check_room(folder, needed):
    """Raise DiskFull when a folder's disk has less room than `needed` bytes and a reserve."""
    free = shutil.disk_usage(folder).free
    if needed + RESERVE > free:
        raise DiskFull(
            f"{shown(Path(folder))} has {free:.3g} bytes free where {needed:.3g} are to come: make room, "
            "or set FLAREBOOK_DATA to a folder on a larger disk"
        )


def _check_beginning(url, path):
    """Raise WrongFile for a web page in place of a file, and for a file that does not begin as its ending promises."""
    with open(path, "rb") as stream:
        first = stream.read(64)
    if first.lstrip().lower().startswith(PAGE_BEGINNINGS) and not path.name.endswith(PAGE_ENDINGS):
        raise WrongFile(f"{url} sent no usable file (a web page): nothing was kept; try later")
    expected = BEGINNINGS.get(path.suffix, b"")
    if not first.startswith(expected):
        reason = f"it begins with {first[:8]!r}, not with {expected!r}"
        raise WrongFile(f"{url} sent no usable file ({reason}): nothing was kept; try later")


def _check(url, check, part):
    """Raise WrongFile when a downloaded file is not what it should be."""
    try:
        check(part)
    except Exception as error:  # libraries pass on what their decompressors and converters raise
        raise WrongFile(f"{url} sent no usable file ({reason_of(error)}): nothing was kept; try later") from error
