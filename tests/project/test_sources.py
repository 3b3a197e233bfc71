"""Rules of the house that hold for every file: short modules, nothing of one machine, a known profile and study."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINE = re.compile(r"/(?:home|root|Users|tmp|work)/\w|C:\\\\")
PLAIN = {".py", ".md", ".yaml", ".yml", ".toml", ".ipynb", ".cff", ".lock", ".bib", ".css", ".svg"}


def tracked():
    """Files under version control, or all source files where there is no checkout."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listing.returncode:
        return [path for path in ROOT.rglob("*") if path.is_file() and not {"build", ".venv"} & set(path.parts)]
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_modules_are_short():
    modules = sorted((ROOT / "src").rglob("*.py"))
    long = {path.name: lines for path in modules if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300}
    assert modules and not long


def test_no_folder_holds_more_than_twelve_modules():
    folders = [folder for folder in (ROOT / "src/flarebook").rglob("*") if folder.is_dir()]
    counts = {str(folder): len([path for path in folder.glob("*.py") if path.stem != "__init__"]) for folder in folders}
    assert counts and not {name: count for name, count in counts.items() if count > 12}


def test_no_module_is_a_drawer():
    assert not [path for path in (ROOT / "src").rglob("*.py") if path.stem in ("utils", "helpers", "misc", "common")]


def test_no_file_names_a_place_on_one_machine():
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path != here and (path.suffix in PLAIN or path.name in ("Makefile", "Snakefile", "run"))
        for match in MACHINE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_nothing_large_is_tracked():
    assert not [path for path in tracked() if path.stat().st_size > 5_000_000]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("PROFILE=labtop", "PROFILE=labtop is no profile; choose one of"),
        ("STUDY=irs", "STUDY=irs is no study; choose one of"),
        ("GATES=strikt", "GATES=strikt is no choice; choose strict"),
    ],
)
def test_mistyped_choice_gets_a_sentence(choice, sentence):
    done = subprocess.run(["make", "-C", ROOT, "check-choices", choice], capture_output=True, text=True)
    assert done.returncode != 0
    assert sentence in done.stderr
