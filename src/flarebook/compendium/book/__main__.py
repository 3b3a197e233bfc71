"""Stage, build and check the book of one profile: `python -m flarebook.compendium.book PROFILE [--study STUDY]`."""

import argparse
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.book.stage import stage
from flarebook.compendium.book.verify import verify
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def make_book(profile, study=None):
    """Book of a profile whose notebooks have run: stage, build, verify.

    Returns the path of its front page.  Raises InputError with everything that is wrong.
    """
    root = project_root()
    pages = build(stage(root, root / "build" / profile, study))
    problems = verify(pages)
    if problems:
        raise InputError("the built book is not in order:\n" + "\n".join(problems))
    return pages / "index.html"


def build(source):
    """Build the HTML pages of a staged book with jupyter-book, every warning an error.

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


def print_book(profile, study):
    """Make the book and print where it lies."""
    print(f"The book: {shown(make_book(profile, study))}")


def main():
    """Command line; exit code 1 and one message on standard error when the book cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m flarebook.compendium.book", description=__doc__)
    parser.add_argument("profile", help="profile whose notebooks have run, for example laptop")
    parser.add_argument("--study", default=None, help="only this study's pages")
    given = parser.parse_args()
    run_script(print_book, given.profile, given.study or None)


if __name__ == "__main__":
    main()
