"""Look at the built pages: links lead somewhere, images have words, figures have numbers, no traceback is shown."""

import os
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlparse

from bs4 import BeautifulSoup

NUMBER = re.compile(r"Fig\. \d+")
UNRESOLVED = re.compile(r"\{(?:glue|numref|cite|doc|ref|agreement|origin)[:\w]*\}`")
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


def verify(folder):
    """Problems of all built pages, one sentence each; an empty list when the book is in order.

    folder: of the HTML pages.  Pages made by Sphinx without an article (search, index of names) are read too.
    """
    folder = Path(folder).resolve()
    paths = _html_files(folder)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        seen = dict(zip(paths, pool.map(_look, paths), strict=True))
    targets = {path: places for path, (places, _, _) in seen.items()}
    return [
        f"{path.relative_to(folder)}: {problem}"
        for path, (_, addresses, problems) in seen.items()
        for problem in (*links(path, addresses, targets), *problems)
    ]


def _look(path):
    """Read a page: (places that an address can point to, addresses of its links, problems in the page itself)."""
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    addresses = [tag["href"] for tag in soup.find_all("a", href=True)]
    problems = [*images(path, soup), *figures(soup), *traces(soup), *loads(soup), *frames(path, soup)]
    return _targets(soup), addresses, problems


def _html_files(folder):
    """Pages of the book, without the templates that Sphinx copies for its scripts."""
    return [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.relative_to(folder).parts]


def _targets(soup):
    """Every place in a page that an address can point to."""
    return {tag["id"] for tag in soup.find_all(id=True)} | {
        tag["name"] for tag in soup.find_all("a", attrs={"name": True})
    }


def links(path, addresses, targets):
    """Links of a page inside the book that lead to no file or to no place in it."""
    for text in addresses:
        address = urlparse(text)
        if address.scheme or address.netloc or text in ("", "#"):
            continue
        goal = (path.parent / unquote(address.path)).resolve() if address.path else path
        if not goal.is_file():
            yield f"link to {text}, which is not there"
        elif address.fragment and goal in targets and unquote(address.fragment) not in targets[goal]:
            yield f"link to {text}, which has no such place"


def images(path, soup):
    """Images that are missing or that a blind reader is told nothing about."""
    for tag in soup.find_all("img"):
        source = tag.get("src", "")
        if not source.startswith("data:") and not (path.parent / unquote(urlparse(source).path)).is_file():
            yield f"image {source} is not there"
        if not tag.get("alt", "").strip():
            yield f"image {source[:60]} has no alternative text"


def figures(soup):
    """Figures without a number in their caption."""
    for tag in soup.find_all("figure"):
        text = tag.figcaption.get_text(" ", strip=True) if tag.figcaption else ""
        if not NUMBER.match(text):
            yield f"figure without a number: {text[:60]!r}"


def frames(path, soup):
    """Frames without a title or without the page that they show; pages in frames that need another file or a network.

    A page in a frame has to stand alone: everything that it loads lies in itself.
    """
    for tag in soup.find_all("iframe"):
        source = tag.get("src", "")
        if not tag.get("title", "").strip():
            yield f"frame {source} has no title"
        if urlparse(source).scheme or source.startswith("//"):
            continue  # loads() complains
        goal = path.parent / unquote(urlparse(source).path)
        if not goal.is_file():
            yield f"frame {source} is not there"
            continue
        inner = BeautifulSoup(goal.read_text(encoding="utf-8"), "html.parser")
        yield from (f"frame {source} {problem}" for problem in (*loads(inner), *borrows(inner)))


def borrows(soup):
    """Files beside a page that it loads: one that stands alone has them all in itself."""
    for name, attribute in LOADED.items():
        for tag in soup.find_all(name, attrs={attribute: re.compile(r"^(?!data:|https?:|//|#)\S")}):
            yield f"needs the file {tag[attribute]}"


def traces(soup):
    """Tracebacks, but those of a documented example, error output and roles that were left as they were written."""
    article = soup.find("article") or soup
    for tag in article.find_all("pre"):
        if "Traceback (most recent call last)" in tag.get_text() and ">>> " not in tag.get_text():
            yield "shows a traceback"
    for tag in article.find_all(class_=["stderr", "system-message", "problematic"]):
        yield f"shows {' '.join(tag['class'])}: {tag.get_text(' ', strip=True)[:80]!r}"
    words = article.get_text(" ")
    for sign in UNRESOLVED.findall(words):
        yield f"shows {sign!r}, which was meant to be replaced"


def loads(soup):
    """Scripts, styles and images that a page fetches from a network: the book must open from disk."""
    for name, attribute in LOADED.items():
        for tag in soup.find_all(name, attrs={attribute: re.compile(r"^(https?:)?//")}):
            if name != "link" or "stylesheet" in tag.get("rel", ()):
                yield f"loads {tag[attribute]} from the network"
