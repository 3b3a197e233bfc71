"""Compiled functions work where nothing can be written, too."""

import numba.core.caching
import pytest

from flarebook.learning.compiled import compiled

LOCATORS = ("UserProvidedCacheLocator", "InTreeCacheLocator", "InTreeCacheLocatorFsAgnostic", "UserWideCacheLocator")


def double(number):
    return 2 * number


@pytest.mark.parametrize("options", [{}, {"nogil": True, "fastmath": True}])
def test_a_function_is_compiled_where_no_cache_folder_can_be_written(monkeypatch, options):
    def refuse(self):
        raise OSError("read-only file system")

    for name in LOCATORS:
        monkeypatch.setattr(getattr(numba.core.caching, name), "ensure_cache_path", refuse)
    function = compiled(**options)(double)
    assert function(21) == 42 and not function.stats.cache_path


def test_the_options_and_the_folder_are_numba_s():
    function = compiled(nogil=True)(double)
    assert function.targetoptions["nogil"] and function(21) == 42 and function.stats.cache_path
