"""Exit codes and messages of commands: skipped inputs of a batch, and scripts that stop on bad input."""

import sys
from contextlib import contextmanager

import typer

from flarebook.compendium.errors import InputError


@contextmanager
def skipping(reasons, name=""):
    """Go on after an InputError of the block: its sentence, after the input's name if given, joins the reasons."""
    try:
        yield
    except InputError as error:
        reasons.append(f"{name}: {error}" if name else str(error))


def report_skipped(reasons):
    """Print each skipped input with its reason; end with exit code 2 when there is one.

    Raises typer.Exit.
    """
    for reason in reasons:
        typer.secho(f"skipped: {reason}", err=True, fg="red")
    if reasons:
        raise typer.Exit(2)


def run_script(command, *arguments):
    """Call a command with its arguments; print an InputError as one sentence and end with exit code 1."""
    try:
        command(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
