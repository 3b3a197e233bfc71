"""Commands about the figures of a run: list, cite and reproduce, from the shell."""

from typing import Annotated

import typer

from flarebook.compendium.batch_report import print_line, report_skipped

app = typer.Typer()


@app.command("figures")
def list_figures(run: Annotated[str, typer.Argument(help="Profile, run label or folder.")] = "laptop"):
    """List a run's figures: id, number in the paper, origin, caption, files.

    Example: flarebook figures ci
    """
    from flarebook.commands.tables import figures_table, show

    table, skipped = figures_table(run)
    show(*table)
    report_skipped(skipped)


@app.command()
def cite(
    figure: Annotated[str, typer.Argument(help="Figure id, for example iris-12-performance; none: the book.")] = "",
    run: Annotated[str, typer.Option("--run", "--profile", help="Profile, run label or folder.")] = "laptop",
    bibtex: Annotated[bool, typer.Option("--bibtex", help="BibTeX entry instead of text.")] = False,
):
    """Print the citation of the book, or of a figure with its data hash: version and commit are named.

    Example: flarebook cite iris-12-performance --bibtex
    """
    from flarebook.compendium.project import project_root
    from flarebook.compendium.reports import citation

    if not figure:
        typer.echo((citation.book_as_bibtex if bibtex else citation.book_as_text)(project_root()))
        return
    record = citation.figure_record(figure, run)
    typer.echo((citation.as_bibtex if bibtex else citation.as_text)(record))


@app.command()
def reproduce(
    figure: Annotated[str, typer.Argument(help="Figure id, or path of its record (.json).")],
    run: Annotated[str, typer.Option(help="Profile, run label or folder with the record.")] = "laptop",
    output: Annotated[
        str | None, typer.Option(help="New folder of the figure.", show_default="build/reproduced/FIGURE-TIME")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile of the earlier steps.", show_default="that of the record")
    ] = None,
    here: Annotated[bool, typer.Option("--here", help="Code as it lies here instead of the record's commit.")] = False,
    from_start: Annotated[bool, typer.Option("--from-start", help="Earlier steps run again too.")] = False,
):
    """Make a figure again from its record, and compare data and picture; exit 1 when they differ.

    Its commit is checked out when it is not this one. Earlier results are used where they have the recorded hashes.

    Example: flarebook reproduce iris-12-performance --run ci
    """
    from flarebook.commands.tables import reproduction_lines
    from flarebook.compendium.reproduction import figure as made_again

    made = made_again.reproduce(figure, run, output, profile, here, from_start, print_line)
    for line in reproduction_lines(made):
        print_line(line)
    raise typer.Exit(0 if made.difference.none else 1)
