"""Functions compiled by numba, kept on disk where some cache folder can be written."""

from numba import njit


def compiled(**options):
    """Decorate a function that numba compiles and keeps on disk; without a folder that can be written, for the process.

    options: of numba.njit, such as fastmath.  A read-only installation with a read-only home has no such folder.
    """

    def decorate(function):
        try:
            return njit(cache=True, **options)(function)
        except RuntimeError:  # no folder can be written
            return njit(**options)(function)

    return decorate
