"""Stage, build and check a profile's book: `python -m flarebook.compendium.book PROFILE [--study STUDY] [--pdf]`."""

import argparse
import re
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from PIL import Image

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.book.stage import stage
from flarebook.compendium.book.verify import verify
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PRINT = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--generate-pdf-document-outline"]
NOT_ON_PAPER = re.compile(
    r'<a class="headerlink".*?</a>|<iframe.*?</iframe>| loading="lazy"| href="_images/[^"]*"', re.DOTALL
)
TWICE = re.compile(rb"/Title (?:\((?P<text>.+?)(?P=text)\)|<FEFF(?P<hexadecimal>(?:[0-9A-F]{4})+)(?P=hexadecimal)>)")
PIXELS = 1400  # of a picture on paper at most
PATIENCE = 900  # s that the printing of the whole book may take


def make_book(profile, study=None):
    """Book of a profile whose notebooks have run: stage, build, verify.

    Returns the path of its front page.  Raises InputError with everything that is wrong.
    """
    root = project_root()
    pages = build(stage(root, root / "build" / profile, study))
    problems = verify(pages)
    if problems:
        raise InputError("the built book is not in order:\n" + "\n".join(problems))
    return pages / "index.html"


def make_pdf(profile, study=None):
    """One PDF, with bookmarks, of the book of a profile whose notebooks have run; returns its path.

    Raises InputError as `build` does, and where there is no Chromium, which prints it, or it prints nothing.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError("there is no Chromium, which prints the PDF: install one (Debian: apt-get install chromium)")
    root = project_root()
    page = for_paper(build(stage(root, root / "build" / profile, study), "singlehtml"))
    path = root / "build" / profile / "book" / "flarebook.pdf"
    with atomic_write(path) as partial, tempfile.TemporaryDirectory() as settings:
        command = [browser, *PRINT, f"--user-data-dir={settings}", f"--print-to-pdf={partial}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise InputError(f"Chromium has printed no PDF within {PATIENCE} s: make it again") from error
        if done.returncode or not partial.is_file():
            raise InputError(f"Chromium printed no PDF; its last words: {done.stderr.strip()[-300:]}")
        partial.write_bytes(name_once(partial.read_bytes()))
    return path


def name_once(pdf):
    """Bytes of a PDF whose bookmarks name each heading once: Chromium names one twice that it moved to the next page.

    What is cut becomes blanks between its objects, so that each keeps its place.
    """

    def once(found):
        half = found["text"] or found["hexadecimal"]
        return found[0].replace(half + half, half, 1) + b" " * len(half)

    return TWICE.sub(once, pdf)


def for_paper(folder):
    """Page of all chapters without what is of no use on paper; returns its path.

    folder: of Sphinx's singlehtml.  The page stands at its top, where its links to styles and pictures start from.
    """
    text = (folder / "book" / "index.html").read_text(encoding="utf-8").replace('href="book/index.html#', 'href="#')
    text = NOT_ON_PAPER.sub("", text).replace('"#document-book/index"', '"#main-content"')
    for picture in (folder / "_images").glob("*.png"):
        text = text.replace(f'"_images/{picture.name}"', f'"_images/{_small_picture(picture).name}"')
    path = folder / "flarebook.html"
    path.write_text(text, encoding="utf-8")
    return path


def _small_picture(path):
    """The smaller of a picture and its JPEG, of which a PDF keeps the bytes where it would unpack a PNG; its path."""
    jpeg = path.with_suffix(".jpg")
    with Image.open(path) as image:
        image = image.convert("RGBA")
        paper = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        paper.thumbnail((PIXELS, PIXELS))
        paper.save(jpeg, quality=88, subsampling=0)
    return min(jpeg, path, key=lambda file: file.stat().st_size)


def build(source, builder="html"):
    """Build the pages of a staged book with jupyter-book, every warning an error.

    source: folder made by stage.  builder: of Sphinx, "html", or "singlehtml" for one page of all chapters.
    Returns the folder of the pages.  Raises InputError with Sphinx's own lines when something is wrong.
    """
    source = Path(source).resolve()
    folder = source.parent / "_build"
    for name in (builder, ".doctrees"):  # a page that is not read again would not warn again
        shutil.rmtree(folder / name, ignore_errors=True)
    done = subprocess.run([*_command(source), "--builder", builder], capture_output=True, text=True)
    if done.returncode:
        raise InputError("the book does not build; Sphinx says:\n" + _complaints(done.stderr or done.stdout))
    return folder / builder


def _command(source):
    """Command line of jupyter-book, strict: warnings are errors, all are listed, and every reference must resolve."""
    program = Path(sysconfig.get_path("scripts")) / "jupyter-book"
    command = [program, "build", source, "--path-output", source.parent, "-q", "-W", "-n", "--keep-going"]
    return [*command, "--config", source / "_config.yml", "--toc", source / "_toc.yml"]


def _complaints(log):
    """Lines of Sphinx's log that say what is wrong, or its end when none stands out."""
    lines = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line]
    return COLOUR.sub("", "\n".join(lines or log.splitlines()[-15:]))


def print_book(profile, study, pdf):
    """Make the book, as pages or as a PDF, and print where it lies."""
    print(f"The book: {shown((make_pdf if pdf else make_book)(profile, study))}")


def main():
    """Command line; exit code 1 and one message on standard error when the book cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m flarebook.compendium.book", description=__doc__)
    parser.add_argument("profile", help="profile whose notebooks have run, for example laptop")
    parser.add_argument("--study", default=None, help="only this study's pages")
    parser.add_argument("--pdf", action="store_true", help="one PDF with bookmarks instead of the pages")
    given = parser.parse_args()
    run_script(print_book, given.profile, given.study or None, given.pdf)


if __name__ == "__main__":
    main()
