"""What a command over many files says of the ones it could not use."""

import sys

import typer

from flarebook.compendium.errors import InputError


def report(reasons):
    """Tell what was left out, a line each, and end with exit code 2 when there is something."""
    for reason in reasons:
        typer.secho(f"left out: {reason}", err=True, fg="red")
    if reasons:
        raise typer.Exit(2)


def run_script(command, *arguments):
    """Call a command with its arguments; an InputError is told in one sentence and ends with exit code 1."""
    try:
        command(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
