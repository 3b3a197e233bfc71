"""Exit codes and messages of commands: skipped inputs of a batch, and scripts that stop on bad input."""

import logging
import sys
import warnings
from contextlib import contextmanager

import typer

from flarebook.compendium.errors import InputError, MetadataWarning, plain, reason_of

NOTES = 10  # printed, of those that a batch of files gives
logger = logging.getLogger(__name__)


def print_line(text):
    """Print one line, such as a path, without control characters."""
    typer.echo(plain(text))


@contextmanager
def skipping(reasons, name="", passing=()):
    """Go on after an error of the block: one sentence joins the reasons, after the input's name where it lacks that.

    A sentence that begins with the name of a file gets its path instead.
    An InputError says itself what was wrong.  Of any other error, which is a fault of this program or of a library on
    that input, the type and the message are told, and the traceback is logged at level DEBUG.
    passing: types of exceptions that end the batch.
    """
    try:
        yield
    except passing:
        raise
    except InputError as error:
        reasons.append(_with_name(plain(name), str(error)))
    except Exception as error:
        logger.debug("%s was skipped", name or "an input", exc_info=True)
        reason = f"cannot be used ({type(error).__name__}: {reason_of(error)}): leave it out, or report it with --debug"
        reasons.append(f"{plain(name)}: {reason}" if name else f"an input {reason}")


def _with_name(name, sentence):
    """A sentence that tells an input's name once: in full where the sentence begins with the file's own."""
    own = name.rpartition("/")[2]
    if name in sentence:
        return sentence
    return name + sentence.removeprefix(own) if own and sentence.startswith(own) else f"{name}: {sentence}"


def counted(number, noun):
    """A number with its noun, in the plural but for one: "1 image", "2 images"."""
    return f"{number} {noun}{'' if str(number) == '1' else 's'}"


def gathered(items, find):
    """Files of the items of a batch, and one sentence for each item that has none: ([Path], [str]).

    items: files and folders; find(item): its files, or an InputError.
    """
    files, reasons = [], []
    for item in items:
        with skipping(reasons, item):
            files += find(item)
    return files, reasons


@contextmanager
def noting():
    """Print what files left open and their instrument's documentation filled in: "note: ..." for the first NOTES."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", MetadataWarning)
        yield
    sentences = list(dict.fromkeys(plain(warning.message) for warning in caught))
    for sentence in sentences[:NOTES]:
        typer.secho(f"note: {sentence}", err=True)
    if sentences[NOTES:]:
        typer.secho(f"note: and {len(sentences) - NOTES} more of this kind", err=True)


def report_skipped(reasons):
    """Print each skipped input with its reason; end with exit code 2 when there is one.

    Raises typer.Exit.
    """
    for reason in reasons:
        typer.secho(f"skipped: {plain(reason)}", err=True, fg="red")
    if reasons:
        raise typer.Exit(2)


def run_script(command, *arguments):
    """Call a command with its arguments; print an InputError as one sentence and end with exit code 1."""
    try:
        command(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
