"""The one error that a reader of the compendium is meant to see."""


class InputError(ValueError):
    """Bad input, told in one sentence: what is wrong, where, and what to do about it."""


class NotebookError(RuntimeError):
    """A notebook stopped: which one, in which cell, and the original error."""


class MetadataWarning(UserWarning):
    """A value that a file leaves open was taken from its instrument's documentation, or is old."""
