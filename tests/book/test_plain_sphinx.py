"""The way out of jupyter-book 1: Sphinx and myst-nb build the same book from the configuration that it generates."""

import re
import shutil
import subprocess
import sys
from pathlib import Path


def figures(path):
    """Numbered captions of a page."""
    return re.findall(r"caption-number\">(Fig\. \d+)", path.read_text(encoding="utf-8"))


def test_the_same_pages_are_built_by_sphinx_alone_from_the_generated_configuration(pages, tmp_path):
    """Every warning is an error."""
    source = shutil.copytree(pages.parents[1] / "source", tmp_path / "source")
    settings = ["--config", source / "_config.yml", "--toc", source / "_toc.yml"]
    program = Path(sys.executable).with_name("jupyter-book")
    subprocess.run([program, "config", "sphinx", source, *settings], check=True, capture_output=True)
    settings = (source / "conf.py").read_text().replace("'jupyter_book', ", "")
    assert "'myst_nb'" in settings and "'jupyter_book'" not in settings
    (source / "conf.py").write_text(settings)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "--keep-going", "-b", "html"]
    done = subprocess.run([*command, source, tmp_path / "html"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = [path for folder in ("book", "notebooks") for path in sorted((pages / folder).rglob("*.html"))]
    assert len(ours) > 30 and sum(len(figures(path)) for path in ours) > 20
    for path in ours:
        assert figures(tmp_path / "html" / path.relative_to(pages)) == figures(path), path.name
