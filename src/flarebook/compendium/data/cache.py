"""What lies in the cache beside whole files: listings with their age, parts of downloads, files that nothing names."""

import hashlib
import json
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from flarebook.compendium.atomic_files import WORK, atomic_write, in_use, own_folder
from flarebook.compendium.data import lock
from flarebook.compendium.data.batch import local_index
from flarebook.compendium.data.download import RECORD, mirror_folder
from flarebook.compendium.data.hosts import FOLDER as HOSTS
from flarebook.compendium.data.hosts import mirrored
from flarebook.compendium.data.manifest import read_manifest
from flarebook.compendium.data.transfer import read_page
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.compendium.project import cache_folder, files_below, project_root
from flarebook.compendium.provenance import sha256

DAY = 86400.0  # s
LISTINGS = "listings"  # folder in the cache
OWN = (lock.NAME, "failed-*.csv", f"{LISTINGS}/*", f"{HOSTS}/*")  # of the cache itself


def read_listing(url, form=None, max_age=30 * DAY, check=None):
    """Text of a listing, or of the answer to a query, from the cache while it is young: str.

    form: {name: text} to send by POST.  max_age: s.  check(text): raises InputError for an answer that is none, which
    is not kept.  An older listing is used, with a MetadataWarning that tells its age, where the archive cannot be
    reached.
    Raises InputError without either.
    """
    place, kept = _listing_place(url, form), _kept_listing(url, form)
    age = time.time() - kept["time"] if kept else float("inf")
    if 0 <= age < max_age:
        return kept["text"]
    try:
        text = read_page(url, form)
    except InputError as error:
        if not kept:
            raise
        message = f"the listing {url} is {age / DAY:.0f} days old and cannot be renewed now ({error})"
        warnings.warn(message, MetadataWarning, stacklevel=2)
        return kept["text"]
    if check:
        check(text)
    with atomic_write(place) as partial:
        content = {"url": url, "form": form, "time": time.time(), "text": text}
        partial.write_text(json.dumps(content), encoding="utf-8")
    return text


def cached_listing(url, form=None):
    """Text of a listing in the cache, however old; None without one."""
    kept = _kept_listing(url, form)
    return kept and kept["text"]


def _listing_place(url, form):
    """Path of a listing in the cache."""
    key = json.dumps([mirrored(url), form], sort_keys=True)
    return cache_folder() / LISTINGS / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _kept_listing(url, form):
    """A listing in the cache: {"time", "text", ...}; None without one, or for a file that is none."""
    try:
        kept = json.loads(_listing_place(url, form).read_text(encoding="utf-8"))
        return kept if isinstance(kept["text"], str) and isinstance(kept["time"], float) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def listing_ages():
    """Ages of the listings in the cache, s: list of float."""
    now = time.time()
    return [now - path.stat().st_mtime for path in (cache_folder() / LISTINGS).glob("*.json")]


@dataclass(frozen=True)
class Part:
    """What has come of a file: its folder, name, bytes, bytes in all or None, whether a process is at it."""

    folder: Path
    name: str
    size: int
    total: int | None
    alive: bool

    @property
    def state(self):
        """In words."""
        return "under way" if self.alive else "stopped; the next fetch goes on with it"


def parts_of_downloads():
    """Parts of downloads in the cache, those of dead processes too: list of Part."""
    return [_part(folder) for folder in sorted(cache_folder().rglob(f"{WORK}*")) if folder.is_dir()]


def _part(folder):
    """Part in one folder."""
    name = folder.name.removeprefix(WORK)
    try:
        total = json.loads((folder / RECORD).read_text(encoding="utf-8"))["total"]
    except (OSError, ValueError, KeyError, TypeError):
        total = None
    path = folder / name
    return Part(folder, name, path.stat().st_size if path.is_file() else 0, total, in_use(folder))


def expected_hashes():
    """Hashes by the names of files: {name: {sha256}}, more than one where several files have the name.

    They are those of the manifest, and of the lock for files that are fetched without a hash in the manifest.
    """
    files = [file for data in read_manifest().values() for file in data.files if file.sha256]
    pairs, fetched = [(file.name, file.sha256) for file in files], {file.name for file in files if not file.path}
    pairs += [(name, entry.sha256) for entry in lock.records() if (name := Path(entry.file).name) not in fetched]
    hashes = defaultdict(set)
    for name, digest in pairs:
        hashes[name].add(digest)
    return hashes


def local_data():
    """Files in the folder FLAREBOOK_MIRROR and in the cache, without those of the cache itself: list of Path."""
    own = _own_files(cache_folder())
    return [path for path in local_index().values() if path not in own]


def _own_files(cache):
    """Files that the cache keeps for itself."""
    return {path for pattern in OWN for path in cache.glob(pattern)}


def verify_files(track=iter):
    """Compare all that is here with the hashes of manifest and lock; nothing is deleted.

    track: makes an iterable one whose progress is shown.  Returns (number of right files, [Path of each wrong one],
    number of files without a known hash).
    """
    hashes = _expected_here()
    right, wrong, unknown = 0, [], 0
    for path in track(list(hashes)):
        expected = hashes[path]
        if expected is None:
            unknown += 1
        elif sha256(path) in expected:
            right += 1
        else:
            wrong.append(path)
    return right, wrong, unknown


def _expected_here():
    """Hashes of the files of the mirror and the cache by their names, and of each that ships: {Path: {sha256} or None}.

    A file that ships is compared with its own hash alone, though another may have its name in another folder.
    """
    hashes = expected_hashes()
    found = {path: hashes.get(path.name) for path in local_data()}
    ships = [file for data in read_manifest().values() for file in data.files if file.path]
    found |= {project_root() / file.path: {file.sha256} if file.sha256 else None for file in ships}
    return {path: expected for path, expected in found.items() if path.is_file()}


@dataclass(frozen=True)
class Waste:
    """A file or folder of the cache that may go: its path, bytes, and why."""

    path: Path
    size: int
    reason: str

    def remove(self):
        """Remove it; InputError for a part that a process has taken up since."""
        if not self.path.is_dir():
            return self.path.unlink(missing_ok=True)
        with own_folder(self.path.with_name(self.path.name.removeprefix(WORK))):
            pass  # which empties it and removes it in the end


def find_waste(names, track=iter):
    """Parts of dead processes, and cached files that no entry names or that fail their hash: list of Waste.

    names: function of a file's name that says whether an archive of a study gives such names.  The mirror is not looked
    at, even where it lies in the cache.  Raises InputError when the cache holds the project or the user's home.
    """
    cache = cache_folder().resolve()
    if any(place.resolve().is_relative_to(cache) for place in (project_root(), Path.home())):
        raise InputError(f"{cache} holds more than downloads: set FLAREBOOK_DATA to a folder of its own")
    waste = [Waste(part.folder, part.size, "part of a download that stopped") for part in _dead_parts()]
    hashes = expected_hashes()
    for path in track(_cached_files(cache)):
        expected, size = hashes.get(path.name), path.stat().st_size
        if path.name.startswith(WORK):
            waste.append(Waste(path, size, "begun by a process that has ended"))
        elif expected and sha256(path) not in expected:
            waste.append(Waste(path, size, "fails its hash"))
        elif not expected and not names(path.name):
            waste.append(Waste(path, size, "named by no entry"))
    return waste


def _dead_parts():
    """Parts of downloads that no living process works at, outside the mirror."""
    return [part for part in parts_of_downloads() if not part.alive and not _mirrored_file(part.folder)]


def _cached_files(cache):
    """Files of the cache but its own, those in parts, those that a living process writes, and the mirror's."""
    own = _own_files(cache)
    files = [path for path in sorted(filter(Path.is_file, files_below(cache))) if path not in own]
    return [path for path in files if not _mirrored_file(path) and not _being_written(path)]


def _mirrored_file(path):
    """Whether a path lies in the folder FLAREBOOK_MIRROR."""
    mirror = mirror_folder()
    return bool(mirror) and path.resolve().is_relative_to(mirror.resolve())


def _being_written(path):
    """Whether a temporary file, .partial-PID-NAME, is one of a living process."""
    pid = path.name.removeprefix(WORK).partition("-")[0]
    return path.name.startswith(WORK) and pid.isdigit() and Path("/proc", pid).exists()
