"""What each study offers to a notebook or a stranger's script is documented, annotated and shown by an example."""

import doctest
import importlib
import inspect

import pytest
from numpydoc.docscrape import FunctionDoc

from flarebook.compendium.project import studies

STUDIES = [f"flarebook.{study}" for study in studies()]
FACES = (*STUDIES, "flarebook.goes")
OFFERED = [(face, name) for face in FACES for name in getattr(importlib.import_module(face), "__all__", ())]
each = pytest.mark.parametrize(("face", "name"), OFFERED, ids=[f"{face}.{name}" for face, name in OFFERED])


@pytest.mark.parametrize("face", STUDIES)
def test_a_face_offers_some_names_and_not_many(face):
    names = [name for where, name in OFFERED if where == face]
    assert 1 <= len(names) <= 25 and len(set(names)) == len(names)


@each
def test_docstring_has_the_sections_of_numpydoc(face, name):
    found = getattr(importlib.import_module(face), name)
    if not callable(found):
        pytest.skip("a constant: its module's comment describes it")
    text = FunctionDoc(found) if not inspect.isclass(found) else FunctionDoc(found.__init__, doc=inspect.getdoc(found))
    assert text["Summary"] and text["Summary"][0].endswith("."), "the first line is a sentence"
    expected = [p for p in inspect.signature(found).parameters if not p.startswith("_")]
    described = {part.strip().lstrip("*") for entry in text["Parameters"] for part in entry.name.split(",")}
    described |= {part.strip() for entry in text["Attributes"] for part in entry.name.split(",")}
    assert set(expected) <= described, f"not described: {set(expected) - described}"
    assert all(entry.type and entry.desc for entry in text["Parameters"]), "each parameter has a type and a meaning"
    assert inspect.isclass(found) or text["Returns"] or text["Yields"], "what comes back is described"
    assert text["Examples"], "an example shows the use"


@each
def test_signature_is_annotated(face, name):
    found = getattr(importlib.import_module(face), name)
    if not callable(found):
        pytest.skip("a constant")
    signature = inspect.signature(found)
    bare = [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]
    assert not bare, f"without annotation: {bare}"
    assert inspect.isclass(found) or signature.return_annotation is not inspect.Signature.empty


@each
def test_example_runs(face, name, tmp_path, monkeypatch):
    found = getattr(importlib.import_module(face), name)
    monkeypatch.chdir(tmp_path)
    tests = doctest.DocTestFinder(recurse=False).find(found, name, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert not sum(runner.run(test).failed for test in tests)
