"""Progress bars of the command line, on the terminal's error stream; nothing is drawn into a file or a pipe."""

import threading
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
def batch_progress(label, total):
    """Show a bar over the bytes of many files with the speed and the time left.

    total: bytes to come, as far as they are known.  Yields a function of (bytes that came, bytes to come besides).
    """
    from rich.progress import DownloadColumn, TimeRemainingColumn, TransferSpeedColumn

    more = (TransferSpeedColumn(), TimeRemainingColumn())
    with _bar(label, total, DownloadColumn(), *more) as (bar, task):
        known, lock = [total], threading.Lock()

        def report(came, besides):
            with lock:
                known[0] += besides
                bar.update(task, advance=came, total=known[0])

        yield report


@contextmanager
def _bar(label, total, *counters):
    """Show a bar with counters; yields the bar and its task."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console, columns = _console(), (TextColumn("{task.description}"), BarColumn(), *counters, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task(label, total=total)


def _console():
    """Make a console on standard error."""
    from rich.console import Console

    return Console(stderr=True)
