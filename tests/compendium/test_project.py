"""The project is found from any folder inside it, and said to be missing elsewhere."""

import pytest

from flarebook.compendium import project as places
from flarebook.compendium.errors import InputError


def test_root_is_found_from_a_folder_deep_inside(project, monkeypatch):
    monkeypatch.delenv("FLAREBOOK_ROOT")
    assert places.project_root(project / "notebooks/sun") == project


def test_a_root_without_table_of_contents_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_ROOT", str(tmp_path))
    with pytest.raises(InputError, match="holds no _toc.yml"):
        places.project_root()


def test_notebook_names_and_paths_mean_the_same():
    assert places.split_name("notebooks/iris/6-classifiers.ipynb") == places.split_name("iris/6-classifiers")
    with pytest.raises(InputError, match="write STUDY/STEP"):
        places.split_name("6-classifiers")


def test_paths_inside_the_project_are_shown_relative(project):
    assert places.shown(project / "build/ci") == "build/ci"


@pytest.mark.parametrize(
    "contents",
    [b"", b"a: [", b"\xff\xfe", b"parts: 3", b"parts:\n- chapters: []\n  caption: a", b"parts:\n- chapters: [file: a]"],
)
def test_contents_that_cannot_be_read_are_one_sentence(tmp_path, contents):
    (tmp_path / "_toc.yml").write_bytes(contents)
    with pytest.raises(InputError, match=r"_toc.yml is no table of contents \(.*: correct the file"):
        places.studies(tmp_path)
