"""The code that made a figure: the project's folder where it holds that very commit, or else a checkout of it."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import code_state


@contextlib.contextmanager
def code_of(record, here=False):
    """Give a folder with the code that a figure's record names; a temporary checkout is removed afterwards.

    record: with commit and dirty.  here: the code as it lies in the project's folder, whatever the record names.
    Yields the project's folder where its commit is the recorded one and nothing is changed, else a `git worktree` of
    that commit.
    Raises InputError when no commit holds the code, or the commit cannot be checked out.
    """
    root = project_root()
    commit, state = None if here else recorded_commit(record), code_state(root)
    if here or state == {"commit": commit, "dirty": False}:
        yield root
        return
    if state["commit"] is None:
        raise InputError(
            f"{root} is no git checkout, so that commit {commit[:10]} of figure {record['id']} cannot be checked out: "
            "use a clone of the project, or --here for the code as it lies here"
        )
    with tempfile.TemporaryDirectory(prefix="flarebook-") as folder:
        copy = Path(folder) / "code"
        try:
            _git(root, "worktree", "add", "--detach", "--force", str(copy), commit)
            yield copy
        finally:
            shutil.rmtree(copy, ignore_errors=True)  # git forgets one that was stopped half-way only when it is gone
            forget = ["git", "-C", str(root), "worktree", "remove", "--force", "--force", str(copy)]
            subprocess.run(forget, capture_output=True)


def recorded_commit(record):
    """Commit that holds the code of a figure.  Raises InputError when its record names none, or code changed since."""
    if not record["commit"]:
        raise InputError(
            f"the record of figure {record['id']} names no commit: it was made outside a git checkout; use --here to "
            "compare it with what the code makes as it lies here"
        )
    if record["dirty"]:
        raise InputError(
            f"figure {record['id']} was made from code changed since commit {record['commit'][:10]}, which no commit "
            "holds: run its notebook again from a clean tree, or use --here for the code as it lies here"
        )
    return record["commit"]


def _git(root, *arguments):
    """Run one git command.  Raises InputError that gives its complaint."""
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise InputError(
            f"git {arguments[0]} {arguments[1]} failed for {arguments[-1][:10]} ({reason_of(lines[-1])}): fetch that "
            "commit (git fetch --all, or --unshallow in a shallow clone), or use --here for the code as it lies here"
        )
