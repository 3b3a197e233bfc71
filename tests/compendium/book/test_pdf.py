"""The page of all chapters that becomes the PDF: its links and pictures resolve, and nothing on it needs a pointer."""

from flarebook.compendium.book.__main__ import for_paper

PAGE = """<div id="main-content"><h1>Flares<a class="headerlink" href="#flares" title="Link to this
heading">#</a></h1><a href="book/index.html#fig-a">Fig. 1</a><a href="#document-book/index">front page</a>
<img loading="lazy" src="_images/a.png"><iframe src="../../_static/x.html"
title="a map"></iframe><figure id="fig-a"></figure></div>"""


def test_a_page_for_paper_stands_where_its_links_start_from(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/index.html").write_text(PAGE)
    page = for_paper(tmp_path)
    assert page == tmp_path / "flarebook.html"  # beside _images, as its pictures are addressed
    assert page.read_text().replace("\n", "") == (
        '<div id="main-content"><h1>Flares</h1><a href="#fig-a">Fig. 1</a><a href="#main-content">front page</a>'
        '<img src="_images/a.png"><figure id="fig-a"></figure></div>'
    )
