"""The reference: an index of what packages offer, and pages of a length that a reader can use, read without imports."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from flarebook.compendium.book import api
from flarebook.compendium.book.api import api_reference, text, write_reference

SUMS = '''"""Two sums."""
import nothing_of_this_name

def add(a, b: int = 2, *, out=None):
    """Sum of `a` and b_.

    A second line.
    """

def _hidden():
    """No."""

def other():
    """Another."""
'''


@pytest.fixture
def source(tmp_path):
    """Source of a package with a face, a module of its own and two folders, and of a package without a face."""
    for folder in ("iris", "iris/images", "iris/sums", "learning", "commands"):
        (tmp_path / "flarebook" / folder).mkdir(parents=True)
        (tmp_path / "flarebook" / folder / "__init__.py").write_text(f'"""What {Path(folder).name} holds."""')
    (tmp_path / "flarebook/iris/__init__.pyi").write_text("from .sums.twice import add as add")
    for name in ("iris/own", "iris/images/once", "iris/sums/twice", "learning/alone", "commands/run"):
        (tmp_path / "flarebook" / f"{name}.py").write_text(SUMS)
    return tmp_path


def test_the_index_names_what_a_package_offers_with_its_first_line_and_leads_to_every_page(source):
    index, pages = api_reference(source)
    offers, entries = index.split("\n\n## All pages\n\n")
    assert offers == "## flarebook.iris\n\nWhat iris holds.\n\n- {py:obj}`~flarebook.iris.add`: Sum of `a` and b\\_."
    assert entries.splitlines() == [
        "- [flarebook.iris](api/iris.md): What iris holds.",
        "- [flarebook.iris: images, sums](api/iris-images.md): *images*: What images holds; *sums*: What sums holds.",
        "- [flarebook.learning](api/learning.md): What learning holds.",
    ]
    assert [*pages] == ["iris", "iris-images", "learning"]


def test_a_function_is_described_once_where_it_is_offered_or_else_in_its_module(source):
    pages = api_reference(source)[1]
    face, own = pages["iris"].split("\n\n## flarebook.iris.own\n\n")
    assert face.startswith("# flarebook.iris\n\n## What flarebook.iris offers\n\n")
    assert ":::{py:function} add(a, b=2, *, out=None)\nSum of" in face and "other" not in face
    assert own.index("{py:obj}`~flarebook.iris.own.add`, {py:obj}`~flarebook.iris.own.other`") < own.index("} add(")
    twice = pages["iris-images"].split("## flarebook.iris.sums.twice")[1]
    assert "```{py:module} flarebook.iris.sums.twice\n```" in twice
    assert "{py:function} other()" in twice and "{py:function} add(" not in twice
    assert "hidden" not in "".join(pages.values())


def test_folders_share_a_page_as_long_as_it_can_be_read(source, monkeypatch):
    monkeypatch.setattr(api, "LONGEST", 400)
    assert [*api_reference(source)[1]] == ["iris", "iris-images", "iris-sums", "learning"]


def test_no_page_of_the_package_is_long_and_none_has_many_headings(checkout):
    index, pages = api_reference(checkout / "src")
    assert len(index) < 20_000 and len(pages) < 25
    assert max(map(len, pages.values())) <= api.LONGEST
    assert max(page.count("\n## ") for page in pages.values()) <= 50


def test_the_pages_are_written_below_the_staged_source(source, tmp_path_factory):
    project = tmp_path_factory.mktemp("project")
    (project / "src").symlink_to(source)
    index = write_reference(SimpleNamespace(root=project, source=project / "staged"))
    written = {path.stem: path.read_text() for path in (project / "staged/book/api").glob("*.md")}
    assert (index, written) == api_reference(source)


def test_docstring_signs_stand_for_themselves():
    assert text("f_x *not* |bold|\n\nsecond\nline") == r"f\_x \*not\* \|bold\|" + "\n\nsecond line"
    assert text("into `build/<run>` as <name>") == r"into `build/<run>` as \<name\>"


def test_numpydoc_sections_become_lists_and_examples_code():
    page = text("Sum.\n\nParameters\n----------\na : int\n    One_number.\n\nExamples\n--------\n>>> 1 + 1\n2")
    assert page.split("\n\n") == [
        "Sum.", "**Parameters**", r"- `a : int`: One\_number.", "**Examples**", "```pycon\n>>> 1 + 1\n2\n```"
    ]  # fmt: skip
