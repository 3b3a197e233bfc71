"""Progress bars of the command line."""

from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress_of(total, title):
    """Progress bar over a number of steps; yields a function to call with the next step's name."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn()) as progress:
        task = progress.add_task(title, total=total)
        begun = []

        def report(text):
            progress.update(task, description=text, completed=len(begun))
            begun.append(text)

        yield report
        progress.update(task, description=title, completed=total)


@contextmanager
def byte_progress(name):
    """Progress bar of a download; yields a function of (bytes so far, bytes in all)."""
    with Progress(TextColumn(name), BarColumn(), DownloadColumn(), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda have, total: progress.update(task, completed=have, total=total)


def progress(label):
    """A function that gives items back while a bar moves on the terminal's error stream."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return lambda items: track(items, label, console=console, transient=True, disable=not console.is_terminal)
