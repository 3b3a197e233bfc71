"""Progress bars of the command line, on the terminal's error stream; nothing is drawn into a file or a pipe."""

from contextlib import contextmanager


def progress(label):
    """Make a function that yields the items of an iterable while a bar advances."""
    from rich.progress import track

    console = _console()
    return lambda items: track(items, label, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def step_progress(total, label):
    """Show a bar over `total` steps; yields a function to call with the next step's name."""
    from rich.progress import MofNCompleteColumn

    with _bar(label, total, MofNCompleteColumn()) as (bar, task):
        yield lambda name: bar.update(task, description=name, advance=1)


@contextmanager
def byte_progress(label):
    """Show a bar of a download; yields a function of (bytes so far, bytes in all or None)."""
    from rich.progress import DownloadColumn

    with _bar(label, None, DownloadColumn()) as (bar, task):
        yield lambda have, total: bar.update(task, completed=have, total=total)


@contextmanager
def _bar(label, total, counter):
    """Show a bar with a counter; yields the bar and its task."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console, columns = _console(), (TextColumn("{task.description}"), BarColumn(), counter, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task(label, total=total)


def _console():
    """Make a console on standard error."""
    from rich.console import Console

    return Console(stderr=True)
