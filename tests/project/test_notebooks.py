"""Notebooks are kept stripped, say what can be changed, and read as short steps."""

import ast
import json
import re
from pathlib import Path

import pytest

from flarebook.compendium.reports.agreement import read_statements
from flarebook.compendium.workflow.parameters import all_values, from_text, read_profile
from scripts.run_exercises import exercises

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
PARAMETER = re.compile(r"^(\w+): (str|int|float|bool|list|tuple|list\[\w+\]) = [^#]+  # \S.*$")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind="code"):
    """Cells of one kind."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell):
    """Text of a cell."""
    return "".join(cell["source"])


def test_there_are_notebooks():
    assert NOTEBOOKS


@each
def test_notebook_is_stripped(path):
    for cell in cells(path):
        assert cell["outputs"] == [] and cell["execution_count"] is None, source(cell)[:60]


@each
def test_first_code_cell_describes_its_parameters(path):
    first = cells(path)[0]
    assert "parameters" in first["metadata"].get("tags", [])
    lines = source(first).splitlines()
    names = [match[1] for line in lines if (match := PARAMETER.match(line))]
    assert len(names) == len(lines), "each line reads `name: type = value  # meaning`"
    assert {"output", "inputs", "seed"} <= set(names)


@each
def test_cells_are_short(path):
    for number, cell in enumerate(cells(path)):
        assert len(source(cell).splitlines()) <= 15, f"code cell {number}: {source(cell)[:60]}"


@each
def test_cells_can_be_found_again(path):
    ids = [cell.get("id") for kind in ("code", "markdown") for cell in cells(path, kind)]
    assert all(ids) and len(set(ids)) == len(ids)


@each
def test_notebook_opens_with_its_title_and_a_claim(path):
    first, second = cells(path, "markdown")[:2]
    text = source(first) + "\n" + source(second)
    assert source(first).startswith("# ")
    assert len(text.split()) > 40


@each
def test_the_result_stands_in_three_lines_and_two_exercises_at_the_end(path):
    """A list of three below the title, labelled by the data, and two numbered exercises at the end."""
    texts = {cell["id"]: source(cell) for cell in cells(path, "markdown")}
    assert list(texts)[1] == "in-three-lines" and list(texts)[-1] == "exercises"
    lines = re.findall(r"^- (.*)", texts["in-three-lines"], re.MULTILINE)
    assert len(lines) == 3 and re.match(r"\*\*(Real|Simulated|Statistics)", lines[0]), "begin with the data: **Real.**"
    assert len(re.findall(r"^\d\. ", texts["exercises"], re.MULTILINE)) == 2


@each
@pytest.mark.parametrize("profile", ["ci", "laptop"])
def test_an_exercise_changes_parameters_of_the_notebook_from_what_a_run_has(path, profile):
    name = f"{path.parent.name}/{path.stem}"
    own = all_values(name, read_profile(profile).notebooks[name].parameters)
    for values in exercises(path).values():
        changed = from_text(name, values)
        assert len(changed) == len(values) and all(own[key] != value for key, value in changed.items()), values


@each
def test_networks_are_not_said_to_be_trained_on_whatever_was_loaded_last(path):
    """`run.origin` follows every table that is loaded; a caption takes the origin that the weights state."""
    for cell in cells(path):
        assert not re.search(r"(trained on|learned from)\s+\{run\.origin\}", source(cell)), source(cell)[:60]


@each
def test_a_sentence_refers_to_each_figure_by_its_number(path):
    """Of the figures that every run publishes; one that needs a file which is not at hand has no number to refer to."""
    published = re.findall(r"^run\.figure\(\s*\"([^\"]+)\"", "\n".join(map(source, cells(path))), re.MULTILINE)
    texts = "\n".join(map(source, cells(path, "markdown")))
    assert set(published) <= set(re.findall(r"\{numref\}`fig-([^`]+)`", texts))


@each
def test_lines_on_real_data_come_before_those_on_simulated_data(path):
    lines = next(source(cell) for cell in cells(path, "markdown") if cell["id"] == "in-three-lines")
    labels = re.findall(r"^- \*\*(\w+)", lines, re.MULTILINE)
    assert labels == sorted(labels, key=["Statistics", "Real", "Simulated"].index)


@each
def test_code_parses_and_imports_no_other_notebook(path):
    for cell in cells(path):
        tree = ast.parse(source(cell))
        assert not any(
            "ipynb" in getattr(node, "module", "")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        )


@each
def test_kernel_is_plain_python(path):
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3"


COMPARED = {entry.metric: entry.paper for entry in read_statements(ROOT / "book" / "paper-values.yaml")}
PAGES = [*NOTEBOOKS, *sorted((ROOT / "book").rglob("*.md"))]


def table_rows(path):
    """Rows of the tables that a notebook's text or a page of prose holds."""
    texts = map(source, cells(path, "markdown")) if path.suffix == ".ipynb" else [path.read_text(encoding="utf-8")]
    return [line for text in texts for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_number_beside_the_papers_says_whether_it_agrees(path):
    for row in table_rows(path):
        told = set(re.findall(r"\{agreement\}`([^`]+)`", row))
        shown = re.findall(r"\{glue:text\}`([\w.-]+?)(?:\.spread)?:", row)
        assert {metric for metric in shown if COMPARED.get(metric) is not None} <= told, row
        assert told <= COMPARED.keys(), row


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_line_of_a_paragraph_begins_like_a_list(path):
    """A line that begins with "1. " ends the paragraph in Markdown, whatever the sentence meant."""
    texts = map(source, cells(path, "markdown")) if path.suffix == ".ipynb" else [path.read_text(encoding="utf-8")]
    for block in re.split(r"\n\s*\n", "\n\n".join(texts)):
        if re.match(r"\s*[A-Z*{]", block):
            assert not re.search(r"^1[.)] ", block, re.MULTILINE), block


def test_a_metric_is_compared_with_one_statement():
    assert len(COMPARED) == len(read_statements(ROOT / "book" / "paper-values.yaml"))


@each
def test_a_caption_stands_alone_in_a_citation(path):
    for cell in cells(path):
        for caption in re.findall(r"caption=f?\"+([^\"]+)", source(cell)):
            assert not re.match(r"The same\b|As above", caption) and "previous figure" not in caption, caption
