"""Get a file once: from a mirror folder, the cache or the network; resumed when cut, checked by its hash."""

import os
import time
from functools import cached_property
from pathlib import Path

import platformdirs
import pooch
import requests

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import sha256

TRIES, PAUSE, CHUNK = 4, 1.0, 1 << 16  # a broken connection loses the chunk it was in
BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
OFFLINE = "connect to the network, or set FLAREBOOK_MIRROR to a folder that holds the file"


def cache_folder():
    """Folder of downloaded files: FLAREBOOK_DATA, or the user's cache."""
    return Path(os.environ.get("FLAREBOOK_DATA") or platformdirs.user_cache_dir("flarebook"))


def local_files(pattern):
    """Yield the files of a name or glob pattern below the folder FLAREBOOK_MIRROR, then those in the cache."""
    for folder in filter(None, (os.environ.get("FLAREBOOK_MIRROR"), cache_folder())):
        yield from (path for path in sorted(Path(folder).rglob(pattern)) if path.is_file())


def in_mirror(name):
    """First file of that name anywhere in the folder FLAREBOOK_MIRROR; None when unset or absent."""
    mirror = os.environ.get("FLAREBOOK_MIRROR")
    paths = sorted(Path(mirror).rglob(name)) if mirror else []
    return next((path for path in paths if path.is_file()), None)


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
    return download(file.url, target, file.sha256, progress)


def answers(host, timeout=10.0):
    """Return whether a server answers a request at all within `timeout` seconds."""
    try:
        requests.head(host, timeout=timeout)
    except requests.RequestException:
        return False
    return True


class Fetcher:
    """Fetch files of one archive: mirror, then folder, then network, each read once before it is kept.

    Asks only once whether the archive answers: a hundred files without a network would wait for as many time-outs.
    """

    def __init__(self, host, read, content):
        """Set the archive's address, the function that reads a file, and what a file holds, for messages."""
        self.host, self.read, self.content = host, read, content

    def __call__(self, url, folder=None, progress=None):
        """Path of a file, downloaded into `folder` (default: the cache) where no copy is found.

        Raises InputError without a network, and for an answer that is missing or cannot be read.
        """
        name = url.rsplit("/", 1)[1]
        target = Path(folder or cache_folder()) / name
        if found := in_mirror(name) or (target if target.is_file() else None):
            return found
        if not self._reachable:
            raise InputError(f"cannot fetch {url}: {OFFLINE}")
        download(url, target, None, progress)
        try:
            self.read(target)
        except InputError as error:
            target.unlink()
            raise InputError(f"{url} sent no {self.content} ({error}): nothing was kept; try later") from error
        return target

    @cached_property
    def _reachable(self):
        """Whether the archive's server answers."""
        return answers(self.host)


def download(url, target, expected=None, progress=None, pause=PAUSE):
    """Download to `target` by pooch, going on where an earlier attempt stopped; returns `target`.

    expected: SHA-256 or None.  The file grows as <target>.part and takes its name only when whole and right.
    Raises InputError when the server refuses, is out of reach after several tries, or the hash is wrong.
    """
    target = Path(target)
    part = target.with_name(target.name + ".part")
    make_folder(target.parent)

    def resumed(url, output_file, _):
        if not expected:
            part.unlink(missing_ok=True)  # without a hash, two halves of different files would go unseen
        _persist(url, part, progress, pause)
        os.replace(part, output_file)

    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(url, expected, fname=target.name, path=target.parent, downloader=resumed)
    except InputError:
        raise
    except ValueError as error:  # pooch's word for a wrong hash; it has removed the file
        raise InputError(f"{url} sent a file with another sha256 than {expected[:12]}...: nothing was kept") from error
    return target


def _persist(url, part, progress, pause):
    """Append to `part` until it is whole; gives up after several tries in a row that brought nothing."""
    failed = 0
    while True:
        have = _size(part)
        try:
            return _append(url, part, progress)
        except BROKEN as error:
            failed = 0 if _size(part) > have else failed + 1
            if failed == TRIES:
                raise InputError(f"cannot fetch {url} in {TRIES} tries ({_short(error)}): {OFFLINE}") from error
            time.sleep(pause * 2**failed)


def _size(path):
    """Bytes of a file; 0 when there is none."""
    return path.stat().st_size if path.is_file() else 0


def _append(url, part, progress):
    """Request what `part` still lacks and append it; start anew when the server knows no ranges."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        if answer.status_code == 416:  # nothing is left to send
            return
        _refuse(url, answer)
        have = have if answer.status_code == 206 else 0
        total = have + int(answer.headers.get("Content-Length") or 0) or None
        with open(part, "ab" if have else "wb") as stream:
            for chunk in answer.iter_content(CHUNK):
                have += stream.write(chunk)
                if progress:
                    progress(have, total)


def _refuse(url, answer):
    """InputError for an answer that brings no file; a server in trouble is tried again."""
    if answer.status_code >= 500:
        raise requests.ConnectionError(f"the server answers {answer.status_code}")
    if answer.status_code >= 400:
        raise InputError(f"{url} is not there (the server answers {answer.status_code}): check the address")


def _short(error):
    """Reason of a failed request in a few words."""
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    reason = reason.args[0] if getattr(reason, "args", None) else reason
    return " ".join(str(reason).split()).split(">: ")[-1][:200]
