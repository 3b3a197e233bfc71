"""Files that are whole or absent: written under a temporary name, renamed when complete."""

import os
from contextlib import contextmanager
from pathlib import Path

from flarebook.compendium.errors import InputError


@contextmanager
def atomic_write(path):
    """Give a temporary neighbour of `path` to write to; it takes the final name only when the block succeeds.

    path: final name; its folder is made.  Yields a Path with the same suffix.
    Raises InputError when the folder cannot be written.
    """
    path = Path(path)
    make_folder(path.parent)
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    except PermissionError as error:
        raise InputError(_unwritable(path.parent, error)) from error
    finally:
        partial.unlink(missing_ok=True)


def make_folder(folder):
    """Make a folder and make sure that it can be written.

    Raises InputError when a file stands in its place or the permission is missing.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(_unwritable(folder, error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(_unwritable(folder, "read-only"))
    return folder


def _unwritable(folder, reason):
    """Sentence about a folder that takes no files."""
    reason = getattr(reason, "strerror", None) or reason
    return (
        f"cannot write into {folder} ({reason}): make it writable, "
        "or choose another folder with --output (or PROFILE= for make)"
    )
