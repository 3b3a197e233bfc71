"""Files that are whole or absent: written under a temporary name, renamed when complete; folders of one process."""

import errno
import fcntl
import os
import re
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from flarebook.compendium.errors import InputError, Unwritable, plain

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
UNWRITABLE |= {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR}  # names that no file can have
FULL = 1 << 16  # bytes free on a disk that is full: libraries report it each in their own words
WORK, LOCK = ".partial-", ".lock"  # beginning of the names of files and folders under way; file in such a folder
LONGEST = 180  # characters of a name to which endings are added


@contextmanager
def atomic_write(path):
    """Give a temporary neighbour of `path` to write to; it takes the final name only when the block succeeds.

    path: final name; its folder is made.  Yields a Path with the same suffix.
    Raises InputError when the folder cannot be written.
    """
    path = Path(path).expanduser()
    make_folder(path.parent)
    partial = path.with_name(f"{WORK}{os.getpid()}-{threading.get_native_id()}-{path.name}")
    try:
        with writing(path.parent):
            yield partial
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writing(folder):
    """Tell in one InputError that the block could not write into `folder`: a full disk, a missing permission."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in UNWRITABLE and not _elsewhere(error, folder):
            raise Unwritable(_unwritable(folder, error)) from error
        if shutil.disk_usage(folder).free < FULL or "Not enough space on disk" in str(
            error
        ):  # astropy looks beforehand
            raise Unwritable(_unwritable(folder, os.strerror(errno.ENOSPC))) from error
        raise


def _elsewhere(error, folder):
    """Whether an error names a file outside a folder, such as one that the block was to read."""
    place = getattr(error, "filename", None)
    return isinstance(place, str) and not Path(place).absolute().is_relative_to(Path(folder).absolute())


@contextmanager
def own_folder(path, wait=0.0, keep=False):
    """Give an empty folder beside `path` that no other process has, .partial-<name>; it is removed in the end.

    So is the folder of `path`, when it was made for this and stays empty.

    wait: s to wait for another process that has it.  What a killed process left in it is removed, for a lock ends with
    its process.  keep: whether what lies in it stays instead, before and after, for the block to go on with or remove.
    Raises InputError when the other process does not finish, or the place cannot be written.
    """
    folder, until = work_folder(path), time.monotonic() + wait
    is_new = not folder.parent.exists()
    while (lock := _locked(folder)) is None:
        if time.monotonic() > until:
            raise InputError(f"another process is writing {path}: wait for its end, or choose another place")
        time.sleep(0.1)
    try:
        if not keep:
            empty(folder)
        with writing(folder):
            yield folder
    finally:
        if not keep:
            empty(folder)
        with suppress(OSError):  # another process may wait for it
            (folder / LOCK).unlink()
            folder.rmdir()
            if is_new:  # and still empty, because the block failed
                folder.parent.rmdir()
        os.close(lock)


@contextmanager
def atomic_files(folder):
    """Give a folder of its own to write several files to; they take their places in `folder` when the block succeeds.

    folder: is made, and keeps what else it holds.  Raises InputError as `own_folder` does.
    """
    with own_folder(Path(folder) / "files") as partial:
        yield partial
        for path in sorted(partial.iterdir()):
            if path.name != LOCK:
                os.replace(path, Path(folder) / path.name)


def work_folder(path):
    """Folder beside `path` in which its file is made by `own_folder`."""
    return Path(path).with_name(f"{WORK}{Path(path).name}")


def remove_stale(folder):
    """Remove the folders of `own_folder` that killed processes left in a folder; those in use stay."""
    for left in [lock.parent for lock in Path(folder).glob(f"{WORK}*/{LOCK}")]:
        with suppress(InputError), own_folder(left.with_name(left.name.removeprefix(WORK))):
            pass  # which empties and removes it


def in_use(folder):
    """Whether a living process has the lock of a folder of `own_folder`."""
    try:
        with open(folder / LOCK, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no lock, so nobody has it
        return False
    return False


def _locked(folder):
    """Descriptor of the locked file in a folder, which is made; None when another process has it."""
    make_folder(folder.parent)
    try:
        with writing(folder.parent):
            with suppress(FileExistsError):
                folder.mkdir()
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
    except FileNotFoundError:  # the process that had it has just removed it
        return None
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink:
            return lock
    os.close(lock)
    return None


def empty(folder):
    """Remove what lies in a folder but its lock."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def make_folder(folder):
    """Make a folder and make sure that it can be written.

    Raises InputError when a file stands in its place or the permission is missing.
    """
    folder = Path(folder).expanduser()  # a shell leaves --out=~/x as it is
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unwritable(_unwritable(folder, error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unwritable(_unwritable(folder, "read-only"))
    return folder


def free_stem(path, taken):
    """File name without its suffix and control characters, numbered when an earlier input has it: str.

    taken: set of the names in use, extended.
    """
    name = stem = re.sub(r"\.(tar\.gz|fits\.gz|[^.]*)$", "", plain(Path(path).name))[:LONGEST] or "input"
    number = 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    return name


def _unwritable(folder, reason):
    """Sentence about a folder that takes no files, or about a folder in the place of a file."""
    if getattr(reason, "errno", None) == errno.EISDIR:
        place = getattr(reason, "filename2", None) or getattr(reason, "filename", None) or folder
        return f"{place} is a folder: choose another name for the file, or remove the folder"
    reason = getattr(reason, "strerror", None) or reason
    return (
        f"cannot write into {folder} ({reason}): make room or make it writable, "
        "or choose another folder: --out or --output, PROFILE= for make, FLAREBOOK_DATA for the cache"
    )
