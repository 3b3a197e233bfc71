"""Build the staged book with jupyter-book, every warning an error."""

import subprocess
import sysconfig
from pathlib import Path

from flarebook.compendium.errors import InputError


def build(source, strict=True):
    """Build the HTML pages of a staged book.

    source: folder made by stage.  strict: turn warnings into errors.
    Returns the folder of the pages.  Raises InputError with Sphinx's own lines when something is wrong.
    """
    source = Path(source).resolve()
    folder = source.parent
    done = subprocess.run(_command(source, folder, strict), capture_output=True, text=True)
    if done.returncode:
        raise InputError("the book does not build; Sphinx says:\n" + _complaints(done.stderr or done.stdout))
    return folder / "_build" / "html"


def _command(source, folder, strict):
    """Command line of jupyter-book; the contents need an absolute path."""
    program = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    command = [program, "build", source, "--path-output", folder, "-q"]
    command += ["--config", source / "_config.yml", "--toc", source / "_toc.yml"]
    return [*command, "-W", "-n", "--keep-going"] if strict else command


def _complaints(log):
    """Lines of Sphinx's log that say what is wrong, or its end when none stands out."""
    lines = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return "\n".join(lines or log.splitlines()[-15:])
