"""Order of the tests: units first, then the notebooks of the ci profile, then the book that is built from them."""

import os
from pathlib import Path

import pytest

STUDIES = ("iris", "stix", "solarchip")
LAST = ("notebooks", "book")
TESTS = Path(__file__).parent


def folder_of(item):
    """First folder below tests/ that holds a test."""
    return item.path.relative_to(TESTS).parts[0]


def pytest_collection_modifyitems(config, items):
    """Sort by folder and leave out the other studies when FLAREBOOK_STUDY names one."""
    items.sort(key=lambda item: LAST.index(folder_of(item)) if folder_of(item) in LAST else -1)
    study = os.environ.get("FLAREBOOK_STUDY")
    others = [item for item in items if study and folder_of(item) in set(STUDIES) - {study}]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def checkout():
    """Folder of the project."""
    return TESTS.parent
