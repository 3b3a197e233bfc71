"""The `flarebook` command: list, run, check, cite, compare, data and gates, from the shell."""

import logging
import os
import signal
import sys
from datetime import datetime
from typing import Annotated

import typer

from flarebook.commands import data, figures, iris, new, parts, solarchip, stix
from flarebook.compendium.batch_report import counted, print_line
from flarebook.compendium.errors import InputError, NotebookError, plain, reason_of

# Each command imports what it needs itself: papermill and pandas would make `flarebook --help` wait for seconds.
EPILOG = (
    "Exit codes: 0 all well; 1 a gate is red, a figure differs or a notebook stopped; 2 bad input; "
    "130, 143 stopped by a signal."
)
HELP = "Flarebook: solar-flare studies as notebooks to rerun, change and cite."
app = typer.Typer(no_args_is_help=True, help=HELP, epilog=EPILOG, add_completion=False, pretty_exceptions_enable=False)
for study in (data, parts, new, iris, stix, solarchip):
    app.add_typer(study.app, name=study.__name__.rpartition(".")[2])
app.add_typer(figures.app)


@app.callback()
def options(debug: Annotated[bool, typer.Option("--debug", help="Tracebacks of skipped inputs and errors.")] = False):
    """Set what holds for every command."""  # the help of the program is HELP
    if debug:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("flarebook").setLevel(logging.DEBUG)


Profile = Annotated[str, typer.Option("--profile", "--run", help="Profile: ci, laptop or paper.")]
Source = Annotated[str, typer.Option(help="Data of the run: simulated or real.")]
Study = Annotated[str | None, typer.Option(help="Study, for example iris.", show_default="all")]
Notebook = Annotated[str, typer.Argument(help="Notebook as STUDY/STEP, for example iris/6-classifiers.")]


@app.command("list")
def list_notebooks(profile: Profile = "laptop", study: Study = None, source: Source = "simulated"):
    """List the notebooks with their titles, and which are built.

    Example: flarebook list --profile ci
    """
    from flarebook.commands.tables import notebooks_table, show
    from flarebook.compendium.workflow.parameters import run_name

    show(*notebooks_table(run_name(profile, source), study))


@app.command()
def params(notebook: Notebook):
    """Show the parameters of a notebook with type, default and meaning.

    Example: flarebook params iris/6-classifiers
    """
    from flarebook.commands.tables import parameters_table, show

    show(*parameters_table(notebook))


@app.command()
def run(
    notebook: Notebook,
    p: Annotated[list[str] | None, typer.Option("-p", "--parameter", help="Parameter NAME=VALUE; repeatable.")] = None,
    profile: Profile = "laptop",
    source: Source = "simulated",
    output: Annotated[str | None, typer.Option(help="Folder of the run.", show_default="build/runs/LABEL")] = None,
    inputs: Annotated[
        str | None, typer.Option(help="Folder of the steps it lacks.", show_default="build/PROFILE")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Name of the run.", show_default="STUDY-STEP-TIME")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replacement of an earlier run of that label.")] = False,
    threads: Annotated[int | None, typer.Option(help="Number of processor cores.", show_default="all", min=1)] = None,
):
    """Run one notebook with a profile's parameters and your changes.

    Earlier steps are read from the run's own folder, or else from the profile's. The run is put in place at its end.

    Example: flarebook run iris/6-classifiers -p n_splits=8 --label eight-splits
    """
    from flarebook.compendium.workflow.execute import run_folder, run_notebook
    from flarebook.compendium.workflow.parameters import run_name

    if threads:
        os.environ.update(OMP_NUM_THREADS=str(threads), NUMBA_NUM_THREADS=str(threads))
    label = label or f"{notebook.replace('/', '-')}-{datetime.now():%Y%m%d-%H%M%S}"
    output = output or run_folder(label, notebook, force)
    path = run_notebook(notebook, p or [], run_name(profile, source), output, inputs, progress=sys.stderr.isatty())
    print_line(f"{notebook} done: {path}")


@app.command()
def check(
    profile: Profile = "laptop",
    study: Study = None,
    source: Source = "simulated",
    brief: Annotated[bool, typer.Option("--brief", help="One line, the red gates first.")] = False,
):
    """Compare the measured metrics with their gates; exit 1 when one is red or missing.

    A red science gate means that a finding of the book does not hold; a red repeat gate, that a number has moved.
    A run on real data or of few steps is compared with the gates on numbers from shipped files only.

    Example: flarebook check --profile ci
    """
    from flarebook.commands.tables import show, summary, verdicts_table
    from flarebook.compendium.reports import gates
    from flarebook.compendium.reports.gate_tables import headline
    from flarebook.compendium.workflow.parameters import overlay_of, run_name

    run = run_name(profile, source)
    verdicts = gates.check(run, study)
    if brief:
        typer.echo(f"Gates: {headline(verdicts)}.")
        raise typer.Exit(0 if gates.all_green(verdicts) else 1)
    show(*verdicts_table(verdicts, run))
    typer.echo(summary(verdicts))
    if overlay_of(run):
        typer.echo(f"Run {run} is not compared with the gates of the profile's own run: those of shipped files hold.")
    if skipped := gates.notebooks_not_run(run, study):
        typer.echo(f"Not run: {', '.join(skipped)}.")
    raise typer.Exit(0 if gates.all_green(verdicts) else 1)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="Profile, run label or folder.")],
    second: Annotated[str, typer.Argument(help="Profile, run label or folder.")],
    page: Annotated[str, typer.Option(help="Page to write, HTML, figures side by side.", show_default="none")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All metrics, also the same and those of one run.")] = False,
):
    """Show what changed between two runs: parameters, metrics with the difference in units of the spread, figures.

    Example: flarebook compare laptop eight-splits

    Example: flarebook compare laptop eight-splits --page comparison.html
    """
    from flarebook.commands.tables import show
    from flarebook.compendium.comparison import runs

    folders = runs.run_folder(first), runs.run_folder(second)
    lines, parameters = runs.compare(*folders), runs.different_parameters(*folders)
    for sentence in runs.summary_of(lines, parameters, runs.different_figures(*folders)):
        print_line(sentence)
    for notebook, values in parameters.items():
        changed = ", ".join(f"{name} {one!r} and {two!r}" for name, (one, two) in values.items())
        print_line(f"Parameters of {notebook}: {changed}")
    if listed := lines if everything else [line for line in lines if line.difference]:
        show("Metrics side by side", ("metric", first, second, "difference", "in spreads"), listed)
        typer.echo("In spreads: difference over the root sum of squares of both runs' standard deviations.")
    if page:
        from flarebook.compendium.comparison.page import write_comparison

        write_comparison(*folders, page, (first, second))
        print_line(f"written: {page}")


@app.command()
def record(run: Annotated[str, typer.Argument(help="Profile, run label or folder.")] = "laptop"):
    """Append the headline numbers of a run to metrics/history.csv, which the status page plots over commits.

    Only numbers that the code of one commit has measured are entered; rows that stand there stay.

    Example: flarebook record ci
    """
    from flarebook.compendium.comparison.history import HISTORY, append_history
    from flarebook.compendium.comparison.runs import run_folder

    new = append_history(run_folder(run))
    commits = ", ".join(sorted({row.commit for row in new})) or "none"
    print_line(f"{counted(len(new), 'row')} appended to {HISTORY} (commits: {commits})")


@app.command()
def gates(
    seeds: Annotated[int, typer.Option(help="Number of seeds, 1 to SEEDS.", min=3)] = 10,
    profile: Profile = "ci",
    study: Study = None,
    notebooks: Annotated[
        list[str] | None, typer.Option("--notebook", help="Notebook; repeatable.", show_default="all")
    ] = None,
    start_from: Annotated[str | None, typer.Option(help="First notebook to run.")] = None,
    spread_of: Annotated[
        str | None, typer.Option(help="Profile of the spread, that of its seeds or of its gates; nothing is run.")
    ] = None,
    processors: Annotated[bool, typer.Option(help="Measurement of the scatter over instruction sets first.")] = False,
):
    """Propose tolerances: one standard deviation over seeds, more where rounding moves a metric further.

    For metrics of a finding (kind science) three, however wide; all others are of kind repeat.

    Writes build/PROFILE/proposed-gates.yaml; what was run before is kept, so it may be stopped and started again.

    Example: flarebook gates --seeds 10 --profile ci

    Example: flarebook gates --profile laptop --spread-of ci
    """
    from flarebook.compendium.progress import step_progress
    from flarebook.compendium.project import shown
    from flarebook.compendium.reports import tolerances
    from flarebook.compendium.reports.findings import references
    from flarebook.compendium.reports.gate_tables import first_names

    entries = tolerances.chosen(profile, study, notebooks or (), start_from)
    if processors:
        with step_progress(len(tolerances.SETTINGS) * len(entries), "processors") as report:
            folders = tolerances.run_settings(profile, entries, report)
            tolerances.write_scatter(profile, tolerances.collect(folders, entries))
    if spread_of:
        path, new = tolerances.propose_with_spread_of(spread_of, profile, entries)
    else:
        with step_progress(seeds * len(entries), "seeds") as report:
            path, new = tolerances.propose(profile, range(1, seeds + 1), entries, report)
    science = len(references(new, profile))
    print_line(
        f"{counted(len(new), 'gate')} proposed ({science} science, {len(new) - science} repeat) in {shown(path)}; "
        f"read the lines of {first_names(list(new))}, then copy them to metrics/{profile}.yaml, which has the others"
    )


def main():
    """Run the command; print bad input, stopped notebooks and interruptions as one sentence."""
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        app()
    except (InputError, NotebookError, OSError, MemoryError) as error:
        logging.getLogger("flarebook").debug("the command stopped", exc_info=True)
        typer.secho(f"flarebook: {sentence_of(error)}", err=True, fg="red")
        sys.exit(1 if isinstance(error, NotebookError) else 2)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def sentence_of(error):
    """One sentence about what stopped a command: an error of the compendium, the system or the memory."""
    if isinstance(error, OSError):  # of a path that this user may not look at
        where, reason = error.filename or "a file", error.strerror or reason_of(error)
        return plain(f"{where} cannot be used ({reason}): check it and its permissions")
    if isinstance(error, MemoryError):
        return f"there is not enough memory ({reason_of(error)}): give less or smaller input"
    return str(error)


def stop(number, frame):
    """End the program at a signal, with the cleaning up that an error would cause.  Raises SystemExit."""
    kept = "complete files, earlier runs and parts of downloads are kept, what was half written is not"
    typer.secho(f"flarebook: stopped by {signal.Signals(number).name}: {kept}", err=True, fg="red")
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
