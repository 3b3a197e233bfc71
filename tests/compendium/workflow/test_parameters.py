"""Parameters and profiles are taken literally: what is mistyped is named, with the nearest that exists."""

import nbformat
import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parameters import checked, from_text, known_notebook, known_parameters, read_profile

DRAW = "sun/1-draw"


def test_parameters_come_with_type_default_and_meaning(project):
    known = known_parameters(DRAW)
    assert known["n_flares"] == {"name": "n_flares", "type": "int", "default": 5, "help": "flares to draw"}
    assert known["widths"]["default"] == [4, 2]


def test_a_mistyped_parameter_names_the_nearest_and_all_others(project):
    with pytest.raises(InputError, match=r"no parameter 'n_flare' \(did you mean n_flares\?\).*threshold, widths"):
        checked(DRAW, {"n_flare": 3})


@pytest.mark.parametrize(
    "values", [{"n_flares": "many"}, {"n_flares": 2.5}, {"n_flares": True}, {"threshold": "0.5"}, {"widths": [1, "a"]}]
)
def test_a_value_of_another_type_is_refused(project, values):
    with pytest.raises(InputError, match=f"parameter {next(iter(values))} is .* but it takes"):
        checked(DRAW, values)


def test_a_whole_number_serves_as_a_float(project):
    assert checked(DRAW, {"threshold": 1}) == {"threshold": 1.0}


def test_text_from_the_shell_takes_the_type_of_the_parameter(project):
    values = from_text(DRAW, ["n_flares=8", "threshold=1e-2", "widths=32,16", "output=build/x"])
    assert values == {"n_flares": 8, "threshold": 0.01, "widths": [32, 16], "output": "build/x"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n_flares=010", 10),
        ("n_flares=08", 8),
        ("threshold=-3", -3.0),
        ("n_flares= 3 ", 3),
        ("threshold=1e3", 1000.0),
        ("threshold=.5", 0.5),
        ("threshold=07", 7.0),
        ("widths=[010, 1]", [10, 1]),
        ("output=yes", "yes"),
        ("output=1:30", "1:30"),
    ],
)
def test_numbers_are_decimal_and_text_is_text(project, text, value):
    assert list(from_text(DRAW, [text]).values()) == [value]


@pytest.mark.parametrize(
    "text",
    [
        *("n_flares=eight", "n_flares=2.5", "threshold=high", "widths=a,b", "widths=[1", "n_flares=1:30"),
        *("n_flares=yes", "n_flares=true", "n_flares=1_000", "n_flares=0x10", "n_flares=0o10", "n_flares="),
        *("n_flares=1,000", "n_flares=null", "n_flares=1e3", "n_flares=2014-03-29", "threshold=nan", "threshold=1e999"),
        *("threshold=190:20:30.15", "threshold=.inf", "widths=1:30", "n_flares=[", "n_flares=!!python/name:os.system"),
        *(f"n_flares={5000 * '9'}", f"n_flares={5000 * '['}"),
    ],
)
def test_text_of_another_type_is_refused(project, text):
    with pytest.raises(InputError, match="but it takes"):
        from_text(DRAW, [text])


def test_text_without_value_is_refused(project):
    with pytest.raises(InputError, match="write NAME=VALUE"):
        from_text(DRAW, ["n_flares"])


def test_a_parameter_without_type_is_refused(project):
    path = project / "notebooks/sun/1-draw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source += "\nbins = 3"
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match="parameter bins has no plain type"):
        known_parameters(DRAW)


def test_a_notebook_without_tagged_cell_is_refused(project):
    path = project / "notebooks/sun/1-draw.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata.tags = []
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match="no cell tagged"):
        known_parameters(DRAW)


def test_a_mistyped_notebook_names_the_nearest(project):
    with pytest.raises(InputError, match=r"no notebook 'sun/1-drow' \(did you mean sun/1-draw\?\)"):
        known_notebook("sun/1-drow")


def test_a_profile_reads_numbers_as_the_shell_does(project):
    path = project / "profiles/ci.yaml"
    path.write_text("notebooks: {sun/1-draw: {parameters: {n_flares: 010, threshold: 1e-2, output: yes}}}")
    values = read_profile("ci").notebooks[DRAW].parameters
    assert checked(DRAW, values) == {"n_flares": 10, "threshold": 0.01, "output": "yes"}


@pytest.mark.parametrize("name", ["../1-draw", "sun/..", "/sun", "sun/1-draw/x", "sun/.hidden"])
def test_a_notebook_s_name_leads_nowhere_else(project, name):
    with pytest.raises(InputError, match="names no notebook"):
        known_notebook(name)


def test_a_mistyped_profile_names_the_nearest(project):
    with pytest.raises(InputError, match=r"no profile 'cii' \(did you mean ci\?\)"):
        read_profile("cii")


def test_a_mistyped_study_names_the_nearest(project):
    with pytest.raises(InputError, match=r"no study 'sum' \(did you mean sun\?\)"):
        read_profile("ci", "sum")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("notebooks: {sun/1-draw: {after: [sun/0-none]}}", "comes after sun/0-none, which is not listed"),
        ("notebooks: {sun/1-draw: {paramters: {}}}", "notebooks.sun/1-draw.paramters: extra inputs"),
        ("notebooks: [", "cannot read profiles/ci.yaml"),
        ("", "profiles/ci.yaml"),
    ],
)
def test_a_profile_that_is_none_is_refused_with_its_place(project, line, message):
    (project / "profiles/ci.yaml").write_text(line)
    with pytest.raises(InputError, match=message):
        read_profile("ci")


@pytest.mark.parametrize(("name", "value", "least"), [("n_flares", -3, 1), ("n_flares", 0, 1), ("seed", -1, 0)])
def test_a_count_is_one_or_more_and_a_seed_not_negative(project, name, value, least):
    with pytest.raises(InputError, match=f"parameter {name} is {value}, but it takes {least} or more"):
        checked(DRAW, {name: value})
    assert checked(DRAW, {name: least}) == {name: least}


def test_a_count_whose_help_tells_of_zero_may_be_zero(project):
    path = known_notebook(DRAW)
    path.write_text(
        path.read_text(encoding="utf-8").replace("flares to draw", "flares to draw; 0: all"), encoding="utf-8"
    )
    assert checked(DRAW, {"n_flares": 0}) == {"n_flares": 0}
    with pytest.raises(InputError, match="is -1, but it takes 0 or more"):
        checked(DRAW, {"n_flares": -1})
