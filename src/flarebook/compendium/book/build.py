"""Build the staged book with jupyter-book, every warning an error."""

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from flarebook.compendium.errors import InputError

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def build(source):
    """Build the HTML pages of a staged book.

    source: folder made by stage.
    Returns the folder of the pages.  Raises InputError with Sphinx's own lines when something is wrong.
    """
    source = Path(source).resolve()
    folder = source.parent
    shutil.rmtree(folder / "_build", ignore_errors=True)  # a page that is not read again would not warn again
    done = subprocess.run(_command(source, folder), capture_output=True, text=True)
    if done.returncode:
        raise InputError("the book does not build; Sphinx says:\n" + _complaints(done.stderr or done.stdout))
    return folder / "_build" / "html"


def _command(source, folder):
    """Command line of jupyter-book, strict: warnings are errors, all are listed, and every reference must resolve."""
    program = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    command = [program, "build", source, "--path-output", folder, "-q", "-W", "-n", "--keep-going"]
    return [*command, "--config", source / "_config.yml", "--toc", source / "_toc.yml"]


def _complaints(log):
    """Lines of Sphinx's log that say what is wrong, or its end when none stands out."""
    lines = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return COLOUR.sub("", "\n".join(lines or log.splitlines()[-15:]))
