"""What a command over many files says of the ones it could not use."""

import typer


def report(reasons):
    """Tell what was left out, a line each, and end with exit code 2 when there is something."""
    for reason in reasons:
        typer.secho(f"left out: {reason}", err=True, fg="red")
    if reasons:
        raise typer.Exit(2)
