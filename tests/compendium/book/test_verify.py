"""A page with a fault is reported, a sound one is not."""

import pytest

from flarebook.compendium.book.verify import verify

SOUND = """<html><body><article id="top"><a href="#top">up</a> <a href="other.html#there">other</a>
<figure><img src="dot.png" alt="a dot">
<figcaption><span class="caption-number">Fig. 1 </span>A dot.</figcaption></figure>
<iframe src="_static/map.html" title="a map"></iframe>
</article></body></html>"""
ALONE = "<html><body><script>1</script><img alt='' src='data:,'><a href='other.html'>link</a></body></html>"


@pytest.fixture
def folder(tmp_path):
    """A book of two pages and one image."""
    (tmp_path / "dot.png").write_bytes(b"png")
    (tmp_path / "other.html").write_text("<html><body><p id='there'>here</p></body></html>")
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "map.html").write_text(ALONE)
    (tmp_path / "page.html").write_text(SOUND)
    return tmp_path


def test_sound_book_has_no_problem(folder):
    assert verify(folder) == []


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("other.html#there", "other.html#gone", "no such place"),
        ("other.html#there", "missing.html", "not there"),
        ('alt="a dot"', 'alt=""', "no alternative text"),
        ("dot.png", "gone.png", "is not there"),
        ("Fig. 1 ", "", "without a number"),
        ("up</a>", "up</a><pre>Traceback (most recent call last):</pre>", "traceback"),
        ("up</a>", "up</a> {glue:text}`iris.x:.2f`", "meant to be replaced"),
        ("up</a>", "up</a><div class='output stderr'>a warning</div>", "stderr"),
        ("</body>", "<script src='https://example.org/x.js'></script></body>", "from the network"),
        ('title="a map"', "", "has no title"),
        ("map.html", "gone.html", "frame _static/gone.html is not there"),
    ],
)
def test_fault_is_told(folder, good, bad, complaint):
    (folder / "page.html").write_text(SOUND.replace(good, bad, 1))
    problems = verify(folder)
    assert len(problems) == 1
    assert problems[0].startswith("page.html: ")
    assert complaint in problems[0]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("<script src='https://example.org/x.js'></script>", "loads https://example.org/x.js from the network"),
        ("<link rel='stylesheet' href='//example.org/x.css'>", "from the network"),
        ("<script src='x.js'></script>", "needs the file x.js"),
        ("<img alt='' src='sheet.jpg'>", "needs the file sheet.jpg"),
    ],
)
def test_page_in_a_frame_stands_alone(folder, bad, complaint):
    (folder / "_static" / "map.html").write_text(ALONE.replace("</body>", f"{bad}</body>"))
    (problem,) = verify(folder)
    assert problem.startswith("page.html: frame _static/map.html ")
    assert complaint in problem
