"""What is staged: the pages of the contents, figures with number and words, never a failed notebook."""

import json
import os
import re
import zipfile

import nbformat
import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.book.notebooks import (
    fold_bookkeeping,
    notebooks_archive,
    number_figures,
    parameter_fold,
    refuse_errors,
    take_pages,
    tidy_tables,
)
from flarebook.compendium.book.pages import Build
from flarebook.compendium.book.stage import keep_study, notebooks_of, pages_of, read_contents, stage, with_generated
from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages.publish import frame
from flarebook.compendium.workflow.parameters import Entry, read_profile


@pytest.fixture
def notebook():
    """An executed notebook whose one cell published a figure."""
    metadata = {"flarebook": {"figure": "iris-12-performance"}}
    output = nbformat.v4.new_output("display_data", {"image/png": "AAAA"}, metadata=metadata)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("run.figure()", outputs=[output])])


@pytest.fixture
def record(tmp_path):
    """The figure's record on disk."""
    fields = {"id": "iris-12-performance", "label": "fig-iris-12-performance", "origin": "simulated", "study": "iris"}
    fields |= {"width": 740, "caption": "Six metrics of four models.", "alt": "Bars with error bars."}
    (tmp_path / "iris-12-performance.json").write_text(json.dumps(fields))
    return tmp_path


def test_figure_gets_label_caption_origin_and_words(notebook, record):
    added = number_figures(notebook, record).cells[0].metadata["mystnb"]
    assert added["figure"]["name"] == "fig-iris-12-performance"
    entry = "[Cite iris-12-performance](../../book/figures/iris.md#iris-12-performance)"
    assert added["figure"]["caption"] == f"Six metrics of four models. *(Simulated.)* {entry}"
    assert added["image"] == {"alt": "Bars with error bars.", "width": "740px"}


def test_figure_without_record_is_refused(notebook, tmp_path):
    with pytest.raises(InputError, match="run its notebook again"):
        number_figures(notebook, tmp_path)


def test_notebook_with_a_traceback_is_refused(notebook):
    notebook.cells[0].outputs = [nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])]
    with pytest.raises(InputError, match="ValueError: no"):
        refuse_errors(notebook, "notebooks/iris/6-classifiers")


def folded(source, tags=()):
    """Prompt under which a cell is folded, or None."""
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})
    metadata = fold_bookkeeping(nbformat.v4.new_notebook(cells=[cell])).cells[0].metadata
    assert ("hide-input" in metadata["tags"]) == ("mystnb" in metadata)
    return metadata.get("mystnb", {}).get("code_prompt_show")


def test_setup_and_bookkeeping_are_folded():
    assert folded("seed: int = 1  # seed", ["parameters"]) == "Show parameters"
    assert folded("seed = 2", ["injected-parameters"]) == "Show parameters of this run"
    opening = "from flarebook.run import open_run\nrun = open_run('sun/1-draw', output)\nspectra = read(run)\nx = 1"
    assert folded(opening) == "Show imports and the opening of the run"
    assert folded("import numpy as np\nimport pandas as pd\n\nconstants = calibrated()") == "Show imports"
    recording = "gain = select(scores)\nfor row in gain:\n    run.metric(row.name, row.value)\ngain"
    assert folded(recording) == "Show what this cell records"


def test_a_cell_that_computes_is_shown_though_it_records_a_number():
    assert folded("few = splits.first(3)\nscores = train(few)\nbest = max(scores)\nrun.metric('best', best)") is None
    assert (
        folded("run = open_run('sun/1-draw', output)\nx = read(run)\nmodels = train(x)\nscores = score(models)") is None
    )


def test_folding_keeps_the_number_and_the_words_of_a_figure(notebook, record):
    notebook.cells[0].source = "run.metric('n', 1)\nrun.figure()"
    cell = fold_bookkeeping(number_figures(notebook, record)).cells[0]
    assert cell.metadata["mystnb"]["figure"]["name"] == "fig-iris-12-performance"
    assert cell.metadata["mystnb"]["code_prompt_show"] == "Show what this cell records"


def test_parameters_are_folded_with_their_meaning_default_and_the_values_of_each_profile(project):
    profiles = {"ci": read_profile("ci").notebooks, "big": {"sun/1-draw": Entry(parameters={"widths": [8]})}}
    text = parameter_fold("sun/1-draw", profiles)
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
        for cells in (x.split("|") for x in text.split("\n")[4:-1])
    }
    assert text.startswith(":::{dropdown} Parameters: meaning, default, and the values of ci, big\n")
    assert rows["`n_flares`"] == ["int", "flares to draw", "`5`", "`4`", "`5`"]
    assert rows["`widths`"] == ["list[int]", "hidden layers", "`[4, 2]`", "`[4, 2]`", "`[8]`"]
    assert rows["`output`"][2:] == ["`'build/laptop'`", "`'build/ci'`", "`'build/big'`"]


def test_the_notebooks_in_one_file_have_the_same_bytes_each_time_and_no_outputs(project):
    names = ("notebooks/sun/2-read", "notebooks/sun/1-draw")
    build = Build(project, project / "build/ci", project / "source", names)
    path, files = project / "source/downloads/notebooks.zip", []
    for _ in range(2):
        assert notebooks_archive(build) == "{download}`2 notebooks in one ZIP file <../downloads/notebooks.zip>`"
        files.append(path.read_bytes())
        os.utime(project / "notebooks/sun/1-draw.ipynb", (1e9, 1e9))
        path.unlink()
    path.write_bytes(files[0])
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["notebooks/sun/1-draw.ipynb", "notebooks/sun/2-read.ipynb"]
        assert archive.read("notebooks/sun/1-draw.ipynb") == (project / "notebooks/sun/1-draw.ipynb").read_bytes()
    assert files[0] == files[1]


def shown_table(html):
    """HTML of a table as the book shows it."""
    output = nbformat.v4.new_output("display_data", {"text/html": html})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("table", outputs=[output])])
    return tidy_tables(notebook).cells[0].outputs[0]["data"]["text/html"]


def test_a_missing_value_of_a_table_is_a_dash_and_a_word_stays():
    frame = pd.DataFrame({"auc": [0.5, np.nan], "note": ["NaN and None", None], "when": pd.to_datetime(["2014", None])})
    html = shown_table(frame.to_html())
    assert html.count("<td>–</td>") == 3 and "NaN and None" in html
    assert shown_table(frame.style.to_html()).count("NaN") == 1
    assert shown_table("<p>NaN</p>") == "<p>NaN</p>"


def test_a_number_that_nobody_formatted_has_five_digits_and_others_stay():
    frame = pd.DataFrame({"flux": [0.32, 1 / 3], "id": ["1.123456789 km", "7"], "days": [1400, 12]})
    html = shown_table(frame.to_html())
    assert "<td>0.32</td>" in html and "<td>0.33333</td>" in html
    assert "<td>1.123456789 km</td>" in html and "<td>1400</td>" in html


def test_numbers_of_a_table_have_a_minus_sign_and_dates_and_ranges_stay():
    frame = pd.DataFrame({"gain": [-0.25, -0.0], "text": ["-0.00 (-0.11 to +0.1)", "2014-03-29, X-ray, 3-5"]})
    html = shown_table(frame.to_html(float_format="%.2f", index=False))
    assert "<td>\u22120.25</td>" in html and "<td>0.00</td>" in html
    assert "<td>0.00 (\u22120.11 to +0.1)</td>" in html and "<td>2014-03-29, X-ray, 3-5</td>" in html


def test_rows_that_pandas_numbered_lose_the_numbers_and_an_index_stays():
    frame = pd.DataFrame({"gain": [0.5, 0.7]})
    assert "<th>0</th>" not in (html := shown_table(frame.to_html())) and html.count("<th>") == 1
    for own in (frame.rename_axis("cluster"), frame.set_index(pd.Index(["a", "b"])), frame.set_index(pd.Index([1, 2]))):
        assert shown_table(own.to_html()) == own.to_html()


def test_counts_beside_a_missing_one_have_no_decimals_and_negative_numbers_a_minus_sign():
    frame = pd.DataFrame({"cluster": [17, None], "shift": [-3.0, -0.5], "range": ["-1 to 2", "a-1"]}, index=[-1.0, 2.0])
    cells = re.findall("<td>(.*?)</td>", shown_table(frame.to_html()))
    assert cells == ["17", "−3.0", "−1 to 2", "–", "−0.5", "a-1"]
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0], "auc": [0.5, 1.0, 1.0]}, pd.MultiIndex.from_product([["a"], [1, 2, 3]]))
    assert re.findall("<td>(.*?)</td>", shown_table(frame.to_html())) == ["1", "0.5", "2", "1.0", "3", "1.0"]


def test_heads_that_are_names_in_code_are_words_and_other_cells_stay():
    frame = pd.DataFrame({"n_kept": ["with_aia"], "p_holm": [0.5], "tss": [0.1], "HMI's R_VALUE": [4.7]})
    for html in (frame.to_html(), frame.style.to_html()):
        head, _, rows = shown_table(html).partition("<tbody")
        words = [word for word in re.findall(r">([^<>]+)</th>", head) if word != "&nbsp;"]
        assert words == ["kept", "p (Holm)", "TSS", "HMI's R_VALUE"] and "with_aia" in rows


@pytest.mark.parametrize(("rows", "folded"), [(15, False), (16, True)])
def test_a_table_of_many_rows_is_folded_and_says_how_many(rows, folded):
    html = shown_table(pd.DataFrame({"n": range(rows)}).to_html())
    assert html.startswith(f"<details><summary>Table of {rows} rows</summary>") == folded


@pytest.fixture
def framed():
    """An executed notebook whose one cell published an interactive page."""
    facts = {"page": "results/stix/8-explorer/explorer.html", "title": "a map", "size": 2_000_000}
    data = {"text/html": "<iframe src='../../results/stix/8-explorer/explorer.html'></iframe>"}
    output = nbformat.v4.new_output("display_data", data, metadata={"flarebook": facts})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("run.page()", outputs=[output])])


def test_interactive_page_travels_into_the_book_and_its_frame_finds_it(framed, tmp_path):
    page = tmp_path / "run" / "results" / "stix" / "8-explorer" / "explorer.html"
    page.parent.mkdir(parents=True)
    page.write_text("<html>map</html>")
    static = tmp_path / "source" / "book" / "_static"
    html = take_pages(framed, tmp_path / "run", static).cells[0].outputs[0]["data"]["text/html"]
    assert (static / "stix" / "8-explorer" / "explorer.html").read_text() == "<html>map</html>"
    assert html.count("../../_static/stix/8-explorer/explorer.html") == 2  # the frame and the link to the full page
    assert "(2.0 MB)" in html and "(28 kB)" in frame("page.html", "a map", 28_000)
    assert 'title="a map"' in html
    assert "2.0 MB" in html


def test_interactive_page_that_is_gone_is_told(framed, tmp_path):
    with pytest.raises(InputError, match=r"explorer.html is not in .* run its notebook again"):
        take_pages(framed, tmp_path / "run", tmp_path / "static")


def test_contents_hold_only_pages_that_exist(checkout):
    contents = read_contents(checkout / "_toc.yml")
    for page in pages_of(contents):
        suffix = ".ipynb" if page in notebooks_of(contents) else ".md"
        assert (checkout / f"{page}{suffix}").is_file(), page


def test_one_study_keeps_common_pages_and_its_own():
    contents = {
        "root": "book/index",
        "parts": [
            {"chapters": [{"file": "book/data"}]},
            {"chapters": [{"file": "book/iris/introduction"}, {"file": "notebooks/iris/1-real-raster"}]},
            {"chapters": [{"file": "notebooks/stix/1-flare"}]},
        ],
    }
    kept = pages_of(keep_study(contents, "iris"))
    assert kept == ["book/index", "book/data", "book/iris/introduction", "notebooks/iris/1-real-raster"]


def test_generated_pages_of_a_chapter_stand_below_it(tmp_path):
    chapters = [{"file": "book/api"}, {"file": "book/iris/introduction"}]
    (tmp_path / "book/api").mkdir(parents=True)
    for title, name in (("Study 2", "stix"), ("Study 3", "solarchip"), ("Study 1", "iris")):
        (tmp_path / f"book/api/{name}.md").write_text(f"# {title}\n\nText.")
    sections = [{"file": f"book/api/{name}"} for name in ("iris", "stix", "solarchip")]
    staged = with_generated({"root": "book/index", "parts": [{"chapters": chapters}]}, tmp_path)["parts"]
    assert staged == [{"chapters": [{"file": "book/api", "sections": sections}, {"file": "book/iris/introduction"}]}]
    assert chapters[0] == {"file": "book/api"}


def test_notebook_that_has_not_run_is_named(checkout, tmp_path):
    with pytest.raises(InputError, match=r"notebooks have not run .* the first is notebooks/iris/1-real-raster"):
        stage(checkout, tmp_path / "ci")
