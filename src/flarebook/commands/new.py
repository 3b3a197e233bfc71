"""The command that begins a study."""

from typing import Annotated

import typer

from flarebook.compendium.batch_report import print_line

app = typer.Typer(no_args_is_help=True, help="A new study, complete enough to pass the tests.")
NEXT = """`make test FAST=1` tests it, `make book PROFILE=ci STUDY={name}` runs and shows it.
CONTRIBUTING.md says what is left to write: question, data, method, its own gate, its claims on the front page."""


@app.callback()
def group():
    """Keep `study` a command of its own."""


@app.command()
def study(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the study: small letters, for example radio.")],
    title: Annotated[str, typer.Option(help="Title in the contents.", show_default="the name")] = "",
):
    """Begin a study: a notebook, a package with a test, a page, and its entries in profiles, gates and contents.

    Example: flarebook new study radio --title "Radio bursts"
    """
    from flarebook.compendium.project import project_root
    from flarebook.compendium.workflow.new_study import write_study

    program = context.find_root()
    made, changed = write_study(project_root(), name, title, program.command.list_commands(program))
    for path in made:
        print_line(f"written: {path}")
    print_line(f"changed: {', '.join(changed)}")
    typer.echo(NEXT.format(name=name))
