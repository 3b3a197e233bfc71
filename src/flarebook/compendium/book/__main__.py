"""Stage, build and check the book of one profile: `python -m flarebook.compendium.book PROFILE [--study STUDY]`."""

import argparse

from flarebook.compendium.batch_report import run_script
from flarebook.compendium.book.build import build
from flarebook.compendium.book.stage import stage
from flarebook.compendium.book.verify import verify
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown


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
