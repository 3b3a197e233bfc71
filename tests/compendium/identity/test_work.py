"""The work is read from its sources, which agree on its release and hold what they name."""

import tomllib

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.identity.work import bibtex_entry, check_release, read_work

BIBLIOGRAPHY = "@article{one,\n  title = {{On {Suns}}},\n  year = {2020}\n}\n\n@misc{oneandmore,\n  title = {Two}\n}\n"


def with_version(project, version, log=""):
    """The work of a project of another version and change log."""
    path = project / "pyproject.toml"
    path.write_text(path.read_text().replace("1.2.0", version))
    (project / "CHANGELOG.md").write_text(log)
    return read_work(project)


@pytest.mark.parametrize(
    ("version", "log"),
    [("1.3.0", "## [1.3.0] - 2027-01-31\n"), ("1.3.0.dev0", "## [Unreleased]\n\n## [1.3.0] - 2027-01-31\n")],
)
def test_a_release_has_its_day_in_the_change_log_and_a_development_version_none(project, version, log):
    work = with_version(project, version, log)
    check_release(work)
    assert work.released == ("" if "dev" in version else "2027-01-31")


@pytest.mark.parametrize(
    ("version", "log"),
    [
        ("1.3.0", "## [Unreleased]\n"),
        ("1.3.0", ""),
        ("1.3.0", "## [1.3.0]\n"),
        ("1.3.dev0", "## [1.3.dev0] - 2027-01-31"),
    ],
)
def test_a_version_that_the_change_log_contradicts_is_refused(project, version, log):
    work = with_version(project, version, log)
    with pytest.raises(InputError, match="CHANGELOG.md disagree"):
        check_release(work)


def test_the_source_is_parsed_once_until_it_changes(project, monkeypatch):
    parsed, load = [], tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: parsed.append(text) or load(text))
    versions = [with_version(project, version).package.version for version in ("1.2.0", "1.9.0")]
    versions += [read_work(project).package.version for _ in range(9)]
    assert versions == ["1.2.0", *["1.9.0"] * 10] and len(parsed) == 2


def test_an_entry_of_the_bibliography_stands_as_it_was_written(project):
    (project / "book").mkdir(exist_ok=True)
    (project / "book/references.bib").write_text(BIBLIOGRAPHY)
    assert bibtex_entry("one", project) == BIBLIOGRAPHY.partition("\n\n")[0]
    with pytest.raises(InputError, match="no entry 'three'"):
        bibtex_entry("three", project)


@pytest.mark.parametrize("text", ["[project", "[project]\nversion = '1'\n"])
def test_a_source_that_is_cut_or_names_no_work_is_a_sentence(project, text):
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match=r"pyproject.toml.*correct the file"):
        read_work(project)
