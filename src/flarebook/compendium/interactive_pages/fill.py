"""Fill a page from its parts, so that it is one file that needs no other; styles and scripts that pages share."""

import base64
import json
from importlib.resources import files

DATA = files("flarebook.compendium.interactive_pages") / "data"
SHARED = {name: DATA / f"{name}.html" for name in ("head", "foot")}  # "head.html" forbids every request
BASE, TEXT, AXES = (DATA / name for name in ("base.css", "text.js", "axes.js"))
KINDS = (".html", ".css", ".js")  # of the parts of a page


def fill_page(parts, data=None, refresh=None, **words):
    """Text of a page from its parts.

    parts: paths of the template, which is Jinja's and may include "head", where every request is forbidden, and "foot",
    which holds data and scripts and needs the version and the purpose of the scripts; the styles (.css), after the one
    that all pages share, and the scripts (.js), each in their order.  data: what the scripts read as JSON from the
    element of that name, which no text in it can leave.  refresh: s after which the page loads itself again.
    words: the template's other values, escaped unless they are Markup.
    """
    from jinja2 import DictLoader, Environment  # a run that publishes no page need not spend the time of this import
    from markupsafe import Markup

    texts = {kind: [part.read_text(encoding="utf-8") for part in parts if part.suffix == kind] for kind in KINDS}
    (template,), styles, scripts = texts.values()
    written = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    style = Markup("\n".join([BASE.read_text(encoding="utf-8"), *styles]))
    inserts = {"style": style, "script": Markup("\n".join(scripts)), "data": Markup(written), "refresh": refresh}
    loader = DictLoader({name: path.read_text(encoding="utf-8") for name, path in SHARED.items()})
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=loader)
    return environment.from_string(template).render(words, **inserts)


def coded(values):
    """Bytes, or an array's bytes in little-endian order, as base64."""
    if not isinstance(values, bytes):
        values = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(values).decode()
