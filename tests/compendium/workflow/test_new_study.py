"""A new study passes the checks at once, in a copy of the project: style, tests, notebook, gate, and book."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flarebook.commands.main import app
from flarebook.compendium.book.__main__ import BROWSERS
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import studies
from flarebook.compendium.workflow import new_study

pytestmark = pytest.mark.xdist_group("new-study")  # one copy of the project serves all
ROOT = Path(__file__).parents[3]
NAME, STEP = "newcomer", new_study.STEP  # not the name of the example in CONTRIBUTING.md, which may exist
LEFT_OUT = shutil.ignore_patterns("build", ".*", "__pycache__")
KEPT = (".zenodo.json", ".devcontainer", ".dockerignore", ".pre-commit-config.yaml")
OTHERS = "not (" + " or ".join(f"{study}" for study in studies(ROOT)) + ")"  # what names another study


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project with a new study."""
    folder = tmp_path_factory.mktemp("project") / "flarebook"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    for name in KEPT:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    done = run(folder, "-m", "flarebook.commands.main", "new", "study", NAME, "--title", "A newcomer")
    assert f"written: notebooks/{NAME}/1-first-look.ipynb" in done
    (told,) = (line for line in done.splitlines() if line.startswith("changed: "))
    named = told.removeprefix("changed: ").split(", ")
    assert "pyproject.toml" in named and "codecheck.yml" in named
    assert all((folder / path).read_bytes() != (ROOT / path).read_bytes() for path in named)
    return folder


def run(folder, *arguments, program=None):
    """Run Python, or another program of this environment, in a copy of the project; returns what it prints."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "FLAREBOOK_ROOT": str(folder), "FLAREBOOK_STUDY": ""}
    programs = Path(sys.executable).parent
    command = [programs / program if program else sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_it_is_in_style_and_its_imports_run_downward(copy):
    run(copy, "check", "--quiet", ".", program="ruff")
    run(copy, "format", "--check", "--quiet", ".", program="ruff")
    assert "kept" in run(copy, "--no-cache", program="lint-imports")
    assert f' | flarebook.{NAME}",' in (copy / "pyproject.toml").read_text()


@pytest.mark.slow
def test_it_passes_the_tests_of_the_project_and_its_own(copy):
    folders = ("tests/project", f"tests/{NAME}", "tests/notebooks/test_profiles.py")
    told = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *folders, "-k", OTHERS)
    assert re.search(r"\d+ passed", told) and "failed" not in told
    names = run(copy, "-m", "pytest", "-q", "--collect-only", *folders, "-k", NAME)
    assert f"flarebook.{NAME}" in names and "1-first-look" in names and "test_sizes" in names


@pytest.mark.slow
def test_it_passes_the_tests_that_every_study_passes(copy):
    told = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "tests/compendium", "-k", NAME)
    assert re.search(r"\d+ passed", told) and "failed" not in told


@pytest.fixture(scope="module")
def built(copy):
    """Folder of the copy's ci run with the notebook of the study."""
    run(copy, "-m", "flarebook.commands.main", "run", f"{NAME}/{STEP}", "--profile", "ci", "--output", "build/ci")
    return copy / "build/ci"


@pytest.mark.slow
def test_its_notebook_runs_and_its_gate_is_green(copy, built):
    told = run(copy, "-m", "flarebook.commands.main", "check", "--profile", "ci", "--study", NAME, "--brief")
    assert told.strip() == "Gates: 1 of 1 green."
    assert (built / f"figures/{NAME}-x-sizes.csv").is_file()


@pytest.fixture(scope="module")
def pages(copy, built):
    """Pages of the strict book of the study alone."""
    run(copy, "-m", "flarebook.compendium.book", "ci", "--study", NAME)
    return built / "book/_build/html"


@pytest.mark.slow
def test_its_book_builds_strictly_with_its_pages_and_figure(pages):
    assert "A newcomer" in (pages / f"book/{NAME}/introduction.html").read_text()
    page = (pages / f"notebooks/{NAME}/{STEP}.html").read_text()
    assert "The result in three lines" in page and re.search(r"caption-number\">Fig. \d+", page)


@pytest.mark.slow
def test_its_book_is_one_pdf_with_bookmarks_links_and_the_same_figure_numbers(copy, pages, built):
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    run(copy, "-m", "flarebook.compendium.book", "ci", "--study", NAME, "--pdf")
    pdf = (built / "book/flarebook.pdf").read_bytes()
    titles = {title.decode("latin-1") for title in re.findall(rb"/Title \(([^)]*)\)", pdf)}
    assert {"A newcomer", "A first look", "Status of this run", "Bibliography"} <= titles
    assert b"/Outlines" in pdf and pdf.count(b"/Subtype /Link") > 100
    page = (built / "book/_build/singlehtml/book/index.html").read_text()
    assert sorted(figures(page)) == sorted(sum((figures(path.read_text()) for path in pages.rglob("*.html")), []))


def figures(page):
    """Numbered captions of a page."""
    return re.findall(r"caption-number\">(Fig\. \d+)", page)


@pytest.mark.parametrize("name", ["Radio", "x", "radio-bursts", "radio2", "class", "../radio", ""])
def test_a_bad_name_is_one_sentence(name):
    with pytest.raises(InputError, match="is no name of a study: give 2 to 20 small letters"):
        new_study.write_study(ROOT, name)


@pytest.mark.parametrize(
    "name",
    [
        *("iris", "encoders", "peers", "uv", "all", "archives", "ci", "real", "learning", "commands", "flarebook"),
        *("test", "tests", "testing", "book", "build", "scripts", "data", "run"),
    ],
)
def test_a_taken_name_is_one_sentence_that_names_what_has_it(name):
    with pytest.raises(InputError, match=f"the name '{name}' is taken by .*: choose another"):
        new_study.write_study(ROOT, name, commands=("data", "run"))


def test_the_command_names_its_own_commands_as_taken(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["flarebook", "new", "study", "cite"])
    with pytest.raises(InputError, match="taken by the command `flarebook cite`"):
        app()


@pytest.mark.parametrize("title", ['The "another"', r"Another \x", "  "])
def test_a_title_that_yaml_would_misread_is_refused(title):
    with pytest.raises(InputError, match="is no title"):
        new_study.write_study(ROOT, "another", title)


def test_where_one_file_cannot_be_written_the_others_are_as_before(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "b.yaml").write_text("b")
    write = new_study.atomic_write

    def full(path):
        if path.name == "b.yaml":
            raise InputError("the folder is read-only")
        return write(path)

    monkeypatch.setattr(new_study, "atomic_write", full)
    texts = {"new/1.py": "1", "a.yaml": "other", "b.yaml": "other"}
    with pytest.raises(InputError, match="read-only"), new_study._all_or_none(tmp_path, texts):
        new_study._write(tmp_path, texts)
    found = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a.yaml": "a", "b.yaml": "b"} and not (tmp_path / "new").exists()


@pytest.mark.slow
def test_nothing_is_left_of_a_study_that_failed_on_the_way(copy, monkeypatch):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}

    def fail(work, root):
        raise InputError("the bibliography has no entry")

    monkeypatch.setattr(new_study, "describe", fail)
    with pytest.raises(InputError, match="no entry"):
        new_study.write_study(copy, "another")
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before
    assert not list(copy.glob("*/another"))


def test_a_list_of_studies_in_another_form_is_refused_and_nothing_written(tmp_path):
    for name in ("pyproject.toml", "_toc.yml", "locks", "profiles", "metrics"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    text = (ROOT / "pyproject.toml").read_text()
    last = list(studies(ROOT))[-1]
    (tmp_path / "pyproject.toml").write_text(text.replace(f'flarebook.{last}"', f'flarebook.{last} "'))
    with pytest.raises(InputError, match="pyproject.toml has no .* enter it by hand"):
        new_study.write_study(tmp_path, "another")
    assert not list(tmp_path.glob("*/another*"))


@pytest.mark.parametrize("text", ["[project", "[tool]"])
def test_a_broken_list_of_extras_is_one_sentence(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match="pyproject.toml has no extras .*: correct the file"):
        new_study.check_name(tmp_path, "another")
