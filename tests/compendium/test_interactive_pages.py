"""An interactive page is written whole, beside the results, and framed with words and a link."""

import json

import pytest

from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages.fill import fill_page
from flarebook.compendium.interactive_pages.publish import frame
from flarebook.compendium.run import open_run


@pytest.fixture
def run(tmp_path):
    """A run of one notebook in a folder of its own."""
    return open_run("stix/8-explorer", str(tmp_path))


def test_page_lies_among_the_results_of_its_step(run, tmp_path):
    path = run.page("explorer", "<html>ä</html>", "a map")
    assert path == tmp_path / "results" / "stix" / "8-explorer" / "explorer.html"
    assert path.read_text(encoding="utf-8") == "<html>ä</html>"


def test_page_without_a_title_is_refused_and_not_written(run):
    with pytest.raises(InputError, match="page explorer of stix/8-explorer has no title"):
        run.page("explorer", "<html></html>", " ")
    assert not (run.folder / "explorer.html").exists()


def test_frame_has_a_title_a_link_and_no_loose_quotes():
    html = frame('a"b.html', 'the "map"', 5_000_000)
    assert 'href="a&quot;b.html"' in html and 'src="a&quot;b.html"' in html
    assert 'title="the &quot;map&quot;"' in html
    assert "5.0 MB" in html


def test_no_text_in_the_data_ends_or_hides_the_rest_of_the_page(tmp_path):
    template = tmp_path / "page.html"
    template.write_text('<script id="data" type="application/json">{{ data }}</script><p>rest</p>')
    page = fill_page([template], {"name": "<!--<script></script>"})
    assert page.count("<") == 4 and json.loads(page[page.index("{") : page.index("}") + 1])["name"].startswith("<!--")
