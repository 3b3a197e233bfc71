"""The page of all chapters that becomes the PDF: its links and pictures resolve, and nothing on it needs a pointer."""

import numpy as np
from PIL import Image

from flarebook.compendium.book.__main__ import PIXELS, for_paper, name_once

PAGE = """<div id="main-content"><h1>Flares<a class="headerlink" href="#flares" title="Link to this
heading">#</a></h1><a href="book/index.html#fig-a">Fig. 1</a><a href="#document-book/index">front page</a>
<a class="picture" href="_images/a.png"><img loading="lazy" src="_images/a.png"></a><iframe src="../../_static/x.html"
title="a map"></iframe><figure id="fig-a"></figure></div>"""


def test_a_page_for_paper_stands_where_its_links_start_from(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/index.html").write_text(PAGE)
    page = for_paper(tmp_path)
    assert page == tmp_path / "flarebook.html"  # beside _images, as its pictures are addressed
    assert page.read_text().replace("\n", "") == (
        '<div id="main-content"><h1>Flares</h1><a href="#fig-a">Fig. 1</a><a href="#main-content">front page</a>'
        '<a class="picture"><img src="_images/a.png"></a><figure id="fig-a"></figure></div>'
    )


def test_a_picture_is_the_smaller_of_its_png_and_a_jpeg_on_white(tmp_path):
    for folder in ("book", "_images"):
        (tmp_path / folder).mkdir()
    (tmp_path / "book/index.html").write_text('<img src="_images/sun.png"><img src="_images/dot.png">')
    noise = np.random.default_rng(1).integers(0, 256, (500, 2000, 4), dtype=np.uint8)
    noise[:, :, 3] = np.arange(500)[:, None] > 249  # the upper half is clear
    Image.fromarray(noise).save(tmp_path / "_images/sun.png")
    Image.new("RGB", (4, 4), "red").save(tmp_path / "_images/dot.png")
    assert for_paper(tmp_path).read_text() == '<img src="_images/sun.jpg"><img src="_images/dot.png">'
    with Image.open(tmp_path / "_images/sun.jpg") as sun:
        assert sun.size == (PIXELS, PIXELS // 4) and sun.getpixel((700, 50)) == (255, 255, 255)


def test_a_heading_that_a_pdf_names_twice_is_named_once_and_nothing_moves():
    before = b"<</Title (Flares \\(real\\)Flares \\(real\\))\n/Next 3>> <</Title <FEFF00410042004100420043>>>"
    before += b" <</Title <FEFF00C500C5>>>"
    after = name_once(before)
    assert len(after) == len(before) and after.index(b"/Next") == before.index(b"/Next")
    assert b"/Title (Flares \\(real\\)) " in after and b"/Title <FEFF00C5> " in after
    assert b"<FEFF00410042004100420043>" in after  # ABABC is no name twice
