"""The errors that a reader of the compendium is meant to see, each one line of plain text."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")  # also those that reverse a line's direction


def plain(text):
    """One line of text without control characters, which move a terminal's cursor or hide what follows: str.

    Bytes of a file's name that are not UTF-8 become question marks.

    Names of files and values of headers pass through it before they are printed.
    """
    return CONTROL.sub(" ", str(text).encode("utf-8", "replace").decode()).strip()


def reason_of(error):
    """What an exception says, as one line of at most 300 characters, with its type where it says nothing: str."""
    return plain(error)[:300] or type(error).__name__


class InputError(ValueError):
    """Bad input, told in one sentence: what is wrong, where, and what to do about it."""

    def __init__(self, sentence):
        """Keep the sentence as one line."""
        super().__init__(plain(sentence))


class Unwritable(InputError):
    """A place that cannot be written: a full disk, a missing permission."""


class NotebookError(RuntimeError):
    """A notebook stopped: which one, in which cell, and the original error, as one line."""

    def __init__(self, sentence):
        """Keep the sentence as one line."""
        super().__init__(plain(sentence))


class MetadataWarning(UserWarning):
    """A value that a file leaves open was taken from its instrument's documentation, or is old."""
