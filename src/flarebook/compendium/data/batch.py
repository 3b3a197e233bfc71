"""Many files of an archive: what is here and what is to come, and fetching it by several jobs at once."""

import csv
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from multiprocessing.pool import ThreadPool
from pathlib import Path

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.data import lock
from flarebook.compendium.data.download import RESERVE, download_file, mirror_folder
from flarebook.compendium.data.hosts import Unreachable
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import cache_folder, files_below, project_root
from flarebook.compendium.validation import check_known


@dataclass(frozen=True)
class Plan:
    """Files that are wanted: which are here, which are to come, and how large those are.

    Attributes
    ----------
    here : dict
        Path of each file that is here, by its name.
    missing : list of DataFile
        Files to fetch.
    bytes_here, bytes_known : int
        Bytes of the files that are here, and of the missing ones whose size is stated.
    unknown : int
        Number of missing files whose size is not stated.
    bytes_estimated : int
        Estimate of the bytes of those, from the size of a typical file.
    """

    here: dict
    missing: list
    bytes_here: int
    bytes_known: int
    unknown: int
    bytes_estimated: int

    @property
    def bytes_to_come(self):
        """Bytes to fetch, those that are estimated among them."""
        return self.bytes_known + self.bytes_estimated

    def hours(self, rate):
        """Hours that the fetch takes at a rate in MB/s."""
        return self.bytes_to_come / (rate * 1e6) / 3600


def matches(patterns, *texts):
    """Whether one of some texts matches one of the patterns (as of a shell), or there are no patterns."""
    return not patterns or any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)


def check_parameters(parameters, known):
    """Raise InputError for the name of a parameter that an archive does not know."""
    for name in parameters:
        check_known(name, known, "the archive takes no parameter", f"it takes {', '.join(known)}")


def local_index():
    """Files in the folder FLAREBOOK_MIRROR and in the cache by their name: {name: Path}; the mirror comes first."""
    found = {}
    for root in filter(None, (cache_folder(), mirror_folder())):
        files = sorted(filter(Path.is_file, files_below(root)), reverse=True)
        found.update((path.name, path) for path in files)
    return found


def make_plan(files, typical_size=None):
    """Plan of fetching some files of the manifest or of an archive: Plan.

    files: list of manifest.DataFile; one whose name has ? or * stands for a file whose name is known in part.
    typical_size(name): bytes of a file whose size is not stated; that of its first fetch, in the lock, counts before.
    """
    index, here, missing, known, unknown = local_index(), {}, [], 0, []
    for file in files:
        if path := _found(file, index):
            here[file.name] = path
            continue
        missing.append(file)
        first = lock.recorded(file)
        size = file.size or (first and first.size)
        known += size or 0
        unknown += [file.name] if size is None else []
    bytes_here = sum(path.stat().st_size for path in here.values())
    estimated = sum(map(typical_size, unknown)) if typical_size else 0
    return Plan(here, missing, bytes_here, known, len(unknown), estimated)


def _found(file, index):
    """Path of a file that is here, or None."""
    if file.path:
        path = project_root() / file.path
        return path if path.is_file() else None
    if "?" in file.name or "*" in file.name:
        return next((path for name, path in index.items() if fnmatchcase(name, file.name)), None)
    return index.get(file.name)


def check_plan(plan):
    """Raise InputError when the disk of the cache has no room for what is to come."""
    free = shutil.disk_usage(make_folder(cache_folder())).free
    if plan.bytes_to_come + RESERVE > free:
        estimated = f" ({plan.bytes_estimated / 1e9:.3g} GB of them estimated)" if plan.bytes_estimated else ""
        raise InputError(
            f"{cache_folder()} has {free / 1e9:.3g} GB free where {plan.bytes_to_come / 1e9:.3g} GB are to come"
            f"{estimated}: make room, set FLAREBOOK_DATA to a folder on a larger disk, or fetch a part with --only"
        )


def fetch_files(files, jobs=4, check=None, report=None):
    """Fetch files into the cache by several jobs at once; yields (file, path or None, reason or "") as each ends.

    check(path): raises an error for a file that is not what it should be.  report: called with the number of bytes that
    came, and with the number by which the bytes to come turned out to be more.  Files that fail are yielded with their
    reason, and the others go on.  When the caller stops, what has come of the files under way stays for the next call.
    Raises hosts.Unreachable when a host cannot be reached: that ends the batch, for thousands would fail alike.
    """
    stopped = threading.Event()

    def fetch_one(file):
        try:
            with _counting(file, report, stopped) as progress:
                return file, download_file(file, progress, check), ""
        except Unreachable:
            raise
        except (InputError, _Stopped) as error:
            return file, None, str(error)
        except Exception as error:  # a fault of this program on one file, which must not end the others
            return file, None, f"{type(error).__name__}: {reason_of(error)}"

    with ThreadPool(jobs) as pool:
        try:
            yield from pool.imap_unordered(fetch_one, files)
        finally:
            stopped.set()


class _Stopped(BaseException):
    """The caller wants no more files."""


@contextmanager
def _counting(file, report, stopped):
    """Yield the progress function of one file, which counts into the report of all; it ends the job when stopped."""
    seen = {"have": None, "total": file.size or 0}

    def progress(have, total):
        if stopped.is_set():
            raise _Stopped
        if report:
            more = have if seen["have"] is None else have - seen["have"]
            report(more, max(total or have, seen["total"]) - seen["total"])
        seen.update(have=have, total=max(total or have, seen["total"]))

    if stopped.is_set():
        raise _Stopped
    yield progress


def write_failures(name, failures):
    """Write which files could not be fetched, and why, to failed-NAME.csv in the cache; returns its path, or None.

    failures: list of (DataFile, reason); none removes the table of an earlier fetch.
    """
    path = cache_folder() / f"failed-{name}.csv"
    if not failures:
        path.unlink(missing_ok=True)
        return None
    with atomic_write(path) as partial, open(partial, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "address", "reason"])
        writer.writerows((file.name, file.url or "", reason) for file, reason in failures)
    return path
