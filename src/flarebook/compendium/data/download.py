"""Get a file once: from a mirror folder, the cache or the network; it is checked before it takes its name."""

import os
from pathlib import Path

from flarebook.compendium.atomic_files import make_folder, own_folder
from flarebook.compendium.data.reading import IMAGE_BYTES
from flarebook.compendium.data.transfer import mirror_address, transfer
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import cache_folder, project_root, shown
from flarebook.compendium.provenance import sha256

PATIENCE = 3600.0  # s to wait for another process that downloads the same file


def mirror_folder():
    """Folder of FLAREBOOK_MIRROR, searched before any download; None when unset, or when it is an address."""
    mirror = os.environ.get("FLAREBOOK_MIRROR")
    return Path(mirror) if mirror and not mirror_address() else None


def local_files(pattern):
    """Yield the files of a name or glob pattern below the folder FLAREBOOK_MIRROR, then those in the cache."""
    for folder in filter(None, (mirror_folder(), cache_folder())):
        yield from (path for path in sorted(folder.rglob(pattern)) if path.is_file() and not _in_work(path))


def _in_work(path):
    """Whether a file lies in the folder of a download that is under way, or was killed."""
    return path.parent.name.startswith(".partial-")


def in_mirror(name):
    """First file of that name anywhere in the folder FLAREBOOK_MIRROR; None when unset or absent."""
    mirror = mirror_folder()
    paths = sorted(mirror.rglob(name)) if mirror else []
    return next((path for path in paths if path.is_file() and not _in_work(path)), None)


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
    path = cache_folder() / file.name
    return ("cached", path) if path.is_file() else ("absent", None)


def fetch(file, progress=None):
    """Path of a manifest's file: shipped, mirrored, cached or now downloaded; its hash is checked in each case.

    file: manifest.DataFile.  progress: called with (bytes so far, bytes in all or None).
    Raises InputError for a wrong hash, no address, no network.
    """
    if file.path:
        return shipped(file)
    if mirrored := in_mirror(file.name):
        return check_hash(mirrored, file.sha256, "replace the mirror's copy")
    target = make_folder(cache_folder()) / file.name
    if target.is_file():
        return check_hash(target, file.sha256, "delete it and fetch it again")
    return download(file.url, target, file.sha256, size=file.size, progress=progress)


def fetch_url(url, check, folder=None, progress=None, limit=IMAGE_BYTES):
    """Path of an archive's file: from the mirror, from `folder` (default: the cache), or now downloaded into it.

    check, limit, progress: as of `download`.  Raises InputError without a network, and for an answer that is missing
    or fails the check.
    """
    name = url.rsplit("/", 1)[1]
    target = Path(folder or cache_folder()) / name
    found = in_mirror(name) or (target if target.is_file() else None)
    return found or download(url, target, check=check, limit=limit, progress=progress)


def download(url, target, expected=None, check=None, size=None, progress=None, **limit):
    """Download to `target`, which takes its name only when whole and right; returns `target`.

    expected: SHA-256 or None.  check(path): raises an error for a file that is not what it should be.  size: bytes, or
    None.  progress: called with (bytes so far, bytes in all or None).  limit: most bytes, where no size is known.
    Another process that downloads the same file is waited for, and its file returned.
    Raises InputError when the server refuses or cannot be reached, the file is wrong, or the folder takes no files.
    """
    target = Path(target)
    with own_folder(target, PATIENCE) as folder:
        if target.is_file():
            return target
        part = folder / target.name
        with open(part, "w+b") as stream:
            transfer(url, stream, size=size, progress=progress, **limit)
        if expected and sha256(part) != expected:
            raise InputError(f"{url} sent a file with another sha256 than {expected[:12]}...: nothing was kept")
        if check:
            _check(url, check, part)
        os.replace(part, target)
    return target


def _check(url, check, part):
    """Raise InputError when a downloaded file is not what it should be."""
    try:
        check(part)
    except Exception as error:  # libraries pass on what their decompressors and converters raise
        raise InputError(f"{url} sent no usable file ({reason_of(error)}): nothing was kept; try later") from error
